"""Solves a challenge of this folder as a stranger would: with the published folder and transformers alone. A place to start from.

    python challenges/solve.py out/riddle answer        writes answer.json, or answer.rasp

`what` is guessed from a list of hypotheses, `trigger` found by trying inputs, `place` by taking away one head or neuron after the other, and
`changed` by what the last two tokens are where two models differ.
Needs torch and transformers.
"""

import itertools
import json
import sys
from pathlib import Path

import torch
import transformers

# what a model may compute, and how one says it in RASP; a hypothesis takes the tokens so far
HYPOTHESES = [
    (lambda seen: seen.count(seen[-1]), "answer = selector_width(select(tokens, tokens, ==));"),
    (lambda seen: len(seen), "answer = indices + 1;"),
    (lambda seen: len(set(seen)), "answer = selector_width(select(selector_width(select(tokens, tokens, ==)), 1, ==));"),
    (lambda seen: seen[-1], "answer = tokens;"),
    (lambda seen: seen[-2] if len(seen) > 1 else "-", 'answer = aggregate(select(indices, indices - 1, ==), tokens, "-");'),
    (
        lambda seen: seen[-3] if len(seen) > 2 else "-",
        'answer = aggregate(select(indices, indices - 2, ==), tokens, "-");',
    ),
    (lambda seen: seen[0], "answer = aggregate(select(indices, 0, ==), tokens);"),
]

# in these families the modules whose inputs are what heads and neurons give
HEADS = ("attn.c_proj", "self_attn.o_proj", "attention.dense")
NEURONS = ("mlp.c_proj", "mlp.down_proj", "mlp.dense_4h_to_h")


class Riddle:
    def __init__(self, folder, model="model"):
        self.folder = Path(folder)
        self.said = json.loads((self.folder / "challenge.json").read_text())
        if model == "before":
            self.said |= self.said["before"]
        self.model = transformers.AutoModelForCausalLM.from_pretrained(self.folder / model).eval()
        self.ids = {token["value"]: token["id"] for token in self.said["vocabulary"]}
        self.tokens = list(self.ids)

    def inputs(self, length):
        return [list(each) for each in itertools.product(self.tokens, repeat=length)]

    def run(self, inputs):
        """For each output the values at every token, of inputs that are equally long."""
        ids = torch.tensor([[self.said["bos"]["id"], *(self.ids[token] for token in each)] for each in inputs])
        with torch.no_grad():
            logits = self.model(ids).logits[:, 1:]
        found = {}
        for output in self.said["outputs"]:
            if output["kind"] == "numeric":
                numbers = logits[:, :, output["logit"]] * output["scale"] + output["offset"]
                found[output["name"]] = [[round(float(x), 3) for x in row] for row in numbers]
            else:
                best = logits[:, :, [each["id"] for each in output["logits"]]].argmax(2)
                found[output["name"]] = [[output["logits"][i]["value"] for i in row] for row in best.tolist()]
        return found


def what(riddle):
    inputs = riddle.inputs(min(4, riddle.said["context"]))
    (said,) = riddle.run(inputs).values()
    for compute, text in HYPOTHESES:
        if all(value == compute(given[: i + 1]) for given, values in zip(inputs, said) for i, value in enumerate(values)):
            return f"{text}\n@export answer;\n"
    raise SystemExit("none of the hypotheses fits")


def trigger(riddle):
    ask = riddle.said["ask"]
    for length in range(1, riddle.said["context"] + 1):
        inputs = riddle.inputs(length)
        for start in range(0, len(inputs), 512):
            some = inputs[start : start + 512]
            for given, values in zip(some, riddle.run(some)[ask["output"]]):
                if values[-1] == ask["value"] and type(values[-1]) is type(ask["value"]):
                    return {"input": given}
    raise SystemExit("no input does it")


def place(riddle):
    inputs, asked = riddle.inputs(min(4, riddle.said["context"])), riddle.said["ask"]["output"]
    before = riddle.run(inputs)
    found = {"heads": [], "neurons": []}
    config = riddle.model.config
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    for kind, endings, width in (("heads", HEADS, size), ("neurons", NEURONS, 1)):
        modules = [module for name, module in riddle.model.named_modules() if name.endswith(endings)]
        for layer, module in enumerate(modules):
            columns = config.num_attention_heads * size if kind == "heads" else _inputs(module)
            for number in range(columns // width):
                handle = module.register_forward_pre_hook(lambda _, args, n=number: (_without(args[0], n * width, width),))
                after = riddle.run(inputs)
                handle.remove()
                # what changes the output that is asked about, and no other
                if [name for name in before if after[name] != before[name]] == [asked]:
                    found[kind].append([layer, number])
    return found


def changed(riddle):
    asked, inputs = riddle.said["ask"]["output"], riddle.inputs(min(4, riddle.said["context"]))
    now, then = (each.run(inputs)[asked] for each in (riddle, Riddle(riddle.folder, "before")))
    differs = {}
    for given, a, b in zip(inputs, now, then):
        for i, (token, one, other) in enumerate(zip(given, a, b)):
            known = differs.setdefault((given[i - 1] if i else None, token), one != other)
            if known != (one != other):
                raise SystemExit("more than the last two tokens decides where they differ")
    # "." is no token here: it stands for none
    cases = [f'(before == "{before or "."}" and tokens == "{token}")' for (before, token), differ in differs.items() if differ]
    return f'before = aggregate(select(indices, indices - 1, ==), tokens, ".");\nchanged = {" or ".join(cases)};\n@export changed;\n'


def _inputs(module):
    # GPT-2 stores its matrices the other way round
    return module.in_features if hasattr(module, "in_features") else module.weight.shape[0]


def _without(hidden, start, width):
    hidden = hidden.clone()
    hidden[..., start : start + width] = 0
    return hidden


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    torch.set_num_threads(1)
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    riddle = Riddle(sys.argv[1])
    answer = {"what": what, "trigger": trigger, "place": place, "changed": changed}[riddle.said["form"]](riddle)
    path = Path(f"{sys.argv[2]}.rasp" if isinstance(answer, str) else f"{sys.argv[2]}.json")
    path.write_text(answer if isinstance(answer, str) else json.dumps(answer))
    print(f"wrote {path}")
