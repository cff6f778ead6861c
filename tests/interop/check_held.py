"""Trains seeded models with python/raspc in mode `held`, in all the ways that people train, and says what became of gains and entries.

`python check_held.py JOB RESULT`: JOB is a list of cases, each with `name` (a function below) and its arguments; RESULT is the list
of what they return.
"""

import contextlib
import json
import multiprocessing
import re
import sys
import tempfile
import types
import warnings
from pathlib import Path

import torch
import torch.distributed as dist
import transformers

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
from raspc import CircuitMonitor, Freeze, trainer_callback  # noqa: E402
from raspc.folder import FolderWeights, read_masks, reserved_dims  # noqa: E402

from raspc.parameters import is_final_gain, is_inner_gain  # noqa: E402

OPTIMIZERS = {
    "AdamW": lambda p: torch.optim.AdamW(p, lr=1e-2, weight_decay=0.1),
    "AdamW fused": lambda p: torch.optim.AdamW(p, lr=1e-2, weight_decay=0.1, fused=True),
    "AdamW foreach": lambda p: torch.optim.AdamW(p, lr=1e-2, weight_decay=0.1, foreach=True),
    "SGD momentum": lambda p: torch.optim.SGD(p, lr=0.3, momentum=0.9, weight_decay=0.01),
}

def load(folder, dtype=torch.float32):
    torch.manual_seed(5)
    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=dtype)

def batches(model, seed, count, size=4, length=24, anywhere=False):
    generator = torch.Generator().manual_seed(seed)
    vocabulary = model.config.vocab_size - 1
    for _ in range(count):
        ids = torch.randint(vocabulary, (size, length), generator=generator)
        if not anywhere:
            ids[:, 0] = model.config.bos_token_id
        yield ids

