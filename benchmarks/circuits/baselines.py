"""Runs the baselines on a suite: activation patching, attribution patching with and without integrated gradients, and chance.

    python benchmarks/circuits/baselines.py SUITE SCORES [PROGRAM...]

writes SCORES/METHOD/PROGRAM/FAMILY.json, as `score.py` reads them; models that are there already are left as they are.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
import raspc  # noqa: E402
from families import Sites  # noqa: E402
from methods import METHODS  # noqa: E402
from prepare import folders, quiet  # noqa: E402


def main(suite, scores, *programs):
    for name, family, folder in folders(suite, programs):
        places = {method: Path(scores) / method.replace(" ", "-") / name / f"{family}.json" for method in METHODS}
        if all(place.exists() for place in places.values()):
            continue
        pairs = json.loads((folder / "pairs.json").read_text())["prompts"]
        if not pairs:
            continue  # no input changes what the program says
        sites = Sites(raspc.load(folder))
        for method, run in METHODS.items():
            edges = {edge: {"score": value} for edge, value in run(sites, pairs).items()}
            places[method].parent.mkdir(parents=True, exist_ok=True)
            places[method].write_text(json.dumps({"cfg": sites.graph["cfg"], "nodes": sites.graph["nodes"], "edges": edges}))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    quiet()
    main(*sys.argv[1:])
