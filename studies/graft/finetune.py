"""Trains a grafted model on a text, with its circuits held and without, and keeps checkpoints for `raspc drift`.

    python studies/graft/finetune.py GRAFTED TEXT OUT --host FOLDER

GRAFTED is what `raspc graft` wrote, TEXT a file of which the last tenth is kept for validation, and FOLDER the model that was grafted onto. Every
arm begins at the same weights and sees the same windows in the same order. OUT/ARM gets checkpoint-N folders and monitor.csv, OUT/losses.json the
losses: of the batch, and on the text that was kept.

    free   nothing is held
    held   the circuits' dimensions are protected, and gains follow the stream (raspc.Freeze)
    host   the model without circuits
"""

import argparse
import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
from raspc import CircuitMonitor, Freeze  # noqa: E402

ARMS = ("held", "free", "host")


def windows(folder, text, bos, length):
    """Windows that begin with BOS, [windows, length]: those to train on, and those that are kept."""
    ids = torch.tensor(PreTrainedTokenizerFast(tokenizer_file=f"{folder}/tokenizer.json")(text)["input_ids"])
    rows = ids[: len(ids) // (length - 1) * (length - 1)].view(-1, length - 1)
    rows = torch.cat([torch.full((len(rows), 1), bos), rows], 1)
    kept = max(1, len(rows) // 10)
    return rows[:-kept], rows[-kept:]


@torch.no_grad()
def validation(model, rows):
    model.eval()
    losses = [model(row[None], labels=row[None]).loss.item() for row in rows]
    model.train()
    return sum(losses) / len(losses)


def run(arm, options, rows, kept):
    folder = options.host if arm == "host" else options.grafted
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=options.rate, betas=(0.9, 0.95), weight_decay=0.1)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1, (step + 1) / options.warmup))
    out = options.out / arm
    if arm == "held":
        Freeze(model, options.grafted, mode="held").attach(optimizer)
    if arm != "host":
        CircuitMonitor(model, options.grafted, every=options.every, out=out).attach(optimizer)
    order = torch.Generator().manual_seed(1)
    found = {"training": [], "validation": {0: validation(model, kept)}}
    for step in range(1, options.steps + 1):
        ids = rows[torch.randint(len(rows), (options.batch,), generator=order)]
        loss = model(ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        found["training"].append(round(loss.item(), 4))
        print(arm, step, found["training"][-1], flush=True)
        if step in options.checkpoints:
            found["validation"][step] = validation(model, kept)
            if arm != "host":
                model.save_pretrained(out / f"checkpoint-{step}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("grafted", type=Path)
    parser.add_argument("text", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--host", type=Path, required=True)
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=ARMS)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--checkpoints", type=int, nargs="+", default=[25, 50, 100])
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--length", type=int, default=128)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--warmup", type=int, default=10)
    parser.add_argument("--every", type=int, default=25)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--kept", type=int, default=32, help="validation windows that are looked at")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    facts = json.loads((options.grafted / "raspc.json").read_text())
    rows, kept = windows(options.host, options.text.read_text(), facts["bos"]["id"], options.length)
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "losses.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    for arm in options.arms:
        torch.manual_seed(1)
        results[arm] = run(arm, options, rows, kept[: options.kept])
        path.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
