"""Models that were compiled to compute in half precision, in transformers, as they load: the whole model in the dtype of their config.

A job is {"cases", "dirs"}: `cases` as in check_matrix.py. For each folder and each way to attend the result has the dtype that the model
was loaded in and the number of inputs on which some output is wrong.
"""

import json
import sys
from pathlib import Path

import torch
import transformers
from check_matrix import Cases, wrong


def check(folder, cases, attention):
    config = transformers.AutoConfig.from_pretrained(folder)
    classifies = config.architectures[0].endswith("ForTokenClassification")
    auto = transformers.AutoModelForTokenClassification if classifies else transformers.AutoModelForCausalLM
    model = auto.from_pretrained(folder, attn_implementation=attention).eval()
    circuit_map = json.loads((Path(folder) / "raspc.json").read_text())
    vocabulary = [entry["id"] for entry in circuit_map["vocabulary"]]
    bos = circuit_map["bos"]["id"]
    mismatches = 0
    with torch.no_grad():
        for group in cases.groups:
            ids = torch.tensor([[bos] + [vocabulary[i] for i in cases.inputs[index]] for index in group])
            logits = model(ids).logits
            for output in circuit_map["outputs"]:
                mismatches += int(wrong(output, logits, cases.expected(output, group)).sum())
    return {"dtype": str(model.dtype), "mismatches": mismatches}


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    for line in sys.stdin:
        job = json.loads(line)
        cases = Cases(job["cases"])
        found = [{way: check(each, cases, way) for way in ("eager", "sdpa")} for each in job["dirs"]]
        print(json.dumps(found), flush=True)
