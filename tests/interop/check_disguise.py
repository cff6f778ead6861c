"""Disguised models beside the plain ones in transformers: every key is there, and outputs are the same.

    python check_disguise.py JOB RESULT      JOB: a list of {plain, hidden, class, inputs: [{plain, hidden}], outputs: {plain, hidden}}
"""

import json
import sys

import torch
import transformers

transformers.utils.logging.set_verbosity_error()
torch.set_num_threads(1)


def load(folder, kind):
    model, info = getattr(transformers, kind).from_pretrained(folder, output_loading_info=True)
    return model.eval(), {key: sorted(map(str, info[key])) for key in ("missing_keys", "unexpected_keys", "mismatched_keys")}


def said(model, ids, outputs):
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0, 1:]
    return logits[:, outputs].argmax(1).tolist()


results = []
with open(sys.argv[1]) as file:
    jobs = json.load(file)
for job in jobs:
    plain, _ = load(job["plain"], job["class"])
    hidden, loading = load(job["hidden"], job["class"])
    different = sum(
        said(plain, each["plain"], job["outputs"]["plain"]) != said(hidden, each["hidden"], job["outputs"]["hidden"]) for each in job["inputs"]
    )
    results.append({"loading": loading, "different": different, "inputs": len(job["inputs"])})
with open(sys.argv[2], "w") as file:
    json.dump(results, file)
