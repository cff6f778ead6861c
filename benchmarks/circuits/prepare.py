"""Writes the ground truth and the inputs beside each model of a suite that `npm run circuits -- build SUITE` compiled.

    python benchmarks/circuits/prepare.py SUITE [PROGRAM...]

`circuit.json` is a graph for EAP-IG's `Graph.from_json`; beside it, under `raspc`, stand the variables of each edge and which edges are not
judged. `pairs.json` has clean and corrupted inputs as auto-circuit's prompts are written.
"""

import json
import sys
from pathlib import Path

import torch
import transformers

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
import raspc  # noqa: E402
from pairs import pairs_of  # noqa: E402
from raspc.graph import crossing_edges, true_edges  # noqa: E402

FAMILIES = ("gpt2", "llama", "gpt-neox", "bert")


def folders(suite, programs=()):
    """(program, family, folder) of every model of a suite, or of these programs."""
    suite = Path(suite)
    found = sorted(path.name for path in suite.iterdir() if path.is_dir()) if suite.is_dir() else []
    unknown = [name for name in programs if name not in found]
    if not found or unknown:
        raise SystemExit(f"{suite} holds no {unknown[0] if unknown else 'suite'}: `npm run circuits -- build {suite}` writes it")
    return [(name, family, suite / name / family) for name in programs or found for family in FAMILIES]


def truth_of(m, varies):
    """The graph, with what is not judged: what no pair can show, and what crosses on its way to nobody."""
    graph, edges = m.graph(), true_edges(m.map)
    unseen = [name for name, carried in edges.items() if not any(varies[variable] for variable in carried)]
    return {**graph, "raspc": {"variables": edges, "notJudged": sorted({*unseen, *crossing_edges(m.map)})}}


def quiet():
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)


def main(suite, *programs):
    for name, family, folder in folders(suite, programs):
        m = raspc.load(folder)
        drawn = pairs_of(m)
        truth = {"program": name, "family": family, **truth_of(m, drawn["variables"])}
        (folder / "circuit.json").write_text(json.dumps(truth, indent=1))
        (folder / "pairs.json").write_text(json.dumps({"prompts": drawn["pairs"], "variables": drawn["variables"]}, indent=1))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    quiet()
    main(*sys.argv[1:])
