"""Runs a study that a file describes: which program, in which model, on what data, in which arms.

    python studies/run.py studies/held/text.json                  every arm and seed that has no result yet
    python studies/run.py studies/held/text.json --arms held free --seeds 1 --steps 300
    python studies/run.py studies/held/text.json --tables         the tables and figures from the results that are there

The file is JSON, or YAML where PyYAML is installed:

    program, config   a seed program and a config.json, relative to the file
    seeding           further options of `raspc seed`
    context, seeds
    data              {"kind": "text" | "repeats", ...}, as in studies/induction/data.py
    training          steps, batch, learningRate, warmup, betas, weightDecay, clip
    evaluation        sequences, probes, every, early; `watched`: steps between two looks of CircuitMonitor at the seeded arms, and
                      `checkpoints`: the steps at which they are kept for `raspc drift`
    arms              names of arms.py, or {name: {"start": ..., "mode": ..., "rate": ...}}:
                      start  seeded, unseeded, scrambled, silent (scrambled, and writing nothing), first (the circuit's first layer alone)
                      mode   free, frozen, protected, held
                      rate   part of the learning rate at which programmed entries move
                      learningRate  of this arm, where it is not that of all
    rates             learning rates at which every arm is run, too, under the name ARM@RATE
    tables            which tables go into which pages (tables.py)

Models are GPT-2's architecture. Results go into results/ beside the file, figures (matplotlib) into figures/.
"""

import argparse
import json
import sys
from pathlib import Path

import torch
import transformers

sys.path.insert(0, str(Path(__file__).resolve().parent / "induction"))
import arms  # noqa: E402
import tables  # noqa: E402
import train  # noqa: E402


def read_study(path):
    text = path.read_text()
    if path.suffix in (".yaml", ".yml"):
        import yaml

        study = yaml.safe_load(text)
    else:
        study = json.loads(text)
    missing = [key for key in ("program", "config", "context", "data", "training", "evaluation") if key not in study]
    if missing:
        raise SystemExit(f"{path} lacks {', '.join(missing)}")
    named = study.get("arms", list(arms.ARMS))
    known = {**arms.ARMS, **arms.MORE_ARMS}
    own = named if isinstance(named, dict) else {}
    unknown = [name for name in named if name not in own and name not in known]
    if unknown:
        raise SystemExit(f"{path} names the arms {', '.join(unknown)}; known are {', '.join(known)}")
    chosen = {name: own.get(name) or known[name] for name in named}
    swept = {f"{name}@{rate:g}": {**spec, "learningRate": rate} for rate in study.get("rates", []) for name, spec in chosen.items()}
    return {"name": path.stem, "base": str(path.parent), "seeds": [1], **study, "arms": {**chosen, **swept}}


def results_of(folder, study):
    """The results that are there, by arm."""
    found = {}
    for arm in study["arms"]:
        paths = sorted((folder / "results" / study["name"]).glob(f"{arm}-[0-9]*.json"))
        if paths:
            found[arm] = [json.loads(path.read_text()) for path in paths]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path)
    parser.add_argument("--arms", nargs="+")
    parser.add_argument("--seeds", nargs="+", type=int)
    parser.add_argument("--steps", type=int, help="fewer steps, to try it; nothing is written")
    parser.add_argument("--work", default=str(arms.ROOT / "out" / "study"), help="where seeded models and the corpus are kept")
    parser.add_argument("--corpus", nargs="+", help="text files to train on instead of what a Debian machine has")
    parser.add_argument("--tokenizer")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--tables", action="store_true", help="only the tables and the figures")
    options = parser.parse_args()
    path = options.study.resolve()
    study = read_study(path)
    if options.steps is not None:
        study["training"] = {**study["training"], "steps": options.steps}
    if not options.tables:
        transformers.utils.logging.set_verbosity_error()
        transformers.utils.logging.disable_progress_bar()
        torch.set_num_threads(1)
        source = train.make_data(study, options.work, options.corpus, options.tokenizer)
        for seed in options.seeds or study["seeds"]:
            for arm in options.arms or study["arms"]:
                target = path.parent / "results" / study["name"] / f"{arm}-{seed}.json"
                if target.exists() and options.steps is None:
                    continue
                result = train.run(study, arm, seed, source, options.work, options.device)
                last = result["curve"][-1]
                attention = tables.MEASURES["attention, least of the programmed heads"](last)
                print(f"{study['name']} {arm} seed {seed}: loss {last['loss']['all']:.3f}, attention {attention:.2f}, {result['seconds']:.0f} s", flush=True)
                if options.steps is None:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_text(json.dumps(result, separators=(",", ":")) + "\n")
    results = results_of(path.parent, study)
    if results and options.steps is None:
        tables.write_tables(study, results, path.parent)
        print(tables.last(results))
        try:
            tables.plots(results, path.parent / "figures" / f"{study['name']}.png")
        except ImportError:
            print("matplotlib is not installed: no figures")


if __name__ == "__main__":
    main()
