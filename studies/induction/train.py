"""Trains the arms of an experiment and writes what happened to results/EXPERIMENT/ARM-SEED.json.

    python train.py text                        all arms and seeds that have no result yet, one after the other
    python train.py text --arm frozen --seed 2  one of them
    python train.py gpt2-small --corpus FILE... --tokenizer FILE --device cuda --runs unseeded-1 free-1

Settings are in experiments.json. A run takes one thread of a CPU, or a GPU; an interrupted one leaves nothing and is run again.
"""

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import time
import warnings
from pathlib import Path

import torch
import transformers

import arms
import data
import measure

sys.path.insert(0, str(arms.ROOT / "python"))
from raspc import CircuitMonitor  # noqa: E402
from raspc.folder import read_masks  # noqa: E402
from raspc_freeze import Freeze, programmed_heads  # noqa: E402


def rounded(value):
    """Results to five digits: they are committed."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    return [rounded(each) for each in value] if isinstance(value, list | tuple) else value


def learning_rate(settings, step):
    """Linear warm-up, then a cosine down to a tenth."""
    steps, warm = settings["steps"], settings["warmup"]
    falling = 0.55 + 0.45 * math.cos(math.pi * min(1, step / steps))
    return settings["learningRate"] * min(1, (step + 1) / warm) * falling


def make_data(experiment, work, corpus, tokenizer):
    settings = dict(experiment["data"])
    kind = settings.pop("kind")
    sizes = json.loads((Path(experiment.get("base", arms.HERE)) / experiment["config"]).read_text())
    if kind == "repeats":
        return data.Repeats(sizes["vocab_size"], experiment["context"], settings)
    return data.Text(sizes["vocab_size"], experiment["context"], settings, work, corpus, tokenizer)


def seeded_by(folder):
    """Which raspc wrote the seeded model, and the hash of its weights."""
    written = json.loads((folder / "raspc.json").read_text())
    return {"raspc": written["raspc"], "sha256": next(file["sha256"] for file in written["files"] if file["path"] == "model.safetensors")}


class Slower:
    """Lets some entries go only a part of the way that each of the optimizer's steps takes."""

    def __init__(self, entries, rate, optimizer):
        self.entries, self.rate = entries, rate
        optimizer.register_step_pre_hook(self.before)
        optimizer.register_step_post_hook(self.after)

    def before(self, *_):
        self.kept = [parameter.detach().clone() for parameter, _ in self.entries]

    def after(self, *_):
        with torch.no_grad():
            for (parameter, mask), kept in zip(self.entries, self.kept, strict=True):
                parameter.copy_(torch.where(mask, kept + self.rate * (parameter - kept), parameter))


class Watch:
    """What `CircuitMonitor` says while a seeded model trains, and what `raspc drift` says afterwards of the checkpoints that it left."""

    def __init__(self, experiment, arm, seed, model, folder, work):
        self.every, self.kept = (experiment["evaluation"][key] for key in ("watched", "checkpoints"))
        self.model, self.folder = model, folder
        self.place = Path(work) / "runs" / experiment["name"] / f"{arm}-{seed}"
        shutil.rmtree(self.place, ignore_errors=True)
        self.monitor = CircuitMonitor(model, folder, every=self.every, out=None)
        self.rows, self.words = [], []

    def at(self, step, ids):
        if step % self.every == 0:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                self.rows += self.monitor.measure(step, ids)
            self.words += [str(each.message) for each in caught if "circuit" in str(each.message)]
        if step in self.kept:
            self.model.save_pretrained(self.place / f"checkpoint-{step}")

    def found(self):
        self.monitor.detach()
        command = ["node", str(arms.ROOT / "bin" / "raspc.js"), "drift", str(self.folder / "raspc.json"), str(self.place), "--positions", "64"]
        drift = json.loads(subprocess.run([*command, "--format", "json"], check=True, capture_output=True, text=True).stdout)
        shutil.rmtree(self.place)
        points = [
            {"step": point["step"], "circuits": [{key: each[key] for key in ("name", "verdict", "works", "causes")} for each in point["circuits"]]}
            for point in drift["points"]
        ]
        rows = [{key: row[key] for key in WATCHED} for row in self.rows]
        return {"monitor": rows, "warnings": self.words, "drift": {"circuits": drift["circuits"], "points": points}}


# of a row of the monitor, what a result keeps
WATCHED = ("step", "circuit", "scale", "limit", "margin", "outside", "attention", "accuracy", "answered", "loss", "without", "gradient", "readers")


