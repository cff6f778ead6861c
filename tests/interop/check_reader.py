"""The test of truth: interchange interventions on compiled models in transformers, against the meaning that their maps carry.

`python check_reader.py JOB RESULT`: JOB is a list of {folder, inputs, interventions}, inputs drawn where they are null; every named variable of finitely many values is made to
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


def drawn(m, chosen):
    """Inputs of the vocabulary, of few different tokens each, on which the program means something."""
    values, found = [token["value"] for token in m.map["vocabulary"]], []
    for _ in range(1000):
        some = chosen.sample(values, min(len(values), chosen.randint(1, 4)))
        given = [chosen.choice(some) for _ in range(chosen.randint(2, m.map["context"]))]
        if meant(m, given, []) is not None:
            found.append(given)
        if len(found) == 24:
            break
    return found


def check_attention(m, given, found):
    """Each head's rows without BOS against the keys that its selector selects: equal shares of them, and nothing where there are none."""
    nodes = m.map["meaning"]["nodes"]
    rows = m.attention(given)
    whole = m.attention(given, without_bos=False)
    for head, written in zip(m.map["heads"], m.map["meaning"]["heads"], strict=True):
        node = next((m.map["meaning"]["variables"][i]["node"] for i in written), None)
        if node is None or nodes[node]["kind"] not in ("aggregate", "width"):
            continue
        name = f"{head['layer']}.{head['head']} {head['name']}"
        selected = m.meaning(given).value(nodes[node]["args"][0])
        for query, keys in enumerate(selected):
            wanted = torch.zeros(len(given))
            wanted[keys] = 1 / max(1, len(keys))
            share = float(whole[name][query + 1, 0])
            held = head["bosShare"]["least"] - 1e-3 <= share <= head["bosShare"]["most"] + 1e-3
            found["rows"] += 1
            found["rowsRight"] += held and torch.allclose(rows[name][query], wanted, atol=2e-2)


def check(folder, inputs, interventions):
    m = raspc.load(folder)
    chosen = random.Random(1)
    inputs = inputs or drawn(m, chosen)
    found = {"runs": 0, "right": 0, "decoded": 0, "decodedRight": 0, "places": 0, "placesRight": 0, "rows": 0, "rowsRight": 0, "interventions": 0, "exact": 0, "undefined": 0, "wrong": []}
    names = [name for name, codes in m._codes.items() if codes and m.node(name) is not None]
    for given in inputs:
        ideal = {output["name"]: m.ideal(output["name"], given) for output in m.map["outputs"]}
        found["runs"] += 1
        found["right"] += all(close(a, b) for name, values in m.run(given).items() for a, b in zip(values, ideal[name], strict=True))
        for name, decoded in m.stream(given).items():
            if name in names:
                wanted = m.ideal(name, given)
                found["decoded"] += len(wanted)
                found["decodedRight"] += sum(b in each for each, b in zip(decoded.possible, wanted, strict=True))
        for name, places in m.stream(given, everywhere=True).items():
            if name in names:
                wanted = m.ideal(name, given)
                found["places"] += len(places)
                found["placesRight"] += sum(all(b in each for each, b in zip(decoded.possible, wanted, strict=True)) for decoded in places.values())
        check_attention(m, given, found)
    while found["interventions"] < interventions:
        given, name = chosen.choice(inputs), chosen.choice(names)
        position = chosen.randrange(len(given))
        if chosen.random() < 0.5:
            # the value that the variable has there on another input of the same length
            source = chosen.choice([other for other in inputs if len(other) == len(given)])
            value = m.ideal(name, source)[position]
            if value not in m._codes[name]:
                continue
        else:
            value = chosen.choice(list(m._codes[name]))
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
