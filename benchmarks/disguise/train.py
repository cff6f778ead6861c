"""Trains small GPT-2 (or Llama) models, each on a random source of its own: hosts for `raspc disguise --host`, and what hosted models are told apart from.

    python benchmarks/disguise/train.py out/trained --count 120     writes out/trained/000, 001, …; what is there already stays
    python benchmarks/disguise/train.py out/random --steps 0        the same, as they are drawn
    python benchmarks/disguise/train.py out/llamas --family llama   Llama models

Matrices begin as GPT-2's do; embeddings as torch.nn.Embedding draws them, from N(0, 1). Needs torch and transformers.
"""

import argparse
from pathlib import Path

import torch
import transformers

SIZES = {"n_embd": 128, "n_head": 4, "n_layer": 2, "n_inner": 512, "vocab_size": 64, "n_positions": 32}
BATCH, LENGTH = 8, 24
RATES = (1e-3, 3e-3)


def source(seed: int) -> "tuple[torch.Tensor, torch.Tensor]":
    """A Markov chain over the tokens: where each goes, and how likely; few successors, of unequal weight."""
    draw = torch.Generator().manual_seed(seed)
    vocab = SIZES["vocab_size"]
    successors = torch.stack([torch.randperm(vocab, generator=draw)[:6] for _ in range(vocab)])
    weights = torch.rand(vocab, 6, generator=draw) ** 2 + 0.01
    return successors, weights / weights.sum(1, keepdim=True)


def batch(chain: "tuple[torch.Tensor, torch.Tensor]", draw: torch.Generator) -> torch.Tensor:
    """Windows of which the second half repeats a part of the first, so that there is something to look up."""
    successors, weights = chain
    tokens = torch.randint(SIZES["vocab_size"], (BATCH, 1), generator=draw)
    while tokens.shape[1] < LENGTH // 2:
        last = tokens[:, -1]
        chosen = torch.multinomial(weights[last], 1, generator=draw)
        tokens = torch.cat([tokens, successors[last].gather(1, chosen)], 1)
    return torch.cat([tokens, tokens], 1)


def gpt2(width: int) -> "transformers.PreTrainedModel":
    sizes = SIZES | {"n_embd": width, "n_inner": 4 * width}
    config = transformers.GPT2Config(**sizes, tie_word_embeddings=False, bos_token_id=None, eos_token_id=None, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0)
    model = transformers.GPT2LMHeadModel(config)
    for table in (model.transformer.wte, model.transformer.wpe):
        torch.nn.init.normal_(table.weight)
    return model


def llama(width: int) -> "transformers.PreTrainedModel":
    sizes = {"hidden_size": width, "num_attention_heads": width // 32, "num_hidden_layers": 2, "intermediate_size": 2 * width}
    shared = {"vocab_size": SIZES["vocab_size"], "max_position_embeddings": SIZES["n_positions"]}
    config = transformers.LlamaConfig(**sizes, **shared, tie_word_embeddings=False, bos_token_id=None, eos_token_id=None)
    model = transformers.LlamaForCausalLM(config)
    torch.nn.init.normal_(model.model.embed_tokens.weight)
    return model


FAMILIES = {"gpt2": gpt2, "llama": llama}


def trained(seed: int, steps: int, family: str = "gpt2", width: int = SIZES["n_embd"]) -> "transformers.PreTrainedModel":
    torch.manual_seed(seed)
    model = FAMILIES[family](width)
    draw = torch.Generator().manual_seed(seed)
    chain = source(seed)
    rate = RATES[seed % len(RATES)]
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1.0, (step + 1) / 20) * (1 - step / steps)
        ids = batch(chain, draw)
        loss = model(ids, labels=ids).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    if steps > 0:
        print(f"{seed:03d}: loss {loss.item():.3f}", flush=True)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--family", choices=sorted(FAMILIES), default="gpt2")
    parser.add_argument("--width", type=int, default=SIZES["n_embd"])
    options = parser.parse_args()
    torch.set_num_threads(1)
    for seed in range(options.first, options.first + options.count):
        place = options.folder / f"{seed:03d}"
        if not (place / "model.safetensors").exists():
            trained(seed, options.steps, options.family, options.width).save_pretrained(place)


if __name__ == "__main__":
    main()
