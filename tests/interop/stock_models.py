"""Small random models of every architecture that raspc knows, made and run by transformers itself.

`python stock_models.py random FOLDER SEED [NAME…]` writes one folder a model: the checkpoint as transformers saves it, and `expected.json`,
the logits of a few inputs in float64. `python stock_models.py headers FOLDER` writes the config and the tensor shapes of
stock models in their usual sizes, but for two layers: what the offline tests compare the targets with.
"""

import json
import shutil
import sys
from pathlib import Path

import torch
import transformers

LABELS = {"id2label": {i: f"L{i}" for i in range(5)}, "label2id": {f"L{i}": i for i in range(5)}}
SMALL = dict(
    vocab_size=23,
    hidden_size=24,
    num_hidden_layers=2,
    num_attention_heads=3,
    intermediate_size=20,
    max_position_embeddings=16,
    bos_token_id=0,
    eos_token_id=1,
    pad_token_id=None,
)
SMALL_GPT2 = dict(vocab_size=23, n_positions=16, n_embd=24, n_layer=2, n_head=3, bos_token_id=0, eos_token_id=1)

# name: (config class, changes to the stock config)
MODELS = {
    "gpt2": ("GPT2Config", SMALL_GPT2),
    "gpt2-untied-gelu": ("GPT2Config", dict(SMALL_GPT2, n_inner=17, activation_function="gelu", tie_word_embeddings=False)),
    "llama": ("LlamaConfig", dict(SMALL, num_key_value_heads=1, head_dim=10)),
    "llama-tied-biased": (
        "LlamaConfig",
        dict(SMALL, tie_word_embeddings=True, attention_bias=True, mlp_bias=True, hidden_act="gelu", rope_theta=5e5),
    ),
    "gpt-neox": ("GPTNeoXConfig", SMALL),
    "gpt-neox-sequential": (
        "GPTNeoXConfig",
        dict(SMALL, use_parallel_residual=False, rotary_pct=0.5, attention_bias=False, hidden_act="gelu_new"),
    ),
    "bert": ("BertConfig", dict(SMALL, pad_token_id=0, **LABELS)),
    "mistral": ("MistralConfig", dict(SMALL, num_key_value_heads=3, sliding_window=None)),
    "qwen2": ("Qwen2Config", dict(SMALL, num_key_value_heads=1)),
    "phi3": ("Phi3Config", dict(SMALL, num_key_value_heads=1)),
    "phi3-partial": ("Phi3Config", dict(SMALL, partial_rotary_factor=0.5)),
    "gemma": ("GemmaConfig", dict(SMALL, num_key_value_heads=1, head_dim=12)),
    "starcoder2": ("Starcoder2Config", dict(SMALL, num_key_value_heads=1, sliding_window=6)),
    "starcoder2-unbiased": ("Starcoder2Config", dict(SMALL, num_key_value_heads=3, use_bias=False, tie_word_embeddings=False)),
    "stablelm": ("StableLmConfig", dict(SMALL, num_key_value_heads=1)),
    "stablelm-parallel": ("StableLmConfig", dict(SMALL, num_key_value_heads=3, use_parallel_residual=True, use_qkv_bias=True)),
    "smollm3": ("SmolLM3Config", dict(SMALL, num_key_value_heads=1, no_rope_layer_interval=2)),
    "granite": (
        "GraniteConfig",
        dict(SMALL, embedding_multiplier=3.0, attention_multiplier=0.2, residual_multiplier=0.3, logits_scaling=5.0),
    ),
    "phi": ("PhiConfig", SMALL),
    "gpt-neo": (
        "GPTNeoConfig",
        dict(vocab_size=23, hidden_size=24, num_layers=2, num_heads=3, max_position_embeddings=16, window_size=5,
             attention_types=[[["global", "local"], 1]], bos_token_id=0, eos_token_id=1),
    ),
    "opt": (
        "OPTConfig",
        dict(vocab_size=23, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, ffn_dim=20, max_position_embeddings=16,
             bos_token_id=0, eos_token_id=1, pad_token_id=None),
    ),
    "llama-llama3": (
        "LlamaConfig",
        dict(SMALL, head_dim=16, rope_parameters=dict(rope_type="llama3", rope_theta=100.0, factor=8.0, low_freq_factor=1.0,
                                         high_freq_factor=4.0, original_max_position_embeddings=8)),
    ),
    "llama-linear": ("LlamaConfig", dict(SMALL, rope_parameters=dict(rope_type="linear", rope_theta=10000.0, factor=2.5))),
    "qwen2-yarn": (
        "Qwen2Config",
        dict(SMALL, head_dim=16, num_key_value_heads=3, rope_parameters=dict(rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=64)),
    ),
    "phi3-longrope": (
        "Phi3Config",
        dict(SMALL, max_position_embeddings=64, original_max_position_embeddings=16,
             rope_parameters=dict(rope_type="longrope", rope_theta=10000.0, short_factor=[1.0, 1.5, 2.0, 3.0],
                                  long_factor=[4.0, 5.0, 6.0, 7.0], original_max_position_embeddings=16)),
    ),
    "mistral-window": ("MistralConfig", dict(SMALL, num_key_value_heads=3, sliding_window=4)),
    "distilbert": (
        "DistilBertConfig",
        dict(vocab_size=23, dim=24, n_layers=2, n_heads=3, hidden_dim=20, max_position_embeddings=16, pad_token_id=0, **LABELS),
    ),
    "roberta": ("RobertaConfig", dict(SMALL, pad_token_id=-1, **LABELS)),
    "qwen3": ("Qwen3Config", dict(SMALL, num_key_value_heads=1, head_dim=10)),
    "olmo2": ("Olmo2Config", dict(SMALL, num_key_value_heads=1)),
    "gemma2": (
        "Gemma2Config",
        dict(SMALL, num_key_value_heads=1, head_dim=10, query_pre_attn_scalar=7, sliding_window=4, attn_logit_softcapping=2.0,
             final_logit_softcapping=3.0),
    ),
    "gemma3": (
        "Gemma3TextConfig",
        dict(SMALL, num_key_value_heads=1, head_dim=10, query_pre_attn_scalar=7, sliding_window=4, final_logit_softcapping=3.0,
             layer_types=["sliding_attention", "full_attention"]),
    ),
}

