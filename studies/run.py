"""Runs a study that a file describes: which program, in which model, on what data, in which arms.

    python studies/run.py studies/held/text.json                  every arm and seed that has no result yet
    python studies/run.py studies/held/text.json --arms held free --seeds 1 --steps 300
    python studies/run.py studies/held/text.json --plots          the figures and the table from the results that are there

The file is JSON, or YAML where PyYAML is installed:

    program, config   a seed program and a config.json, relative to the file
    seeding           further options of `raspc seed`
    context, seeds
    data              {"kind": "text" | "repeats", ...}, as in studies/induction/data.py
    training          steps, batch, learningRate, warmup, betas, weightDecay, clip
    evaluation        sequences, probes, every, early
    arms              names of arms.py, or {name: {"start": ..., "mode": ..., "rate": ...}}:
                      start  seeded, unseeded, scrambled, silent (scrambled, and writing nothing), first (the circuit's first layer alone)
                      mode   free, frozen, protected, held
                      rate   part of the learning rate at which programmed entries move

Models are GPT-2's architecture. Results go into results/ beside the file, figures (matplotlib) into figures/.
"""

import argparse
import json
import statistics
import sys
from pathlib import Path

import torch
import transformers

sys.path.insert(0, str(Path(__file__).resolve().parent / "induction"))
import arms  # noqa: E402
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
    return {"name": path.stem, "base": str(path.parent), "seeds": [1], **study, "arms": {name: own.get(name) or known[name] for name in named}}


def results_of(folder, study):
    """The results that are there, by arm."""
    found = {}
    for arm in study["arms"]:
        paths = sorted((folder / "results" / study["name"]).glob(f"{arm}-[0-9]*.json"))
        if paths:
            found[arm] = [json.loads(path.read_text()) for path in paths]
    return found


def mean(values):
    values = [value for value in values if value is not None]
    return statistics.fmean(values) if values else None


MEASURES = {
    "loss": lambda point: point["loss"]["all"],
    "loss on copyable targets": lambda point: point["loss"].get("copyable", point["loss"].get("copied")),
    "attention, least of the programmed heads": lambda point: min(
        head["previous" if "previous" in name else "copied"] for name, head in point["programmed"].items()
    ),
    "copying accuracy": lambda point: point["copying"]["accuracy"],
}


def table(results):
    """The last point of every arm, means over seeds, as Markdown."""
    rows = ["| arm | seeds | steps | " + " | ".join(MEASURES) + " |", "| --- " * (3 + len(MEASURES)) + "|"]
    for arm, runs in results.items():
        last = [run["curve"][-1] for run in runs]
        cells = [f"{mean([measure(point) for point in last]):.3f}" for measure in MEASURES.values()]
        rows.append(f"| {arm} | {len(runs)} | {last[0]['step']:,} | " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def plots(results, path):
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 2, figsize=(10, 6.5), sharex=True)
    for axis, (title, measure) in zip(axes.flat, MEASURES.items(), strict=True):
        for arm, runs in results.items():
            steps = [point["step"] for point in runs[0]["curve"]]
            values = [[measure(run["curve"][i]) for run in runs] for i in range(len(steps))]
            axis.plot(steps, [mean(each) for each in values], label=arm)
            if len(runs) > 1:
                axis.fill_between(steps, [min(each) for each in values], [max(each) for each in values], alpha=0.2)
        axis.set_title(title, fontsize=10)
        axis.grid(alpha=0.3)
    axes[0][0].legend(fontsize=8)
    for axis in axes[1]:
        axis.set_xlabel("step")
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90, metadata={"Software": None})


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
    parser.add_argument("--plots", action="store_true", help="only the table and the figures")
    options = parser.parse_args()
    path = options.study.resolve()
    study = read_study(path)
    if options.steps is not None:
        study["training"] = {**study["training"], "steps": options.steps}
    if not options.plots:
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
                attention = MEASURES["attention, least of the programmed heads"](last)
                print(f"{study['name']} {arm} seed {seed}: loss {last['loss']['all']:.3f}, attention {attention:.2f}, {result['seconds']:.0f} s", flush=True)
                if options.steps is None:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_text(json.dumps(result, separators=(",", ":")) + "\n")
    results = results_of(path.parent, study)
    if results and options.steps is None:
        print(table(results))
        try:
            plots(results, path.parent / "figures" / f"{study['name']}.png")
        except ImportError:
            print("matplotlib is not installed: no figures")


if __name__ == "__main__":
    main()
