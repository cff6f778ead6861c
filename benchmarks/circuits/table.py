"""The table of results: `python benchmarks/circuits/table.py SUITE SCORES > docs/results/circuits.md`, where baselines.py wrote SCORES."""

import json
import sys
from pathlib import Path

from score import GRANULARITIES, score

KINDS = {"gpt2": "GPT-2", "llama": "Llama", "gpt-neox": "GPT-NeoX", "bert": "BERT"}
SMALL = 1e-4


def counted(suite, scores):
    """How far measured effects agree with the maps: of activation patching, relative to the largest effect in the model."""
    rows = {}
    for path in sorted((Path(scores) / "activation-patching").glob("*/*.json")):
        circuit = json.loads((Path(suite) / path.parent.name / path.stem / "circuit.json").read_text())
        found = {name: abs(each["score"]) for name, each in json.loads(path.read_text())["edges"].items()}
        largest, left_out = max(found.values()), set(circuit["raspc"]["notJudged"])
        row = rows.setdefault(path.stem, {"models": 0, "edges": 0, "true": 0, "true with none": 0, "others": 0, "others with some": 0})
        row["models"] += 1
        row["edges"] += len(found)
        for name, edge in circuit["edges"].items():
            if name not in left_out:
                kind, shows = ("true", found[name] < SMALL * largest) if edge["in_graph"] else ("others", found[name] >= SMALL * largest)
                row[kind] += 1
                row[f"{kind} with {'none' if edge['in_graph'] else 'some'}"] += shows
    return rows


def main(suite, scores):
    methods = sorted(path.name for path in Path(scores).iterdir() if path.is_dir())
    print("# Baselines on the circuits benchmark\n")
    print("What four methods find of circuits that are known ([the chapter](../circuits.md)): means over models of the area under")
    print("the ROC curve and of the precision among as many as there are. Written by `benchmarks/circuits/table.py`.\n")
    print("| method | family | " + " | ".join(f"{each}: models | AUC | precision" for each in GRANULARITIES) + " |")
    print("|---|---|" + "--:|" * 3 * len(GRANULARITIES))
    for method in methods:
        found = score(suite, Path(scores) / method)
        for family, name in KINDS.items():
            cells = [found.get(family, {}).get(each) for each in GRANULARITIES]
            text = [f"{cell['models']} | {cell['auc']:.3f} | {cell['precision']:.3f}" if cell else "0 | |" for cell in cells]
            print(f"| {method.replace('-', ' ')} | {name} | " + " | ".join(text) + " |")
    print("\nHow far the effects that activation patching measures agree with the maps; what is less than 1/10,000 of the largest in")
    print("its model is no effect.\n")
    print("| family | models | edges | in the circuit, judged | of these without effect | outside, judged | of these with an effect |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for family, row in counted(suite, scores).items():
        print(f"| {KINDS[family]} | " + " | ".join(f"{value:,}" for value in row.values()) + " |")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
