"""What transformers itself makes of a folder: one JSON job a line on standard input, one JSON result a line on standard output.

A job is {"dir", "outputs", "cases"}: `outputs` as in raspc.json, `cases` a list of {"ids", "expected"}, for each output and token the place of
the right value in its list of logits, or the number. The result is {"loads": null or the error, "wrong": places of the cases that are wrong}.
NaN is never right.
"""

import json
import sys
from collections import defaultdict

import torch
import transformers


def load(folder):
    config = transformers.AutoConfig.from_pretrained(folder)
    classifies = (config.architectures or [""])[0].endswith("ForTokenClassification")
    auto = transformers.AutoModelForTokenClassification if classifies else transformers.AutoModelForCausalLM
    return auto.from_pretrained(folder, attn_implementation="eager").eval()


def is_wrong(output, logits, expected):
    if output["kind"] == "numeric":
        found = output["scale"] * logits[:, 1:, output["logit"]].double() + output["offset"]
        wanted = torch.tensor(expected, dtype=torch.float64)
        return (((found - wanted).abs() <= 1e-3 * wanted.abs().clamp(min=1)).logical_not()).any(-1)
    found = logits[:, 1:, [entry["id"] for entry in output["logits"]]].float()
    right = torch.tensor(expected)
    # -1 where no logit stands for the value
    wrong = (found.argmax(-1) != right) | found.isnan().any(-1)
    return wrong.any(-1)


def judge(job):
    try:
        model = load(job["dir"])
        by_length = defaultdict(list)
        for index, case in enumerate(job["cases"]):
            by_length[len(case["ids"])].append(index)
        wrong = []
        with torch.no_grad():
            for group in by_length.values():
                logits = model(torch.tensor([job["cases"][i]["ids"] for i in group]))[0]
                bad = torch.zeros(len(group), dtype=torch.bool)
                for number, output in enumerate(job["outputs"]):
                    bad |= is_wrong(output, logits, [job["cases"][i]["expected"][number] for i in group])
                wrong += [group[int(i)] for i in bad.nonzero()[:, 0]]
        return {"loads": None, "wrong": sorted(wrong)}
    except Exception as error:  # whatever a folder makes transformers say
        return {"loads": f"{type(error).__name__}: {error}"[:300], "wrong": []}


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    # the models are tiny: threads would only wait for each other
    torch.set_num_threads(1)
    for line in sys.stdin:
        print(json.dumps(judge(json.loads(line))), flush=True)
