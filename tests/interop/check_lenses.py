"""Compiled models in TransformerLens and nnsight, as their users would call them.

`python check_lenses.py JOB RESULT`: JOB is {lenses, models}: the folder where both are installed, and a list of {folder, inputs} of which the
inputs are texts. RESULT says of each model which calls gave the outputs of transformers for every input, and whether variables are found
and patched where the map's hooks say.
"""

import importlib.machinery
import json
import random
import sys
import types
import warnings
from pathlib import Path

import torch
import transformers

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
import raspc  # noqa: E402
from raspc.reader import _decode  # noqa: E402


def without_datasets():
    """TransformerLens imports `datasets` for texts to train on, which need a network and a hundred megabytes: here it gets empty names."""
    for name in ("datasets", "datasets.arrow_dataset", "datasets.iterable_dataset", "datasets.load"):
        module = types.ModuleType(name)
        module.__spec__ = importlib.machinery.ModuleSpec(name, None)
        for member in ("Dataset", "IterableDataset", "load_dataset"):
            setattr(module, member, type(member, (), {}))
        sys.modules[name] = module


def said(m, logits):
    return {output["name"]: _decode(output, logits[0, 1:].double()) for output in m.map["outputs"]}


def holds(m, inputs, call):
    """Whether a call answers as the program means, on every input; a refusal as a word."""
    try:
        with torch.no_grad():
            return all(call(text) == {name: m.ideal(name, text) for name in m.run(text)} for text in inputs)
    except (AttributeError, ValueError) as error:
        return type(error).__name__


def in_bridge(m, folder, inputs, bridge_of):
    """The calls of TransformerLens."""
    try:
        plain = bridge_of(str(folder), device="cpu")
        found = {
            "ids": holds(m, inputs, lambda text: said(m, plain(m.encode(text)))),
            "text": holds(m, inputs, lambda text: said(m, plain(text))),
            "prependBos": holds(m, inputs, lambda text: said(m, plain(text, prepend_bos=True))),
        }
    except (AttributeError, ValueError) as error:
        found = dict.fromkeys(("ids", "text", "prependBos"), type(error).__name__)
    try:
        bridge = m.transformer_lens()
    except ValueError as error:
        return {**found, "own": str(error), "hooks": None, "patched": None}
    return {
        **found,
        "own": holds(m, inputs, lambda text: said(m, bridge(text))) is True and holds(m, inputs, lambda text: said(m, bridge(m.encode(text)))),
        "hooks": all(bridge_hooks(m, bridge, text) for text in inputs),
        "patched": all(patched(m, text, each, lambda text, each=each: bridge_patch(m, bridge, text, each)) for text, each in patches(m, inputs)),
    }


def bridge_hooks(m, bridge, text):
    """Each variable lies where TransformerLens's name says, and each head and group of neurons has one of the right size."""
    with torch.no_grad():
        _, cache = bridge.run_with_cache(m.encode(text))
    held = m.stream(text)
    for name, decoded in held.items():
        site = m.hook(name)
        numbers = cache[site["transformerLens"]][0, 1:][:, site["index"][2]]
        if m._decoded(m._codes[name], numbers, decoded.place).values != decoded.values:
            return False
    hooks = m.map["hooks"]
    heads = all(cache[hook["transformerLens"]].shape[2] > hook["index"][2] for hook in hooks["heads"])
    return heads and all(cache[hook["transformerLens"]].shape[2] > max(hook["index"][2]) for hook in hooks["neurons"])


def patches(m, inputs):
    """Of each variable that a program can be asked about: one value that it does not have, at one position."""
    chosen = random.Random(1)
    for name, codes in m._codes.items():
        if not codes or m.node(name) is None:
            continue
        text = chosen.choice(inputs)
        position = chosen.randrange(len(text))
        others = [value for value in codes if value != m.ideal(name, text)[position]]
        if others:
            yield text, m.patch(name, chosen.choice(others), [position])


def patched(m, text, patch, run):
    try:
        ideal = {output["name"]: m.ideal(output["name"], text, [patch]) for output in m.map["outputs"]}
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return True  # no input brings such values together
    if any(value not in [entry["value"] for entry in output["logits"]] for output in m.map["outputs"] for value in ideal[output["name"]]):
        return True
    with torch.no_grad():
        return run(text) == ideal


def bridge_patch(m, bridge, text, patch):
    site = m.hook(patch.variable)

    def put(value, hook):
        # in place: what is returned instead reaches the norm, and not the stream beside it
        value[:, patch.positions[0] + 1, site["index"][2]] = torch.tensor(m._codes[patch.variable][patch.value], dtype=value.dtype)
        return value

    return said(m, bridge.run_with_hooks(m.encode(text), fwd_hooks=[(site["transformerLens"], put)]))


def in_nnsight(m, folder, inputs, nnsight):
    """nnsight's default call on texts; of encoders on ids, since its language models are those that write on."""
    model = nnsight.NNsight(m.model) if m._architecture.encoder else nnsight.LanguageModel(str(folder))

    def run(text, patch=None):
        given = m.encode(text) if m._architecture.encoder else text
        site = None if patch is None else m.hook(patch.variable)
        with model.trace(given):
            if site is not None:
                value = model.get(site["nnsight"])
                value = value[0] if isinstance(value, tuple) else value
                # OPT lays the positions of a batch one after the other before the norm of its MLP
                value = value.view(1, -1, value.shape[-1])
                value[:, patch.positions[0] + 1, site["index"][2]] = torch.tensor(m._codes[patch.variable][patch.value], dtype=value.dtype)
            logits = model.output.logits.save()
        return said(m, logits)

    return {
        "text": holds(m, inputs, run),
        "patched": all(patched(m, text, each, lambda text, each=each: run(text, each)) for text, each in patches(m, inputs)),
    }


def main(job, result):
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    given = json.loads(Path(job).read_text())
    sys.path.insert(0, given["lenses"])
    without_datasets()
    import nnsight
    from transformer_lens.model_bridge import TransformerBridge

    found = []
    for each in given["models"]:
        m = raspc.load(each["folder"])
        bridge = in_bridge(m, each["folder"], each["inputs"], TransformerBridge.boot_transformers)
        found.append({"transformerLens": bridge, "nnsight": in_nnsight(m, each["folder"], each["inputs"], nnsight)})
    Path(result).write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
