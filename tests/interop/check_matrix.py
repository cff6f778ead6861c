"""Compiled models in transformers, many at a time: one JSON job a line on standard input, one JSON result a line on standard output.

A job is {"cases", "models"}. `cases` is a JSON file of inputs as indices into the vocabulary, with their text and what the program
gives: {"inputs", "texts", "outputs": {name: [values of each input]}}. A model is {"dir", "logits", "tokenizer", "generate"}:
`logits` are two files with raspc's own logits, float64, of the last inputs (float32 arithmetic and float64), `tokenizer` the class that
loads the tokenizer, `generate` prompts with the ids that greedy decoding appends. Outputs are decoded here, by raspc.json alone.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

import numpy
import tokenizers
import torch
import transformers

BATCH = 256
DTYPES = {"float32": torch.float32, "float64": torch.float64}


def load(folder):
    config = transformers.AutoConfig.from_pretrained(folder)
    classifies = config.architectures[0].endswith("ForTokenClassification")
    auto = transformers.AutoModelForTokenClassification if classifies else transformers.AutoModelForCausalLM
    model, loading = auto.from_pretrained(folder, output_loading_info=True, attn_implementation="eager")
    return model.eval(), [str(key) for found in loading.values() for key in found]


class Cases:
    """Inputs of one program, those of one length together, so that nothing is padded."""

    def __init__(self, path):
        data = json.loads(Path(path).read_text())
        self.inputs, self.texts, self.outputs = data["inputs"], data["texts"], data["outputs"]
        by_length = defaultdict(list)
        for index, indices in enumerate(self.inputs):
            by_length[len(indices)].append(index)
        self.groups = [group[i : i + BATCH] for group in by_length.values() for i in range(0, len(group), BATCH)]

    def expected(self, output, group):
        values = [self.outputs[output["name"]][index] for index in group]
        if output["kind"] == "numeric":
            return torch.tensor(values, dtype=torch.float64)
        place = {key(entry["value"]): i for i, entry in enumerate(output["logits"])}
        return torch.tensor([[place[key(value)] for value in row] for row in values])


def key(value):
    """1 and 1.0 are one value in RASP as in Python; True is another."""
    return isinstance(value, bool), value


def wrong(output, logits, expected):
    """For each input of a batch, whether some position is wrong."""
    if output["kind"] == "numeric":
        found = output["scale"] * logits[:, 1:, output["logit"]].double() + output["offset"]
        return (((found - expected).abs() <= 1e-3 * expected.abs().clamp(min=1)).logical_not()).any(-1)
    ids = torch.tensor([entry["id"] for entry in output["logits"]])
    return (logits[:, 1:, ids].argmax(-1) != expected).any(-1)


def disagreement(output, theirs, ours, expected):
    """How far two engines are apart in what decides: logits against that of the right value, in parts of that distance, or of the gap of 1."""
    if output["kind"] == "numeric":
        return (output["scale"] * (theirs - ours)[1:, output["logit"]]).abs().max().item()
    ids = torch.tensor([entry["id"] for entry in output["logits"]])
    distances = [logits[1:, ids] - logits[1:, ids].gather(1, expected[0, :, None]) for logits in (theirs, ours)]
    return ((distances[0] - distances[1]).abs() / distances[1].abs().clamp(min=1)).max().item()


def check_tokenizer(folder, loader, cases, ids_of):
    official = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    auto = transformers.AutoTokenizer.from_pretrained(folder)
    strict = getattr(transformers, loader).from_pretrained(folder)
    mismatches = 0
    for text, indices in zip(cases.texts, cases.inputs):
        ids = ids_of(indices)
        found = [official.encode(text).ids, auto(text)["input_ids"], strict(text)["input_ids"]]
        texts = [official.decode(ids), strict.decode(ids, skip_special_tokens=True)]
        mismatches += found != [ids] * 3 or texts != [text] * 2
    return mismatches


def check_generate(model, prompts):
    mismatches = 0
    for prompt in prompts:
        ids = torch.tensor([prompt["ids"]])
        with torch.no_grad():
            found = model.generate(ids, max_new_tokens=len(prompt["next"]), do_sample=False)
        mismatches += found[0, ids.shape[1] :].tolist() != prompt["next"]
    return mismatches


def check(job, cases):
    folder = Path(job["dir"])
    model, loading = load(folder)
    circuit_map = json.loads((folder / "raspc.json").read_text())
    vocabulary = [entry["id"] for entry in circuit_map["vocabulary"]]
    bos = circuit_map["bos"]["id"]
    ids_of = lambda indices: [bos] + [vocabulary[i] for i in indices]
    result = {"loading": loading, "dtype": str(model.dtype), "mismatches": {}, "difference": {}, "relative": {}, "deciding": {}, "first": None}
    for name, dtype in DTYPES.items():
        model.to(dtype)
        mismatches, difference, largest, deciding = 0, 0.0, 1.0, 0.0
        with torch.no_grad():
            for group in cases.groups:
                logits = model(torch.tensor([ids_of(cases.inputs[index]) for index in group])).logits
                for output in circuit_map["outputs"]:
                    bad = wrong(output, logits, cases.expected(output, group))
                    mismatches += int(bad.sum())
                    if bad.any() and result["first"] is None:
                        result["first"] = {"dtype": name, "indices": cases.inputs[group[int(bad.nonzero()[0, 0])]]}
            ours = numpy.fromfile(job["logits"][0 if name == "float32" else 1])
            at = 0
            for index in range(len(cases.inputs) - job["count"], len(cases.inputs)):
                logits = model(torch.tensor([ids_of(cases.inputs[index])])).logits[0].double()
                mine = torch.from_numpy(ours[at : at + logits.numel()]).view_as(logits)
                at += logits.numel()
                difference = max(difference, (logits - mine).abs().max().item())
                largest = max(largest, mine.abs().max().item())
                for output in circuit_map["outputs"]:
                    deciding = max(deciding, disagreement(output, logits, mine, cases.expected(output, [index])))
        result["mismatches"][name], result["difference"][name] = mismatches, difference
        result["relative"][name], result["deciding"][name] = difference / largest, deciding
    result["tokenizer"] = check_tokenizer(folder, job["tokenizer"], cases, ids_of)
    result["generate"] = check_generate(model.to(torch.float32), job["generate"])
    return result


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    # the models are tiny: threads would only wait for each other
    torch.set_num_threads(1)
    for line in sys.stdin:
        job = json.loads(line)
        cases = Cases(job["cases"])
        print(json.dumps([check(each, cases) for each in job["models"]]), flush=True)
