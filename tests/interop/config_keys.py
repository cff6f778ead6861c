"""Which keys of config.json the stock classes read: their fields with defaults, other names of them, and every attribute of a config that is
asked for while a small model is built, loaded, run and used to generate.

    python tests/interop/config_keys.py gpt2:GPT2LMHeadModel llama:LlamaForCausalLM … > tests/fixtures/config-keys.json
"""

import dataclasses
import json
import sys
import tempfile

import torch
import transformers
from transformers import AutoConfig

SMALL = {
    "vocab_size": 12, "n_positions": 16, "n_embd": 8, "n_layer": 1, "n_head": 2, "hidden_size": 8, "num_hidden_layers": 1,
    "num_attention_heads": 2, "num_key_value_heads": 2, "intermediate_size": 8, "max_position_embeddings": 16, "head_dim": 4,
    "num_layers": 1, "num_heads": 2, "attention_types": [[["global"], 1]], "ffn_dim": 8,
    "dim": 8, "n_layers": 1, "n_heads": 2, "hidden_dim": 8,
    "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": None,
}  # fmt: skip


def plain(value):
    try:
        json.dumps(value)
        return value
    except TypeError:
        return str(value)


def default_of(field):
    if field.default is not dataclasses.MISSING:
        return plain(field.default)
    return plain(field.default_factory()) if field.default_factory is not dataclasses.MISSING else None


def keys_of(model_type, architecture):
    config_class = type(AutoConfig.for_model(model_type))
    model_class = getattr(transformers, architecture)
    names = {field.name: default_of(field) for field in dataclasses.fields(config_class)}
    small = {key: value for key, value in SMALL.items() if key in names}
    if model_type == "roberta":
        small["pad_token_id"] = -1  # positions are counted from behind it
    asked = set()
    known = config_class.__getattribute__

    def trace(self, key):
        asked.add(key)
        return known(self, key)

    with tempfile.TemporaryDirectory() as folder:
        model_class(config_class(**small)).save_pretrained(folder)
        config_class.__getattribute__ = trace
        try:
            for attention in ("eager", "sdpa") if model_class._supports_sdpa else ("eager",):
                model = model_class.from_pretrained(folder, attn_implementation=attention)
                ids = torch.tensor([[0, 2, 3]])
                with torch.no_grad():
                    model(ids)
                    if hasattr(model, "generate") and model.can_generate():
                        model.generate(ids, max_new_tokens=2, do_sample=False)
        finally:
            del config_class.__getattribute__
    is_data = lambda key: not key.startswith("__") and not callable(getattr(config_class, key, None))
    return {
        "fields": dict(sorted(names.items())),
        "aliases": dict(sorted(config_class.attribute_map.items())),
        "read": sorted(key for key in asked if is_data(key) and key not in config_class.attribute_map),
    }


def main():
    transformers.logging.set_verbosity_error()
    families = dict(argument.split(":") for argument in sys.argv[1:])
    found = {name: keys_of(name, architecture) for name, architecture in families.items()}
    json.dump({"transformers": transformers.__version__, "families": found}, sys.stdout, indent=1)
    print()


main()