def steps(model, optimizer, ids_of, clip=1.0, parts=1, autocast=False):
    for ids in ids_of:
        for part in ids.split(len(ids) // parts):
            with torch.autocast("cpu", dtype=torch.bfloat16) if autocast else contextlib.nullcontext():
                loss = model(part, labels=part).loss / parts
            loss.backward()
        if clip:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        optimizer.zero_grad()

def plain(model):
    return getattr(model, "_orig_mod", getattr(model, "module", model))

def whole(parameter):
    return (parameter.full_tensor() if hasattr(parameter, "full_tensor") else parameter).detach()

def report(model, folder, freeze):
    """What must not have moved, what the gains were multiplied by, and how evenly the final norm's moved."""
    weights, masks, dims = FolderWeights(folder), read_masks(folder), reserved_dims(folder)
    described = json.loads((Path(folder) / "raspc.json").read_text())
    tables = [entry["tensor"] for entry in described["stream"]]
    codes = next(each["dims"] for each in described["variables"] if each["encoding"] == "tokens")
    zero = next((each["dims"][0] for each in described["variables"] if each["encoding"] == "zero"), None)
    layer_norms = any(isinstance(module, torch.nn.LayerNorm) for module in plain(model).modules()) and zero is not None
    conv = any(type(module).__name__ == "Conv1D" for module in plain(model).modules())
    inner, final, moved, others = {}, [], 0, 0
    for name, parameter in plain(model).named_parameters():
        now = whole(parameter)
        if name not in weights:
            continue
        before = weights.read(name).to(now.dtype)
        if name in masks and is_inner_gain(name, parameter):
            ratio = (now[dims] / before[dims])[before[dims] != 0]
            inner[name] = sorted({round(each, 3) for each in ratio.tolist()})
        elif is_final_gain(name, parameter):
            ratio = (now[dims] / before[dims])[before[dims] != 0]
            final = [ratio.min().item(), ratio.max().item()]
        elif name == tables[0]:
            # the codes of the token table follow their rows: along what was seeded, each row by a factor of its own
            rows = torch.nn.functional.cosine_similarity(now[:, codes].float(), before[:, codes].float())
            moved += int((rows[before[:, codes].any(1)] < 0.999).sum())
            others += int((now != before)[:, [dim for dim in range(now.shape[1]) if dim not in dims]].sum())
        elif name in masks:
            held = masks[name].clone()
            if held.dim() == 2 and re.sub(r"[.]\d+[.]", ".{layer}.", name) not in tables and layer_norms:
                # the weights on the dimension that holds nothing take up the mean
                held.select(0 if conv else 1, zero).fill_(False)
            moved += int((now != before)[held].sum())
            others += int((now != before)[~masks[name]].sum())
    factors = {name: sorted({round(each, 3) for each in by.values()}) for name, by in freeze.factors().items()}
    return {"inner": inner, "final": final, "factors": factors, "moved": moved, "others": others}

def held(folder, optimizer="AdamW", parts=1, autocast=False, compiled=False, dtype="float32", count=12):
    model = load(folder, getattr(torch, dtype))
    stepper = OPTIMIZERS[optimizer](model.parameters())
    freeze = Freeze(model, folder, mode="held").attach(stepper)
    stepping = torch.compile(model, backend="aot_eager") if compiled else model
    steps(stepping, stepper, batches(model, 1, count), parts=parts, autocast=autocast)
    return report(model, folder, freeze)

def equal(a, b):
    a, b = dict(plain(a).named_parameters()), dict(plain(b).named_parameters())
    return all(torch.equal(whole(a[name]), whole(b[name])) for name in a)

def resumed(folder, optimizer="AdamW"):
    """Twelve steps, and five, saved, loaded into new objects in either order of attaching and loading, and seven more."""
    model = load(folder)
    stepper = OPTIMIZERS[optimizer](model.parameters())
    Freeze(model, folder, mode="held").attach(stepper)
    every = list(batches(model, 1, 12))
    steps(model, stepper, every[:5])
    saved = Path(tempfile.mkdtemp()) / "checkpoint.pt"
    torch.save({"model": model.state_dict(), "optimizer": stepper.state_dict()}, saved)
    steps(model, stepper, every[5:])
    found = {}
    for order in ("load first", "attach first"):
        again = load(folder)
        other = OPTIMIZERS[optimizer](again.parameters())
        stored = torch.load(saved)
        if order == "attach first":
            Freeze(again, folder, mode="held").attach(other)
        again.load_state_dict(stored["model"])
        other.load_state_dict(stored["optimizer"])
        if order == "load first":
            Freeze(again, folder, mode="held").attach(other)
        steps(again, other, every[5:])
        found[order] = equal(model, again)
    # the control: without what the optimizer keeps, the run is another one, and that is refused
    again = load(folder)
    again.load_state_dict(torch.load(saved)["model"])
    found["without state"] = refusal(lambda: run_one(again, folder, None, optimizer))
    found["without model"] = refusal(lambda: run_one(load(folder), folder, torch.load(saved)["optimizer"], optimizer))
    return found

def run_one(model, folder, state, optimizer):
    optimizer = OPTIMIZERS[optimizer](model.parameters())
    if state is not None:
        optimizer.load_state_dict(state)
    Freeze(model, folder, mode="held").attach(optimizer)
    steps(model, optimizer, batches(model, 1, 1))

def refusal(run):
    try:
        run()
    except (KeyError, TypeError, ValueError, RuntimeError, OSError) as error:
        return f"{type(error).__name__}: {error.args[0]}"
    return None

def traps(folder):
    """Built and not attached, drifted, nothing to hold, tied weights loaded twice, other parameters, a hook that nobody ran."""

    def not_attached():
        model = load(folder)
        optimizer = OPTIMIZERS["AdamW"](model.parameters())
        Freeze(model, folder, mode="held")
        steps(model, optimizer, batches(model, 1, 1))

    def drifted():
        model = load(folder)
        steps(model, OPTIMIZERS["AdamW"](model.parameters()), batches(model, 1, 1))
        Freeze(model, folder, mode="protected")

    def tied():
        # what a recipe does that puts a block of entries into a cloned state dict
        model = load(folder)
        state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        state["lm_head.weight"] = torch.zeros_like(state["lm_head.weight"])
        model.load_state_dict(state)
        Freeze(model, folder, mode="frozen")

    def nothing():
        Freeze(load(folder), {name: torch.zeros_like(mask) for name, mask in read_masks(folder).items()})

    def other_parameters():
        model = load(folder)
        Freeze(model, folder, mode="held").attach(OPTIMIZERS["AdamW"](load(folder).parameters()))

    def unseen():
        model = load(folder)
        optimizer = OPTIMIZERS["AdamW"](model.parameters())
        freeze = Freeze(model, folder, mode="held").attach(optimizer)
        freeze._follower.detach()
        steps(model, optimizer, batches(model, 1, 3))

    cases = [not_attached, drifted, tied, nothing, other_parameters, unseen]
    found = {case.__name__: refusal(case) for case in cases}

    def allowed():
        model = load(folder)
        steps(model, OPTIMIZERS["AdamW"](model.parameters()), batches(model, 1, 1))
        Freeze(model, folder, mode="protected", drifted=True)
        freeze = Freeze(load(folder), folder, mode="protected")
        freeze.detach()

    found["allowed"] = refusal(allowed)
    return found

def processes(folder, kind):
    """Two processes with different data: the gains are the same in both, and follow what both saw."""
    place = Path(tempfile.mkdtemp())
    workers = [multiprocessing.get_context("fork").Process(target=process, args=(place, rank, folder, kind)) for rank in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return [json.loads((place / f"{rank}.json").read_text()) for rank in range(2)]

def process(place, rank, folder, kind):
    dist.init_process_group("gloo", store=dist.FileStore(str(place / "store"), 2), rank=rank, world_size=2)
    torch.set_num_threads(1)
    model = load(folder)
    if kind == "FSDP2":
        from torch.distributed.fsdp import fully_shard

        mesh = dist.device_mesh.init_device_mesh("cpu", (2,))
        layers = getattr(model, "transformer", getattr(model, "model", None))
        for block in getattr(layers, "h", getattr(layers, "layers", [])):
            fully_shard(block, mesh=mesh)
        fully_shard(model, mesh=mesh)
        wrapped = model
    else:
        wrapped = torch.nn.parallel.DistributedDataParallel(model)
    optimizer = OPTIMIZERS["AdamW"](wrapped.parameters())
    freeze = Freeze(wrapped, folder, mode="held", debug=True).attach(optimizer)
    # the second process sees another kind of data: one token again and again
    data = list(batches(model, rank, 6))
    if rank == 1:
        for ids in data:
            ids[:, 1:] = 7
    steps(wrapped, optimizer, data)
    found = report(wrapped, folder, freeze)
    (place / f"{rank}.json").write_text(json.dumps(found))
    dist.destroy_process_group()

def trainer(folder):
    """HuggingFace's Trainer: ten steps, and the same stopped after five and resumed from its checkpoint."""
    try:
        import accelerate  # noqa: F401
    except ImportError:
        return None

    class Data(torch.utils.data.Dataset):
        def __len__(self):
            return 40

        def __getitem__(self, i):
            ids = torch.randint(60, (24,), generator=torch.Generator().manual_seed(i))
            return {"input_ids": ids, "labels": ids}

    def run(place, most, resume):
        options = transformers.TrainingArguments(
            output_dir=place, max_steps=most, per_device_train_batch_size=4, save_steps=5, learning_rate=1e-2, report_to=[], seed=3,
            lr_scheduler_type="constant", use_cpu=True, disable_tqdm=True,
        )  # fmt: skip
        model = load(folder)
        callback = trainer_callback(folder, mode="held")
        transformers.Trainer(model=model, args=options, train_dataset=Data(), callbacks=[callback]).train(resume_from_checkpoint=resume)
        return model, callback.last_factors

    whole_run, factors = run(tempfile.mkdtemp(), 10, None)
    place = tempfile.mkdtemp()
    run(place, 5, None)
    again, _ = run(place, 10, f"{place}/checkpoint-5")
    return {"equal": equal(whole_run, again), "followed": max(each for by in factors.values() for each in by.values())}

def without_following(folder):
    """The control of `held`: in mode protected what a head reads of its codes shrinks, in mode held it stays."""
    found = {}
    for mode in ("protected", "held"):
        model = load(folder)
        optimizer = OPTIMIZERS["AdamW"](model.parameters())
        Freeze(model, folder, mode=mode).attach(optimizer)
        read = []
        norm = plain(model).get_submodule(first_norm(model))
        dims = reserved_dims(folder)
        handle = norm.register_forward_hook(lambda _, __, out, read=read: read.append(out[:, 1:, dims].detach().float().norm(dim=-1).log().mean().item()))
        steps(model, optimizer, batches(model, 1, 25))
        handle.remove()
        found[mode] = read[-1] - read[0]
    return found

def monitored(folder, rate=3e-3, anywhere=False):
    """The same run with and without a monitor, and what the monitor says of circuits that are held and of ones that are left to train.

    anywhere  windows do not begin with BOS
    """
    runs, found = [], {}
    for mode in ("held", "free"):
        for watched in (False, True):
            model = load(folder)
            optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.1)
            Freeze(model, folder, mode=mode).attach(optimizer)
            place = Path(tempfile.mkdtemp())
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                monitor = CircuitMonitor(model, folder, every=5, out=place).attach(optimizer) if watched else None
                steps(model, optimizer, batches(model, 1, 20, anywhere=anywhere))
            runs.append(model)
            if watched:
                monitor.detach()
                rows = [json.loads(line) for line in (place / "monitor.jsonl").read_text().splitlines()]
                words = [str(each.message) for each in caught if "circuit" in str(each.message)]
                found[mode] = {"rows": rows, "words": words, "csv": (place / "monitor.csv").read_text().count("\n")}
    return {"same": [equal(runs[0], runs[1]), equal(runs[2], runs[3])], **found}


def logged(folder):
    """What TensorBoard and Weights & Biases are told: stand-ins that only write down, since the suite's Python has neither."""
    told = {"wandb": [], "tensorboard": []}

    class SummaryWriter:
        def __init__(self, place):
            self.place = place

        def add_scalar(self, key, value, step):
            told["tensorboard"].append([key, value, step])

        def flush(self):
            """Nothing is kept."""

    wandb, board = types.ModuleType("wandb"), types.ModuleType("torch.utils.tensorboard")
    wandb.run, wandb.log, board.SummaryWriter = object(), lambda values, **_: told["wandb"].append(values), SummaryWriter
    before = {name: sys.modules.get(name) for name in ("wandb", "torch.utils.tensorboard")}
    sys.modules.update({"wandb": wandb, "torch.utils.tensorboard": board})
    try:
        CircuitMonitor(load(folder), folder, out=tempfile.mkdtemp()).measure(7)
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
    return told


def first_norm(model):
    return next(name for name, parameter in model.named_parameters() if is_inner_gain(name, parameter)).rsplit(".", 1)[0]

if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    torch.set_num_threads(1)
    jobs = json.loads(Path(sys.argv[1]).read_text())
    results = [globals()[job.pop("name")](**job) for job in jobs]
    Path(sys.argv[2]).write_text(json.dumps(results))
