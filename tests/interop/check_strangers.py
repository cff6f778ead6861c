"""What python/raspc says of what cannot be right: `python check_strangers.py JOB RESULT`; JOB is {folder, other, half, copy, raspc}.

`folder` is a compiled model over a, b, c, d with the output double_hist, `other` another one of its family, `half` one in
bfloat16, `raspc` how raspc is called.
RESULT is a list of [what, words], where words that are no ValueError or FileNotFoundError begin with the kind of the error.
"""

import json
import os
import shutil
import sys
import types
from pathlib import Path

import numpy
import torch
import transformers

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
import raspc  # noqa: E402


def words(action):
    try:
        action()
    except (FileNotFoundError, ValueError) as error:
        return str(error.args[0])
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {error}"
    return ""


def edited(folder, copy, change):
    """A copy of the folder whose map is changed."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    found = json.loads((copy / "raspc.json").read_text())
    change(found)
    (copy / "raspc.json").write_text(json.dumps(found))
    return copy


def picture(m):
    """Draws with a stand-in for matplotlib, which is not installed here: it asks for what matplotlib asks for, numbers that numpy knows."""
    drawn = []
    axis = types.SimpleNamespace(imshow=lambda image, vmin: drawn.append(numpy.asarray(image)), **dict.fromkeys(["set_title", "set_xticks", "set_yticks"], lambda *_: None))
    pyplot = types.SimpleNamespace(subplots=lambda rows, columns, **_: ("the figure", [[axis] * columns]))
    sys.modules["matplotlib"] = types.SimpleNamespace(pyplot=pyplot)
    if m.plot("abca") != "the figure":
        raise RuntimeError("it is no figure")
    attention = m.attention("abca")
    if len(drawn) != len(attention) or any((image != rows.float().numpy()).any() for image, rows in zip(drawn, attention.values(), strict=True)):
        raise RuntimeError("another picture than that of its attention")


MAPS = {
    "no variables": lambda found: found.pop("variables"),
    "a list that is none": lambda found: found.update(heads="hist"),
    "a variable elsewhere": lambda found: found["variables"][1].update(dims=[9999]),
    "a code too short": lambda found: found["variables"][1]["codes"][0].update(code=[]),
    "a head too many": lambda found: found["heads"][0].update(head=7),
    "an edge of nothing": lambda found: found["edges"][0].update(variable="nothing"),
    "a node before its time": lambda found: found["meaning"]["nodes"][3].update(args=[40]),
    "a family that there is not": lambda found: found.update(target="gpt9"),
    "a BOS that there is not": lambda found: found["bos"].update(id=10**6),
    "a context that there is not": lambda found: found.update(context=10**6),
    "a logit that there is not": lambda found: found["outputs"][0]["logits"][0].update(id=10**6),
}


def main(job, result):
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    given = json.loads(Path(job).read_text())
    folder, other, copy = (Path(given[name]) for name in ("folder", "other", "copy"))
    said = [[what, words(lambda change=change: raspc.load(edited(folder, copy, change)))] for what, change in MAPS.items()]
    edited(folder, copy, lambda found: None)
    shutil.copy(other / "model.safetensors", copy)
    said.append(["the weights of another", words(lambda: raspc.load(copy))])
    said.append(["which are read nevertheless", words(lambda: raspc.load(copy, check=False))])
    edited(folder, copy, lambda found: None)
    (copy / "config.json").write_text("[]")
    said.append(["a config that is a list", words(lambda: raspc.load(copy))])
    (copy / "raspc.json").write_text("[" * 100_000)
    said.append(["brackets without end", words(lambda: raspc.load(copy))])
    (copy / "raspc.json").unlink()
    said.append(["a folder without a map", words(lambda: raspc.load(copy))])
    said.append(["a file", words(lambda: raspc.load(folder / "raspc.json"))])
    said.append(["nothing that is a folder", words(lambda: raspc.load(None))])
    said.append(["no folder", words(lambda: raspc.load(copy / "nowhere"))])
    said.append(["no dataset", words(lambda: list(raspc.dataset.models(copy)))])
    shutil.rmtree(copy)
    shutil.copytree(folder, copy)
    (copy / "config.json").write_text("[]")
    said.append(["which is read nevertheless", words(lambda: raspc.load(copy, check=False))])
    said.append(["a picture of halves", words(lambda: picture(raspc.load(given["half"])))])
    m = raspc.load(folder)
    calls = {
        "no token": lambda: m.run("axb"),
        "nothing": lambda: m.run(""),
        "too long": lambda: m.run("a" * 99),
        "no input": lambda: m.run(None),
        "no variable": lambda: m.patch("nothing", 1, 0),
        "no value": lambda: m.patch("hist", 99, 0),
        "no position": lambda: m.patch("hist", 1, 99),
        "no patch": lambda: m.run("ab", ["hist"]),
        "beyond the input": lambda: m.run("ab", [m.patch("hist", 1, 4)]),
        "no ideal": lambda: m.ideal("nothing", "ab"),
        "no hook": lambda: m.hook("nothing"),
        "no name": lambda: m.ideal(["hist"], "ab"),
        "BOS": lambda: m.ideal("bos", "ab"),
        "true is no position": lambda: m.patch("hist", 1, True),
        "no list of patches": lambda: m.run("ab", m.patch("hist", 1, 0)),
        "a patch made by hand": lambda: m.run("ab", [raspc.reader.Patch("hist", 99, [0])]),
        "no patch of the stream": lambda: m.stream("ab", ["hist"]),
        "beyond the stream": lambda: m.stream("ab", [m.patch("hist", 1, 4)]),
        "no picture": lambda: m.plot("ab", "nothing"),
        "nobody": lambda: m.ideal("double_hist", "ab", by="me"),
        "not of raspc": lambda: m.ideal("hist", "ab", by="raspc"),
    }
    said += [[what, words(call)] for what, call in calls.items()]
    # what raspc says, by itself and beside the map
    os.environ["RASPC"] = given["raspc"]
    right = all(m.ideal("double_hist", text, by=by) == m.run(text)["double_hist"] for text in ("abca", "dd") for by in ("raspc", "map", None))
    said.append(["raspc's word is the model's", "" if right else "it is not"])
    compare = next(i for i, node in enumerate(m.map["meaning"]["nodes"]) if node["kind"] == "select")
    wrong = raspc.load(edited(folder, copy, lambda found: found["meaning"]["nodes"][compare].update(operator="!=")))
    said.append(["a meaning that is not the program's", words(lambda: wrong.ideal("double_hist", "abca"))])
    few = raspc.load(edited(folder, copy, lambda found: found["meaning"]["nodes"][compare].update(args=[])))
    said.append(["a node that reads too little", words(lambda: few.ideal("double_hist", "ab", by="map"))])
    os.environ["RASPC"] = "no-such-command"
    said.append(["no raspc", words(lambda: m.ideal("double_hist", "ab", by="raspc"))])
    Path(result).write_text(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
