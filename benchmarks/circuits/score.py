"""Scores what a method says of the edges of a suite's models: area under the ROC curve, and precision among as many as there are.

    python benchmarks/circuits/score.py SUITE SCORES [--json]

SCORES holds a file PROGRAM/FAMILY.json for each model that the method was tried on: `{"edges": {"input->a0.h0<q>": {"score": 0.3}, …}}`, which
EAP-IG's `Graph.to_json` writes, or numbers in the place of `{"score": …}`. The size of a score counts. Three granularities: edges into queries,
keys and values; the same with the three of a head as one; and nodes, which have the largest score of their edges. Needs nothing but Python.
"""

import json
import math
import sys
from pathlib import Path

GRANULARITIES = ("edges", "heads", "nodes")


def roc(scores, truth):
    """The curve as (false positive rate, true positive rate), from nothing to everything; equal scores are one step."""
    ranked = sorted(scores, key=lambda name: -scores[name])
    positives, negatives = sum(truth[name] for name in ranked), sum(not truth[name] for name in ranked)
    points, right, wrong = [(0.0, 0.0)], 0, 0
    for i, name in enumerate(ranked):
        right, wrong = right + truth[name], wrong + (not truth[name])
        if i + 1 == len(ranked) or scores[ranked[i + 1]] != scores[name]:
            points.append((wrong / negatives, right / positives))
    return points


def area(points):
    return sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in zip(points, points[1:], strict=False))


def precision(scores, truth):
    """Of as many of the highest as there are true ones, the share that is true; what shares the last score counts in proportion."""
    wanted = sum(truth.values())
    ranked = sorted(scores.values(), reverse=True)
    last = ranked[wanted - 1]
    above = [name for name in scores if scores[name] > last]
    level = [name for name in scores if scores[name] == last]
    hit = sum(truth[name] for name in above) + (wanted - len(above)) * sum(truth[name] for name in level) / len(level)
    return hit / wanted


def coarse(name, granularity):
    """What an edge belongs to."""
    if granularity == "edges":
        return (name,)
    source, target = name.split("->")
    target = target.split("<")[0]
    return (f"{source}->{target}",) if granularity == "heads" else (source, target)


def judged(circuit, scores, granularity):
    """(scores, truth) by name at a granularity. What is not judged is left out, unless it is part of something that is in the circuit."""
    left_out = set(circuit["raspc"]["notJudged"])
    found, truth, skipped = {}, {}, set()
    for name, edge in circuit["edges"].items():
        for part in coarse(name, granularity):
            if part in ("input", "logits"):
                continue
            if name in left_out:
                skipped.add(part)
                continue
            found[part] = max(found.get(part, 0.0), scores[name])
            truth[part] = truth.get(part, False) or edge["in_graph"]
    doubtful = [part for part in found if part in skipped and not truth[part]]
    return {part: found[part] for part in found if part not in doubtful}, {part: truth[part] for part in truth if part not in doubtful}


def read_scores(path, circuit):
    try:
        said = json.loads(path.read_text())["edges"]
        found = {name: abs(float(each["score"] if isinstance(each, dict) else each)) for name, each in said.items()}
    except (KeyError, TypeError, ValueError) as error:
        raise SystemExit(f"{path} holds no scores of edges: {type(error).__name__} {error}") from None
    missing = [name for name in circuit["edges"] if name not in found]
    wrong = [name for name, value in found.items() if math.isnan(value)]
    if missing or wrong:
        raise SystemExit(f"{path} has no score for {(missing or wrong)[0]}")
    return found


def score_model(circuit, scores):
    """{granularity: {auc, precision, true, of}}; a granularity at which all or nothing is in the circuit has nothing to tell."""
    result = {}
    for granularity in GRANULARITIES:
        found, truth = judged(circuit, scores, granularity)
        true = sum(truth.values())
        if 0 < true < len(truth):
            result[granularity] = {"auc": area(roc(found, truth)), "precision": precision(found, truth), "true": true, "of": len(truth)}
    return result


def score(suite, scores):
    """{family: {granularity: {models, auc, precision}}} over all models that there are scores of; means over models."""
    rows = {}
    for path in sorted(Path(scores).glob("*/*.json")):
        truth = Path(suite) / path.parent.name / path.stem / "circuit.json"
        if not truth.exists():
            raise SystemExit(f"{suite} has no {path.parent.name}/{path.stem}/circuit.json: `prepare.py` writes it")
        circuit = json.loads(truth.read_text())
        for granularity, each in score_model(circuit, read_scores(path, circuit)).items():
            rows.setdefault(path.stem, {}).setdefault(granularity, []).append(each)
    if not rows:
        raise SystemExit(f"{scores} holds no PROGRAM/FAMILY.json")
    return {
        family: {
            granularity: {"models": len(each), **{key: sum(one[key] for one in each) / len(each) for key in ("auc", "precision")}}
            for granularity, each in found.items()
        }
        for family, found in rows.items()
    }


if __name__ == "__main__":
    given = [each for each in sys.argv[1:] if each != "--json"]
    if len(given) != 2:
        raise SystemExit(__doc__)
    table = score(*given)
    if "--json" in sys.argv:
        print(json.dumps(table, indent=1))
    else:
        for family, found in table.items():
            for granularity, each in found.items():
                print(f"{family:9} {granularity:6} {each['models']:4} models  auc {each['auc']:.3f}  precision {each['precision']:.3f}")
