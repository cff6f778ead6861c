"""Watches the circuits of a seeded model while it trains: whether each works, what its margin has left, and how much the model uses it."""

import csv
import json
import warnings
from pathlib import Path

import torch
import torch.nn.functional as F

from raspc.attention import all_attention
from raspc.circuits import Circuits, unwrapped
from raspc.follow import paused
from raspc.freeze import inner_optimizer
from raspc.meaning import SeedMeaning

# windows of the training batch that are looked at, and the longest part of one
WINDOWS, LONGEST = 4, 256
# below this much of the attention it had at first, a head has lost its key
LOST = 0.5


class CircuitMonitor:
    """Measures every so many steps, and writes what it finds.

    model   the model that trains, wrapped or not
    folder  what `raspc seed` wrote
    every   steps between two measurements
    out     a folder for monitor.jsonl and monitor.csv; None writes nothing
    probe   windows of token ids [windows, positions] to look at beside the training batch; by default random tokens, twice

    In a plain loop, `monitor.attach(optimizer)` measures after its steps; for HuggingFace's Trainer, `callbacks=[monitor.callback()]`.
    Or call `monitor.measure(step, input_ids)` when you like. Measuring changes nothing: the run is the same run, bit for bit.
    TensorBoard and Weights & Biases get the numbers too, where they are installed and (the latter) a run has begun.
    """

    def __init__(self, model, folder, every=100, out="monitor", probe=None):
        self.model, self.every = unwrapped(model), every
        self.circuits = Circuits(self.model, folder)
        self.meaning = SeedMeaning(self.circuits.map)
        self.out = None if out is None or not _is_first() else Path(out)
        self.probe = self._own_probe() if probe is None else torch.as_tensor(probe)
        self.first, self.warned, self.steps, self.batch = None, set(), 0, None
        self._tensorboard = None
        self._handles = [model.register_forward_pre_hook(self._see, with_kwargs=True)]
        if self.out is not None:
            self.out.mkdir(parents=True, exist_ok=True)

    def attach(self, optimizer):
        """Measures now, and after every so many steps of the optimizer."""
        self.measure(0)
        self._handles.append(inner_optimizer(optimizer).register_step_post_hook(self._stepped))
        return self

    def detach(self):
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def callback(self):
        """The same for HuggingFace's Trainer."""
        from transformers import TrainerCallback

        monitor = self

        class MonitorCallback(TrainerCallback):
            def on_train_begin(self, args, state, control, **kwargs):
                monitor.measure(state.global_step)

            def on_step_end(self, args, state, control, **kwargs):
                if state.global_step % monitor.every == 0:
                    monitor.measure(state.global_step)

            def on_train_end(self, args, state, control, **kwargs):
                monitor.detach()

        return MonitorCallback()

    def _stepped(self, *_):
        self.steps += 1
        if self.steps % self.every == 0:
            self.measure(self.steps)

    def _see(self, _, args, kwargs):
        ids = kwargs.get("input_ids", args[0] if args else None)
        if torch.is_grad_enabled() and torch.is_tensor(ids) and not ids.is_floating_point():
            self.batch = ids.detach()[:WINDOWS, :LONGEST]

    def _own_probe(self):
        generator = torch.Generator().manual_seed(11)
        config = self.model.config
        half = min(LONGEST, self.circuits.map["context"], getattr(config, "max_position_embeddings", LONGEST)) // 2 - 1
        named = list(self.meaning.by_id)
        rows = []
        for _ in range(WINDOWS):
            ids = torch.randint(config.vocab_size, (half,), generator=generator)
            if named:
                ids[::2] = torch.tensor(named)[torch.randint(len(named), (len(ids[::2]),), generator=generator)]
            rows.append(torch.cat([ids, ids]))
        probe = torch.stack(rows)
        if self.meaning.sink is not None:
            probe[probe == self.meaning.sink] = (self.meaning.sink + 1) % config.vocab_size
            probe = torch.cat([torch.full((WINDOWS, 1), self.meaning.sink), probe], 1)
        return probe

    def measure(self, step, input_ids=None):
        """What each circuit does now: one row a circuit, as a list of dicts; written where `out` says."""
        device = next(self.model.parameters()).device
        batch = self.batch if input_ids is None else torch.as_tensor(input_ids)[:WINDOWS, :LONGEST]
        probe = self.probe.to(device)
        batch = probe if batch is None else batch.to(device)
        training = self.model.training
        self.model.eval()
        try:
            with paused():
                rows = [self._row(step, circuit, batch, probe) for circuit in self.circuits.map["circuits"]]
        finally:
            self.model.train(training)
        if self.first is None:
            self.first = {row["circuit"]: row for row in rows}
        for row in rows:
            self._warn(row)
        self._write(rows)
        return rows

    def _row(self, step, circuit, batch, probe):
        row = {"step": step, "circuit": circuit["name"], **self._range(circuit, batch)}
        attention = self._attention(circuit, probe)
        row["attention"] = min(attention.values()) if attention else None
        row["heads"] = attention
        with torch.no_grad():
            logits = self.model(batch).logits.float()
            row["loss"] = _loss(logits, batch)
            row["accuracy"], row["answered"] = self._accuracy(circuit, batch, logits)
            with self.circuits.without(circuit):
                without = self.model(batch).logits.float()
            row["without"] = _loss(without, batch) - row["loss"]
        row["gradient"] = self._gradient(circuit, batch)
        row["readers"] = self.circuits.readers(circuit)
        return row

    def _range(self, circuit, batch):
        """The stream before the circuit's layers, as its heads read it: followed gains count as a quieter stream.

        The first position is left out: where it is the sink, its flag makes it louder than what is matched.
        """
        bounds = self.circuits.bounds(circuit)
        with torch.no_grad():
            scales = self.circuits.scales(batch, [layer for layer, _ in bounds])
        worst = {"scale": None, "limit": None, "outside": None, "margin": None}
        for layer, limit in bounds:
            found = scales[layer]
            read = (found[:, 1:] if found.shape[1] > 1 else found) / self.circuits.followed(layer)
            margin = limit / read.mean().item()
            if worst["margin"] is None or margin < worst["margin"]:
                outside = (read > limit).float().mean().item()
                worst = {"scale": read.mean().item(), "limit": limit, "outside": outside, "margin": margin}
        return worst

    def _attention(self, circuit, probe):
        attentions = all_attention(self.model, probe)
        found = {}
        for head in self.circuits.heads(circuit):
            masses = []
            for window, ids in enumerate(probe.tolist()):
                keys = self.meaning.on(ids).keys(head)
                if keys is None:
                    continue
                weights = attentions[head["layer"]][window, head["head"]].float().cpu()
                masses += [sum(weights[query, key].item() for key in each if key <= query) for query, each in enumerate(keys) if each and max(each) <= query]
            if masses:
                found[f"{head['layer']}.{head['head']} {head['name']}"] = sum(masses) / len(masses)
        return found

    def _accuracy(self, circuit, batch, logits):
        """On the training batch: of the positions where the circuit has an answer, how often the model says it; and their share."""
        if circuit["kind"] != "tokens" or not self.meaning.knows(circuit):
            return None, None
        right = total = positions = 0
        for window, ids in enumerate(batch.tolist()):
            answers = self.meaning.on(ids).answers(circuit["name"])
            if answers is None:
                return None, None
            best = logits[window].argmax(-1).tolist()
            positions += len(ids)
            for answer, said in zip(answers, best, strict=True):
                total += bool(answer)
                right += said in answer
        return (right / total if total else None), total / max(1, positions)

    def _gradient(self, circuit, batch):
        """The loss's gradient on the dimensions that the circuit writes, beside the others': root mean squares, as a ratio."""
        dims = self.circuits.written(circuit)
        if not dims:
            return None
        layer = max((head["layer"] for head in self.circuits.heads(circuit)), default=0)
        kept = []
        handle = self.circuits.after(layer).register_forward_hook(lambda _, __, out: kept.append(out[0] if isinstance(out, tuple) else out))
        try:
            with torch.enable_grad():
                loss = self.model(batch, labels=batch).loss
                if not kept[0].requires_grad:
                    return None
                (gradient,) = torch.autograd.grad(loss, kept[0])
        finally:
            handle.remove()
        own = torch.zeros(gradient.shape[-1], dtype=torch.bool, device=gradient.device)
        own[dims] = True
        rest = gradient[..., ~own].float().pow(2).mean().sqrt().item()
        return gradient[..., own].float().pow(2).mean().sqrt().item() / rest if rest else None

    def _warn(self, row):
        name, first = row["circuit"], self.first[row["circuit"]]
        words = None
        if row["margin"] is not None and row["margin"] < 1 <= (first["margin"] or 1):
            words = (
                f"the stream is {row['scale']:.3g} where it reads, and it works up to {row['limit']:.3g}"
                f" ({100 * row['outside']:.0f}% of positions are outside)"
            )
        elif row["attention"] is not None and first["attention"] and row["attention"] < LOST * first["attention"]:
            words = f"a head gives its key {row['attention']:.2f} of its attention, and gave it {first['attention']:.2f}"
        if words and name not in self.warned:
            self.warned.add(name)
            row["warning"] = f"circuit {name} has left the range in which it is known to work, at step {row['step']}: {words}"
            warnings.warn(row["warning"], stacklevel=3)

    def _write(self, rows):
        numbers = [
            (f"circuits/{row['circuit']}/{key}", value)
            for row in rows
            for key, value in row.items()
            if isinstance(value, int | float) and key not in ("step", "warning")
        ]
        if self.out is not None:
            with open(self.out / "monitor.jsonl", "a") as file:
                file.writelines(json.dumps(row) + "\n" for row in rows)
            path = self.out / "monitor.csv"
            columns = [key for key in rows[0] if key not in ("heads", "warning")] if rows else []
            is_new = not path.exists()
            with open(path, "a", newline="") as file:
                writer = csv.DictWriter(file, columns, extrasaction="ignore")
                if is_new:
                    writer.writeheader()
                writer.writerows(rows)
            self._log_elsewhere(rows[0]["step"] if rows else 0, numbers)

    def _log_elsewhere(self, step, numbers):
        if self._tensorboard is None:
            try:
                from torch.utils.tensorboard import SummaryWriter

                self._tensorboard = SummaryWriter(str(self.out))
            except ImportError:
                self._tensorboard = False
        if self._tensorboard:
            for key, value in numbers:
                self._tensorboard.add_scalar(key, value, step)
            self._tensorboard.flush()
        try:
            import wandb
        except ImportError:
            return
        if getattr(wandb, "run", None) is not None:
            wandb.log({"step": step, **dict(numbers)}, commit=False)


def _loss(logits, ids):
    return F.cross_entropy(logits[:, :-1].reshape(-1, logits.shape[-1]), ids[:, 1:].reshape(-1)).item()


def _is_first():
    return not (torch.distributed.is_available() and torch.distributed.is_initialized()) or torch.distributed.get_rank() == 0