def run(experiment, arm, seed, source, work, device):
    """One run, as what its result file holds."""
    spec = {**arms.ARMS, **arms.MORE_ARMS, **experiment.get("arms", {})}[arm]
    settings = {**experiment["training"], **{key: spec[key] for key in ("learningRate",) if key in spec}}
    mode = spec["mode"]
    folder = arms.seeded_folder(experiment, seed, work, spec.get("seeding", []))
    torch.manual_seed(seed)
    model = arms.build(spec, folder, seed)
    model.to(device)
    stepping = torch.compile(model) if settings.get("compiled") and device == "cuda" else model
    start = {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings["learningRate"], betas=tuple(settings["betas"]), weight_decay=settings["weightDecay"], fused=True
    )
    freeze = Freeze(model, folder, mode=mode, rows=spec.get("rows", True)).attach(optimizer)
    programmed, masks = programmed_heads(folder), read_masks(folder)
    parameters = dict(model.named_parameters())
    entries = [(parameters[name], mask.to(device)) for name, mask in masks.items() if name in parameters]
    if spec.get("rate", 1) != 1:
        Slower(entries, spec["rate"], optimizer)
    watch = Watch(experiment, arm, seed, model, folder, work) if experiment["evaluation"].get("watched") and spec["start"] == "seeded" else None

    ids, parts = source.validation(experiment["evaluation"]["sequences"])
    probe, half = data.repeated_tokens(source.vocabulary, source.bos, experiment["context"], experiment["evaluation"]["probes"])
    ids, probe, parts = ids.to(device), probe.to(device), {name: part.to(device) for name, part in parts.items()}

    def evaluate(step, gradients):
        model.eval()
        attention = measure.head_attention(model, probe, [place for *place, _ in programmed])
        point = {
            "step": step,
            "tokens": step * settings["batch"] * experiment["context"],
            "loss": measure.loss_by_part(model, ids, parts),
            "copying": measure.copying(model, probe, half),
            "scale": measure.stream_scale(model, probe),
            "programmed": {f"{layer}.{head} {name}": attention[layer, head] for layer, head, name in programmed},
        }
        if gradients:
            norms, shares = torch.tensor(gradients).T.tolist()
            point["gradient"] = {"mean": sum(norms) / len(norms), "largest": max(norms), "programmed": sum(shares) / len(shares)}
        model.train()
        return point

    def examine(step):
        model.eval()
        state = {name: tensor.cpu() for name, tensor in model.state_dict().items()}
        examined = {"step": step, "heads": measure.heads(model, ids[: len(probe)], probe, half, [tuple(place) for *place, _ in programmed])}
        if spec["start"] != "unseeded":
            examined["drift"] = measure.drift(start, state, model.config, programmed, masks)
        model.train()
        return examined

    every, early = experiment["evaluation"]["every"], experiment["evaluation"]["early"]
    examinations = {int(share * settings["steps"]) for share in experiment["evaluation"].get("examined", (0, 0.25, 1))}
    generator = torch.Generator().manual_seed(seed)
    curve, examined, gradients, began = [], [], [], time.time()
    model.train()
    for step in range(settings["steps"] + 1):
        if step % every == 0 or step in early or step == settings["steps"]:
            curve.append(evaluate(step, gradients))
            gradients = []
        if watch is not None:
            watch.at(step, ids)
        if step in examinations:
            examined.append(examine(step))
        if step == settings["steps"]:
            break
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(settings, step)
        batch = source.batch(settings["batch"], generator).to(device)
        for part in batch.split(settings.get("atOnce", settings["batch"])):
            with torch.autocast(device, dtype=torch.bfloat16, enabled=settings.get("autocast", False)):
                loss = stepping(part, labels=part, use_cache=False).loss
            (loss * len(part) / len(batch)).backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), settings["clip"])
        clipped = (settings["clip"] / (norm + 1e-6)).clamp_max(1.0)
        with torch.no_grad():
            own = torch.stack([(p.grad * mask).square().sum() for p, mask in entries]).sum().sqrt() / clipped
        gradients.append((norm, own))
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    freeze.assert_held()
    held, total = freeze.count()
    return rounded(
        {
            "experiment": experiment["name"],
            "arm": arm,
            "seed": seed,
            "mode": mode,
            "seeded": seeded_by(folder),
            "entries": {"programmed": sum(int(mask.sum()) for mask in masks.values()), "held": held, "all": total},
            "training": settings,
            "data": source.described,
            "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
            "device": torch.cuda.get_device_name() if device == "cuda" else device,
            "seconds": time.time() - began,
            "curve": curve,
            "examined": examined,
            **({} if watch is None else {"watched": watch.found()}),
        }
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiment")
    parser.add_argument("--arm", choices=arms.ARMS)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--runs", nargs="+", metavar="ARM-SEED", help="these, in this order")
    parser.add_argument("--work", default=str(arms.ROOT / "out" / "study"), help="where seeded models and the corpus are kept")
    parser.add_argument("--corpus", nargs="+", help="text files to train on instead of what a Debian machine has")
    parser.add_argument("--tokenizer", help="a tokenizer.json to use instead of training one on the corpus")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--steps", type=int, help="fewer steps, to try it; nothing is written")
    choices = parser.parse_args()
    experiment = {"name": choices.experiment, **json.loads((arms.HERE / "experiments.json").read_text())[choices.experiment]}
    if choices.steps is not None:
        experiment["training"] = {**experiment["training"], "steps": choices.steps}
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    if choices.device == "cuda":
        torch.set_float32_matmul_precision("high")
    source = make_data(experiment, choices.work, choices.corpus, choices.tokenizer)
    results = arms.HERE / "results" / choices.experiment
    # all arms of a seed before the next seed, so that what there is can be compared
    seeds = [choices.seed] if choices.seed is not None else experiment["seeds"]
    names = [choices.arm] if choices.arm is not None else arms.ARMS
    for each in choices.runs or [f"{arm}-{seed}" for seed in seeds for arm in names]:
        arm, seed = each.split("-")
        path = results / f"{each}.json"
        if path.exists() and choices.steps is None:
            continue
        result = run(experiment, arm, int(seed), source, choices.work, choices.device)
        last = result["curve"][-1]
        print(
            f"{choices.experiment} {arm} seed {seed}: loss {last['loss']['all']:.3f}, copies {last['copying']['accuracy']:.3f}"
            f" after {last['tokens']:,} tokens, {result['seconds']:.0f} s",
            flush=True,
        )
        if choices.steps is None:
            results.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(".part")
            part.write_text(json.dumps(result, separators=(",", ":")) + "\n")
            part.rename(path)


if __name__ == "__main__":
    main()
