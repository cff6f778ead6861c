"""What `raspc match` says of a Llama, again by transformers: attention on what is selected, and the loss without a head.

check_match.py JOB RESULT: the job has the model's folder and what `match --format json` printed.
"""

import json
import sys

import torch
from transformers import AutoModelForCausalLM

with open(sys.argv[1]) as file:
    job = json.load(file)
report = job["report"]
model = AutoModelForCausalLM.from_pretrained(job["model"], dtype=torch.float32, attn_implementation="eager")
model.eval()
dim = getattr(model.config, "head_dim", None) or model.config.hidden_size // model.config.num_attention_heads
windows = [each["ids"] for each in report["windows"]]


def earlier(ids, query):
    """Where the current token stood before, the first position left out."""
    return [key for key in range(1, query) if ids[key] == ids[query]]


SELECTS = {
    "previous_token": lambda ids, query: [query - 1],
    "same_position": lambda ids, query: [query],
    "duplicate_token": earlier,
    "induction": lambda ids, query: [key + 1 for key in range(query) if ids[key] == ids[query]],
}


def attention_of(layer, head, name):
    raw, sink, queries = 0.0, 0.0, 0
    for ids, pattern in zip(windows, patterns[layer]):
        for query in range(1, len(ids)):
            keys = SELECTS[name](ids, query)
            if not keys or 0 in keys:
                continue
            raw += sum(pattern[head, query, key].item() for key in keys)
            sink += pattern[head, query, 0].item()
            queries += 1
    return {"raw": raw / queries, "sink": sink / queries, "queries": queries}


def losses(means=None):
    """Of each window in which effects are measured; with `means`, a head's output is what it is in the mean."""
    found = []
    for each in report["effectWindows"]:
        ids = torch.tensor([windows[each["window"]]])
        said = model(ids).logits[0].log_softmax(-1)
        found.append(sum(-said[t, ids[0, t + 1]].item() for t in each["targets"]) / len(each["targets"]))
    return found


with torch.no_grad():
    outputs = [model(torch.tensor([ids]), output_attentions=True).attentions for ids in windows]
    patterns = [[window[layer][0] for window in outputs] for layer in range(model.config.num_hidden_layers)]
    own = losses()
    result = []
    for each in report["heads"]:
        if each["effect"] is None or each["function"] not in SELECTS:
            continue
        layer, head = each["layer"], each["head"]
        projection = model.model.layers[layer].self_attn.o_proj
        part = slice(head * dim, (head + 1) * dim)
        read = []
        hook = projection.register_forward_pre_hook(lambda module, args: read.append(args[0][0, 1:, part].clone()))
        losses()
        hook.remove()
        mean = torch.cat(read).mean(0)

        def flatten(module, args):
            changed = args[0].clone()
            changed[0, 1:, part] = mean
            return (changed,)

        hook = projection.register_forward_pre_hook(flatten)
        without = losses()
        hook.remove()
        rise = sum(b - a for a, b in zip(own, without)) / len(own)
        result.append({"layer": layer, "head": head, "loss": sum(own) / len(own), "rise": rise, **attention_of(layer, head, each["function"])})
with open(sys.argv[2], "w") as file:
    json.dump(result, file)
