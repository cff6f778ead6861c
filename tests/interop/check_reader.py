"""The test of truth: interchange interventions on compiled models in transformers, against the meaning that their maps carry.

`python check_reader.py JOB RESULT`: JOB is a list of {folder, inputs, interventions}; every named variable of finitely many values is made to
hold each of them at positions of the inputs, in an order drawn by a fixed seed, until so many interventions are done. RESULT says how
often the outputs were exactly those of the meaning, and how often the stream was decoded rightly without any.
"""

import json
import random
import sys
from pathlib import Path

import torch
import transformers

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
import raspc  # noqa: E402


def close(a, b):
    return a == b or (isinstance(a, float) and abs(a - b) <= 1e-3 * max(1, abs(b)))


def meant(m, given, patch):
    """The outputs that the meaning gives, or None where it gives none that the program has: no input brings such values together."""
    try:
        ideal = {output["name"]: m.ideal(output["name"], given, patch) for output in m.map["outputs"]}
    except (ArithmeticError, KeyError, IndexError, TypeError, ValueError):
        return None
    for output in m.map["outputs"]:
        known = [entry["value"] for entry in output.get("logits", [])]
        if known and any(value not in known for value in ideal[output["name"]]):
            return None
    return ideal


def check(folder, inputs, interventions):
    m = raspc.load(folder)
    chosen = random.Random(1)
    found = {"runs": 0, "right": 0, "decoded": 0, "decodedRight": 0, "interventions": 0, "exact": 0, "undefined": 0, "wrong": []}
    names = [name for name, codes in m._codes.items() if codes and m._node(name) is not None]
    for given in inputs:
        ideal = {output["name"]: m.ideal(output["name"], given) for output in m.map["outputs"]}
        found["runs"] += 1
        found["right"] += all(close(a, b) for name, values in m.run(given).items() for a, b in zip(values, ideal[name], strict=True))
        for name, decoded in m.stream(given).items():
            if name in names:
                wanted = m.ideal(name, given)
                found["decoded"] += len(wanted)
                found["decodedRight"] += sum(a == b for a, b in zip(decoded.values, wanted, strict=True))
    while found["interventions"] < interventions:
        given, name = chosen.choice(inputs), chosen.choice(names)
        # the value that the variable has there on another input of the same length
        source = chosen.choice([other for other in inputs if len(other) == len(given)])
        position = chosen.randrange(len(given))
        value = m.ideal(name, source)[position]
        patch = [m.patch(name, value, [position])]
        ideal = meant(m, given, patch)
        if ideal is None:
            found["undefined"] += 1
            if found["undefined"] > 20 * interventions:
                break
            continue
        said = m.run(given, patch)
        exact = all(close(a, b) for output, values in said.items() for a, b in zip(values, ideal[output], strict=True))
        found["interventions"] += 1
        found["exact"] += exact
        if not exact and len(found["wrong"]) < 4:
            found["wrong"].append([given, name, value, position, said, ideal])
    return found


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    jobs = json.loads(Path(sys.argv[1]).read_text())
    Path(sys.argv[2]).write_text(json.dumps([check(**job) for job in jobs]))