STOCK = {
    "gpt2": ("GPT2Config", dict(n_layer=2)),
    "llama": ("LlamaConfig", dict(num_hidden_layers=2, num_key_value_heads=8, head_dim=128)),
    "gpt-neox": ("GPTNeoXConfig", dict(num_hidden_layers=2)),
    "bert": ("BertConfig", dict(num_hidden_layers=2)),
    "mistral": ("MistralConfig", dict(num_hidden_layers=2, sliding_window=None)),
    "qwen2": ("Qwen2Config", dict(num_hidden_layers=2, num_key_value_heads=4)),
    "phi3": ("Phi3Config", dict(num_hidden_layers=2)),
    "gemma": ("GemmaConfig", dict(num_hidden_layers=2)),
    "starcoder2": ("Starcoder2Config", dict(num_hidden_layers=2)),
    "stablelm": ("StableLmConfig", dict(num_hidden_layers=2)),
    "smollm3": ("SmolLM3Config", dict(num_hidden_layers=2)),
    "granite": ("GraniteConfig", dict(num_hidden_layers=2)),
    "phi": ("PhiConfig", dict(num_hidden_layers=2)),
    "gpt-neo": ("GPTNeoConfig", dict(num_layers=2, attention_types=[[["global", "local"], 1]])),
    "opt": ("OPTConfig", dict(num_hidden_layers=2)),
    "distilbert": ("DistilBertConfig", dict(n_layers=2)),
    "roberta": ("RobertaConfig", dict(num_hidden_layers=2, pad_token_id=-1)),
    "qwen3": ("Qwen3Config", dict(num_hidden_layers=2, num_key_value_heads=8)),
    "olmo2": ("Olmo2Config", dict(num_hidden_layers=2)),
    "gemma2": ("Gemma2Config", dict(num_hidden_layers=2)),
    "gemma3": ("Gemma3TextConfig", dict(num_hidden_layers=2)),
}


def build(config_class, changes):
    config = getattr(transformers, config_class)(**changes)
    config._attn_implementation = "eager"
    auto = transformers.AutoModelForTokenClassification if "bert" in config.model_type else transformers.AutoModelForCausalLM
    return auto.from_config(config).eval()


def write_random(folder, seed, names):
    torch.manual_seed(seed)
    for name, (config_class, changes) in MODELS.items():
        model = build(config_class, changes)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_(0.3 * torch.randn_like(parameter) + (1 if parameter.mean() == 1 else 0))
        if names and name not in names:
            continue
        target = folder / name
        shutil.rmtree(target, ignore_errors=True)
        # some in shards
        model.save_pretrained(target, max_shard_size="12KB" if name in ("llama", "gpt2-untied-gelu", "gpt-neox", "bert") else "5GB")
        expected = []
        for length in (1, 5, 16):
            ids = torch.randint(0, SMALL["vocab_size"], (1, length))
            with torch.no_grad():
                logits = model(ids).logits[0]
                exact = model.double()(ids).logits[0]
                model.float()
            expected.append({"ids": ids[0].tolist(), "f64": [float(f"{x:.12g}") for x in exact.flatten().tolist()]})
            # the reference itself has to be as good as what is asked of others
            assert (logits - exact).abs().max() < 1e-5 * exact.abs().max()
        (target / "expected.json").write_text(json.dumps(expected))
        (target / "generation_config.json").unlink(missing_ok=True)


def write_headers(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, (config_class, changes) in STOCK.items():
        with torch.device("meta"):
            model = build(config_class, changes)
        tied = set(model.all_tied_weights_keys)
        shapes = {key: list(tensor.shape) for key, tensor in model.state_dict().items() if key not in tied}
        config = json.loads(model.config.to_json_string())
        config["architectures"] = [type(model).__name__]
        lines = ",\n".join(f"    {json.dumps(key)}: {json.dumps(shape)}" for key, shape in sorted(shapes.items()))
        text = f'{{\n  "config": {json.dumps(config, sort_keys=True)},\n  "tensors": {{\n{lines}\n  }}\n}}\n'
        (folder / f"{name}.json").write_text(text)


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    if sys.argv[1] == "random":
        write_random(Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
    else:
        write_headers(Path(sys.argv[2]))
