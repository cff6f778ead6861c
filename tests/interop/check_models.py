"""Loads random models as anyone would and compares their logits with those of raspc's runtime.

`python check_models.py JOB RESULT`: JOB is a JSON list of models, each with `dir` and `logits`: inputs with what the runtime gives,
{"ids", "f32", "f64"}. RESULT is a list of what was found, one entry a model.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

import torch
import transformers
from safetensors import safe_open

BATCH = 128
DTYPES = {"float32": torch.float32, "float64": torch.float64}


def load(folder):
    config = transformers.AutoConfig.from_pretrained(folder)
    classifies = config.architectures[0].endswith("ForTokenClassification")
    auto = transformers.AutoModelForTokenClassification if classifies else transformers.AutoModelForCausalLM
    model, loading = auto.from_pretrained(folder, output_loading_info=True, attn_implementation="eager")
    return model.eval(), {key: sorted(map(str, value)) for key, value in loading.items()}


def run(model, inputs):
    """Logits of many inputs, those of one length together, so that nothing is padded."""
    by_length = defaultdict(list)
    for index, ids in enumerate(inputs):
        by_length[len(ids)].append(index)
    for indices in by_length.values():
        for start in range(0, len(indices), BATCH):
            chunk = indices[start : start + BATCH]
            with torch.no_grad():
                logits = model(torch.tensor([inputs[i] for i in chunk])).logits
            yield from zip(chunk, logits)


def check_logits(model, cases):
    """The largest difference to raspc's runtime, in itself and as a part of the largest logit."""
    worst = {}
    for name, dtype in DTYPES.items():
        model.to(dtype)
        key = "f32" if name == "float32" else "f64"
        difference = largest = 0.0
        for index, logits in run(model, [case["ids"] for case in cases]):
            expected = torch.tensor(cases[index][key], dtype=torch.float64)
            difference = max(difference, (logits.double().flatten() - expected).abs().max().item())
            largest = max(largest, expected.abs().max().item())
        worst[name] = {"difference": difference, "relative": difference / largest}
    return worst


def check(job):
    folder = Path(job["dir"])
    model, loading = load(folder)
    result = {"loading": loading, "dtype": str(model.dtype), "tensors": 0}
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, "pt") as tensors:
            result["tensors"] += len(tensors.keys())
    result["logits"] = check_logits(model, job["logits"])
    return result


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    # the models are tiny: threads would only wait for each other
    torch.set_num_threads(1)
    jobs = json.loads(Path(sys.argv[1]).read_text())
    Path(sys.argv[2]).write_text(json.dumps([check(job) for job in jobs]))
