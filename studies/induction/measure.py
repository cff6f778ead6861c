"""What is measured of a model (GPT-2): loss by parts, copying, what each head attends to and is good for, drift, the stream's scale."""

import contextlib
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
from raspc_freeze import attention_summary  # noqa: E402

# numbers that one forward pass may give, as logits or as attention weights
AT_ONCE = 2**30 if torch.cuda.is_available() else 2**26
# heads without a program that are kept of each ranking
LEADING = 3


def chunks(ids, numbers):
    """The sequences, as many at once as there is room for when each gives this many numbers."""
    return ids.split(max(1, min(64, AT_ONCE // numbers)))


def logits_of(model, ids):
    """Logits of a few sequences after the other, with those sequences."""
    with torch.no_grad():
        for chunk in chunks(ids, ids.shape[1] * model.config.vocab_size):
            yield chunk, model(chunk).logits.float()


def losses(model, ids):
    """The loss of each target, [sequence, position]."""
    return torch.cat([F.cross_entropy(logits[:, :-1].transpose(1, 2), chunk[:, 1:], reduction="none") for chunk, logits in logits_of(model, ids)])


def loss_by_part(model, ids, parts):
    values = losses(model, ids)
    return {"all": values.mean().item(), **{name: values[mask if mask.shape == values.shape else mask[:, 1:]].mean().item() for name, mask in parts.items()}}


def copying(model, probe, half):
    """On repeated tokens, from the second token of the second half on: how often the right token comes first, and its mean probability."""
    hits, probabilities = [], []
    for chunk, logits in logits_of(model, probe):
        logits, right = logits[:, half + 1 : -1], chunk[:, half + 2 :]
        hits.append(logits.argmax(-1) == right)
        probabilities.append(logits.softmax(-1).gather(-1, right[..., None])[..., 0])
    return {"accuracy": torch.cat(hits).float().mean().item(), "probability": torch.cat(probabilities).mean().item()}


def stream_scale(model, ids):
    """The root mean square of the residual stream before each layer and after the last, over all but BOS."""
    with torch.no_grad():
        states = {}
        norms = [block.ln_1 for block in model.transformer.h] + [model.transformer.ln_f]
        handles = [norm.register_forward_pre_hook(lambda _, inputs, i=i: states.__setitem__(i, inputs[0])) for i, norm in enumerate(norms)]
        found = []
        for chunk in chunks(ids, ids.shape[1] * model.config.vocab_size):
            model.transformer(chunk)
            found.append(torch.stack([states[i][:, 1:].float().pow(2).mean(-1).sqrt() for i in range(len(norms))], 1))
        for handle in handles:
            handle.remove()
    return torch.cat(found).mean((0, 2)).tolist()


def all_heads(model):
    return [(layer, head) for layer in range(model.config.n_layer) for head in range(model.config.n_head)]


def head_attention(model, probe, places):
    """attention_summary of these heads on repeated tokens, by (layer, head)."""
    implementation = model.config._attn_implementation
    model.set_attn_implementation("eager")
    length = probe.shape[1]
    parts = {}
    for chunk in chunks(probe, length * length * len(all_heads(model))):
        with torch.no_grad():
            attentions = model(chunk, output_attentions=True).attentions
        for layer, head in places:
            parts.setdefault((layer, head), []).append((len(chunk), attention_summary(attentions[layer][:, head].float(), chunk)))
    model.set_attn_implementation(implementation)
    return {place: weighted_mean(found) for place, found in parts.items()}


def weighted_mean(parts):
    """Of summaries with the number of sequences that each is of; the probe's sequences have equally many of everything."""
    total = sum(count for count, _ in parts)
    return {key: sum(count * summary[key] for count, summary in parts) / total for key in parts[0][1]}


@contextlib.contextmanager
def without_head(model, layer, head):
    """The model with one head's output replaced by zero."""
    dim = model.config.n_embd // model.config.n_head

    def drop(_, inputs):
        kept = inputs[0].clone()
        kept[..., head * dim : (head + 1) * dim] = 0
        return (kept,)

    handle = model.transformer.h[layer].attn.c_proj.register_forward_pre_hook(drop)
    try:
        yield
    finally:
        handle.remove()


def heads(model, ids, probe, half, programmed):
    """The programmed heads and those others that lead in something: what they attend to on repeated tokens, what the model loses without them."""
    base, copied = losses(model, ids).mean().item(), copying(model, probe, half)["accuracy"]
    result = []
    for (layer, head), attention in head_attention(model, probe, all_heads(model)).items():
        with without_head(model, layer, head):
            loss = losses(model, ids).mean().item() - base
            accuracy = copying(model, probe, half)["accuracy"] - copied
        result.append({"layer": layer, "head": head, **attention, "ablation": {"loss": loss, "accuracy": accuracy}})
    others = [row for row in result if (row["layer"], row["head"]) not in programmed]
    rankings = (lambda row: row["previous"], lambda row: row["copied"], lambda row: row["ablation"]["loss"])
    leading = [row for rank in rankings for row in sorted(others, key=rank)[-LEADING:]]
    return [row for row in result if row not in others or row in leading]


def head_products(state, layer, head, width, dim):
    """A head's query-key and value-output matrices, [width, width], with the norm's gain where it reads."""
    prefix = f"transformer.h.{layer}."
    gain = state[f"{prefix}ln_1.weight"].float()
    matrix = state[f"{prefix}attn.c_attn.weight"].float() * gain[:, None]
    query, key, value = (matrix[:, part * width + head * dim : part * width + (head + 1) * dim] for part in range(3))
    output = state[f"{prefix}attn.c_proj.weight"].float()[head * dim : (head + 1) * dim]
    return query @ key.T, value @ output


def drift(before, after, config, programmed, masks):
    """How far the programmed entries went: cosines to where they were, as entries and as the matrices of the programmed heads."""
    width, dim = config.n_embd, config.n_embd // config.n_head
    result = {"heads": {}}
    for layer, head, name in programmed:
        pairs = zip(head_products(before, layer, head, width, dim), head_products(after, layer, head, width, dim), strict=True)
        result["heads"][f"{layer}.{head} {name}"] = dict(zip(("queryKey", "valueOutput"), (cosine(*pair) for pair in pairs), strict=True))
    held = [(before[name][mask.bool()], after[name][mask.bool()]) for name, mask in masks.items()]
    then, now = (torch.cat([pair[i].float() for pair in held]) for i in range(2))
    result["entries"] = cosine(then, now)
    result["size"] = (now.norm() / then.norm()).item()
    return result


def cosine(a, b):
    return F.cosine_similarity(a.flatten().double(), b.flatten().double(), dim=0).item()
