"""The circuits benchmark as a stranger uses it: `python check_circuits.py JOB RESULT`; JOB is {suite, scores}, a suite that is compiled.

RESULT has what `score.py` says of each baseline, what it says of scores that are none, and whether the scorer is right on a case by hand.
"""

import json
import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "circuits"
sys.path.insert(0, str(BENCHMARK))
import score  # noqa: E402


def run(script, *argv):
    return subprocess.run([sys.executable, str(BENCHMARK / script), *map(str, argv)], capture_output=True, text=True)


def by_hand():
    """Five things of which two are true: ranked 1st and, level with a false one, 2nd."""
    scores = {"a": 5.0, "b": 3.0, "c": 3.0, "d": 1.0, "e": 0.0}
    truth = {"a": True, "b": True, "c": False, "d": False, "e": False}
    # pairs of a true and a false one: 5 in order, 1 level, of 6; of the first two, one and a half are true
    return score.area(score.roc(scores, truth)), score.precision(scores, truth)


def main(job, result):
    given = json.loads(Path(job).read_text())
    suite, scores = Path(given["suite"]), Path(given["scores"])
    steps = [run("prepare.py", suite), run("baselines.py", suite, scores)]
    found = {each.name: score.score(suite, each) for each in sorted(scores.iterdir())}
    table = run("table.py", suite, scores)
    pairs = [json.loads(path.read_text()) for path in sorted(suite.glob("*/*/pairs.json"))]
    broken = scores / "broken" / "double_hist"
    broken.mkdir(parents=True)
    words = []
    for text in ('{"edges": {}}', "[]", '{"edges": {"input->logits": {"score": "high"}}}'):
        (broken / "gpt2.json").write_text(text)
        words.append(run("score.py", suite, broken.parent).stderr.strip().replace(str(scores), ""))
    words.append(run("score.py", suite, scores / "nothing").stderr.strip().replace(str(scores), ""))
    words.append(run("prepare.py", suite, "no_program").stderr.strip().replace(str(suite), ""))
    Path(result).write_text(
        json.dumps({
            "errors": [each.stderr for each in (*steps, table)],
            "found": found,
            "table": table.stdout,
            "pairs": [len(each["prompts"]) for each in pairs],
            "words": words,
            "byHand": by_hand(),
        })
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
