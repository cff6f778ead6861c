"""Reads the features of seeded models in stock transformers, by the contract of raspc.json alone.

A job a line on standard input: `folder`; `inputs`, lists of ids; `expected`, by the name of a feature the value at each position of each
input from the program's first on, null where nothing is expected. A result a line on standard output: `loading`, and by name of a feature
`right`, `positions` and the `first` that is wrong.
"""

import json
import sys
from pathlib import Path

import torch
import transformers

TOLERANCE = 0.02


def values_of(feature, stream):
    """A value for each position of one input."""
    held = stream[:, feature["dims"]].double()
    if feature["kind"] == "numeric":
        per = torch.tensor(feature["per"], dtype=torch.double)
        share = held @ per if per.any() else torch.ones(len(held), dtype=torch.double)
        numbers = feature["scale"] * (held @ torch.tensor(feature["weights"], dtype=torch.double)) / share + feature["offset"]
        return numbers.tolist()
    codes = torch.tensor([each["code"] for each in feature["codes"]], dtype=torch.double)
    return [feature["codes"][i]["value"] for i in torch.cosine_similarity(held[:, None], codes[None], dim=-1).argmax(-1).tolist()]


def is_right(found, expected):
    if isinstance(found, bool) or isinstance(found, str) or isinstance(expected, (bool, str)):
        return type(found) is type(expected) and found == expected
    return abs(found - expected) <= TOLERANCE * max(1, abs(expected))


def final_norm_input(model, kept):
    """`hidden_states` has what the last layer leaves behind its final norm; the contract speaks of what enters it."""
    for name, module in model.named_modules():
        if name in ("transformer.ln_f", "gpt_neox.final_layer_norm", "model.norm", "model.decoder.final_layer_norm"):
            return module.register_forward_pre_hook(lambda _module, args: kept.append(args[0]))
    raise ValueError("a model without a final norm")


def streams_of(model, ids):
    kept = []
    hook = final_norm_input(model, kept)
    with torch.no_grad():
        out = model(torch.tensor([ids]), output_hidden_states=True)
    hook.remove()
    return [*out.hidden_states[:-1], kept[0]]


def check(job):
    folder = Path(job["folder"])
    model, loading = transformers.AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True, attn_implementation="eager")
    model.eval()
    features = json.loads((folder / "raspc.json").read_text())["features"]
    found = {feature["name"]: {"right": 0, "positions": 0, "first": None} for feature in features}
    for i, ids in enumerate(job["inputs"]):
        streams = streams_of(model, ids)
        for feature in features:
            score = found[feature["name"]]
            start = int(feature["positions"].removeprefix("from ")) if feature["positions"] != "all" else 0
            values = values_of(feature, streams[feature["after"]][0])[start:]
            for position, (value, expected) in enumerate(zip(values, job["expected"][feature["name"]][i], strict=True)):
                if expected is None:
                    continue
                score["positions"] += 1
                if is_right(value, expected):
                    score["right"] += 1
                elif score["first"] is None:
                    score["first"] = {"ids": ids, "position": position, "found": value, "expected": expected}
    return {"loading": sorted(str(key) for keys in loading.values() for key in keys), "features": found}


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    for line in sys.stdin:
        print(json.dumps(check(json.loads(line))), flush=True)
