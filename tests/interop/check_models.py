"""Loads model folders as anyone would and compares what they compute with what is expected of them.

`python check_models.py JOB RESULT`: JOB is a JSON list of models, each with `dir` and any of
  cases     inputs with the outputs that the program gives: {"ids", "outputs": {name: values}} and, if it has a text,
            "text"; `tokenizer` is the class that loads the tokenizer
  logits    inputs with the logits of raspc's runtime: {"ids", "f32", "f64"}
  generate  prompts with the tokens that greedy decoding appends: {"ids", "next"}
RESULT is a list of what was found, one entry a model. Outputs are decoded here, by raspc.json alone.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

import tokenizers
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


def decode(output, logits):
    if output["kind"] == "numeric":
        return (output["scale"] * logits[1:, output["logit"]].double() + output["offset"]).tolist()
    ids = torch.tensor([entry["id"] for entry in output["logits"]])
    return [output["logits"][best]["value"] for best in logits[1:, ids].argmax(-1).tolist()]


def agree(output, found, expected):
    if output["kind"] == "numeric":
        return all(abs(f - e) <= 1e-3 * max(1, abs(e)) for f, e in zip(found, expected, strict=True))
    return found == expected


def check_cases(folder, model, cases):
    outputs = json.loads((folder / "raspc.json").read_text())["outputs"]
    mismatches, first = {}, None
    for name, dtype in DTYPES.items():
        model.to(dtype)
        mismatches[name] = 0
        for index, logits in run(model, [case["ids"] for case in cases]):
            for output in outputs:
                expected = cases[index]["outputs"][output["name"]]
                found = decode(output, logits)
                if not agree(output, found, expected):
                    mismatches[name] += 1
                    first = first or {"dtype": name, "ids": cases[index]["ids"], "expected": expected, "found": found}
    return {"mismatches": mismatches, "first": first}


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


def check_tokenizer(folder, cases, loader):
    official = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    auto = getattr(transformers, loader).from_pretrained(folder)
    wrong = []
    for case in cases:
        if "text" not in case:
            continue
        found = [official.encode(case["text"]).ids, auto(case["text"])["input_ids"]]
        texts = [official.decode(found[0]), auto.decode(found[1], skip_special_tokens=True)]
        if found != [case["ids"]] * 2 or texts != [case["text"]] * 2:
            wrong.append({"text": case["text"], "ids": case["ids"], "found": found, "texts": texts})
    return {"mismatches": len(wrong), "first": wrong[:1]}


def check_generate(model, cases):
    model.to(torch.float32)
    wrong = 0
    for case in cases:
        prompt = torch.tensor([case["ids"]])
        with torch.no_grad():
            found = model.generate(prompt, max_new_tokens=len(case["next"]), do_sample=False)
        wrong += found[0, prompt.shape[1] :].tolist() != case["next"]
    return wrong


def check(job):
    folder = Path(job["dir"])
    model, loading = load(folder)
    result = {"loading": loading, "dtype": str(model.dtype), "tensors": 0}
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, "pt") as tensors:
            result["tensors"] += len(tensors.keys())
    if "cases" in job:
        result["outputs"] = check_cases(folder, model, job["cases"])
        result["tokenizer"] = check_tokenizer(folder, job["cases"], job["tokenizer"])
    if "logits" in job:
        result["logits"] = check_logits(model, job["logits"])
    if "generate" in job:
        result["generate"] = check_generate(model, job["generate"])
    return result


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    # the models are tiny: threads would only wait for each other
    torch.set_num_threads(1)
    jobs = json.loads(Path(sys.argv[1]).read_text())
    Path(sys.argv[2]).write_text(json.dumps([check(job) for job in jobs]))
