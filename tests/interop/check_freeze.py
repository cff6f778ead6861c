"""Trains small stock models with parts of them held by python/raspc_freeze.py, and says what moved.

`python check_freeze.py JOB RESULT`: JOB is a list of cases, each with `name` (a function below) and its arguments; RESULT is the list
of what they return.
"""

import copy
import json
import multiprocessing
import sys
import tempfile
from pathlib import Path

import torch
import torch.distributed as dist
import transformers
from safetensors.torch import load_file, save_file
from torch.distributed.fsdp import fully_shard

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
import raspc_freeze  # noqa: E402
from raspc_freeze import Freeze  # noqa: E402

VOCABULARY, CONTEXT, RESERVED = 31, 12, [3, 4, 17]
SIZES = dict(vocab_size=VOCABULARY, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=20)
CONFIGS = {
    "gpt2": lambda: transformers.GPT2Config(vocab_size=VOCABULARY, n_positions=CONTEXT, n_embd=24, n_layer=2, n_head=3),
    "llama": lambda: transformers.LlamaConfig(**SIZES, num_key_value_heads=1, attention_bias=True, mlp_bias=True),
    "gpt-neox": lambda: transformers.GPTNeoXConfig(**SIZES),
}


class Copies(torch.optim.Optimizer):
    """Gradient descent with decay that keeps an average of the weights, made by its first step, and moves the weights to it."""

    def __init__(self, parameters):
        super().__init__(parameters, {"lr": 0.05})

    def step(self):
        for parameter in self.param_groups[0]["params"]:
            state = self.state[parameter]
            if "average" not in state:
                state["average"] = parameter.detach().clone()
            with torch.no_grad():
                parameter.add_(parameter.grad, alpha=-0.05).mul_(0.999)
                state["average"].mul_(0.999).lerp_(parameter, 0.1)
                parameter.lerp_(state["average"], 0.01)


OPTIMIZERS = {
    "AdamW": lambda parameters: torch.optim.AdamW(parameters, lr=1e-2, weight_decay=0.1),
    "AdamW foreach, amsgrad": lambda parameters: torch.optim.AdamW(parameters, lr=1e-2, weight_decay=0.1, foreach=True, amsgrad=True),
    "AdamW fused": lambda parameters: torch.optim.AdamW(parameters, lr=1e-2, weight_decay=0.1, fused=True),
    "SGD": lambda parameters: torch.optim.SGD(parameters, lr=1e-1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "RMSprop": lambda parameters: torch.optim.RMSprop(parameters, lr=1e-3, momentum=0.9, centered=True, weight_decay=0.01),
    "Adafactor": lambda parameters: torch.optim.Adafactor(parameters, lr=1e-2, weight_decay=0.1),
    "LBFGS": lambda parameters: torch.optim.LBFGS(parameters, lr=1e-2, max_iter=2),
    "copies of the weights": Copies,
}


def make(target):
    torch.manual_seed(3)
    return transformers.AutoModelForCausalLM.from_config(CONFIGS[target]())


def random_masks(model, share=0.2):
    """Entries all over the model: the first parameter of each kind is held whole, one has no held entry."""
    generator = torch.Generator().manual_seed(5)
    masks = {name: (torch.rand(p.shape, generator=generator) < share).to(torch.uint8) for name, p in model.named_parameters()}
    first, last = list(masks)[1], list(masks)[-1]
    masks[first].fill_(1)
    masks[last].fill_(0)
    return masks


def folder_of(masks, stream=()):
    """What `raspc seed` writes, as far as freezing reads it."""
    folder = Path(tempfile.mkdtemp())
    save_file(masks, folder / "freeze.safetensors")
    circuits = [{"name": "a", "dims": RESERVED[:2], "slices": []}, {"name": "b", "dims": RESERVED[1:], "slices": []}]
    heads = [{"layer": 1, "head": 2, "name": "induction"}, {"layer": 0, "head": 1, "name": "previous"}]
    (folder / "raspc.json").write_text(json.dumps({"circuits": circuits, "heads": heads, "stream": list(stream)}))
    return folder


def train(model, optimizer, steps, seed=0, clip=None):
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        ids = torch.randint(VOCABULARY, (2, CONTEXT), generator=generator)

        def loss():
            optimizer.zero_grad()
            value = model(ids, labels=ids).loss
            value.backward()
            if clip:
                torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
            return value

        if isinstance(optimizer, torch.optim.LBFGS):
            optimizer.step(loss)
        else:
            loss()
            optimizer.step()


def bits(tensor):
    return tensor.detach().view(torch.int32)


def moved(model, before, masks):
    """Of the held and of the other entries, how many have other bits than before."""
    held = others = others_moved = held_moved = 0
    for name, parameter in model.named_parameters():
        mask = masks[name].bool()
        changed = bits(parameter) != bits(before[name])
        held, others = held + int(mask.sum()), others + int((~mask).sum())
        held_moved, others_moved = held_moved + int(changed[mask].sum()), others_moved + int(changed[~mask].sum())
    return {"held": held, "heldMoved": held_moved, "others": others, "othersMoved": others_moved}


def snapshot(model):
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


def optimizers(target, optimizer, steps):
    """Held from the start: the entries, and what the optimizer keeps for them."""
    model = make(target)
    masks = random_masks(model)
    before = snapshot(model)
    stepper = OPTIMIZERS[optimizer](model.parameters())
    Freeze(model, folder_of(masks), debug=True).attach(stepper)
    train(model, stepper, steps, clip=1.0)
    result = moved(model, before, masks)
    result["state"] = 0
    for name, parameter in model.named_parameters():
        for key, tensor in stepper.state.get(parameter, {}).items():
            if torch.is_tensor(tensor) and tensor.shape == parameter.shape:
                held = tensor[masks[name].bool()]
                clean = before[name][masks[name].bool()] if key == "average" else torch.zeros_like(held)
                result["state"] += int((held != clean).sum())
    return result


def gradients_only(steps):
    """The control: masked gradients alone, which is what raspc_freeze is for."""
    model = make("gpt2")
    masks = random_masks(model)
    before = snapshot(model)
    for name, parameter in model.named_parameters():
        parameter.register_hook(lambda gradient, mask=masks[name].bool(): gradient.masked_fill(mask, 0))
    train(model, OPTIMIZERS["AdamW"](model.parameters()), steps)
    return moved(model, before, masks)


def midway(steps):
    """Held between two stretches of training: what the optimizer had gathered waits, and the entries move again afterwards."""
    model = make("gpt2")
    masks = random_masks(model)
    optimizer = OPTIMIZERS["AdamW"](model.parameters())
    train(model, optimizer, steps)
    before = snapshot(model)
    state = copy.deepcopy({name: optimizer.state[parameter] for name, parameter in model.named_parameters()})
    freeze = Freeze(model, masks, debug=True).attach(optimizer).attach(optimizer)
    train(model, optimizer, steps, seed=1)
    held = moved(model, before, masks)
    state_moved = 0
    for name, parameter in model.named_parameters():
        for key in ("exp_avg", "exp_avg_sq"):
            state_moved += int((bits(optimizer.state[parameter][key]) != bits(state[name][key]))[masks[name].bool()].sum())
    freeze.detach()
    train(model, optimizer, steps, seed=2)
    return {"held": held, "state": state_moved, "thawed": moved(model, before, masks)}


def by_hand(steps):
    """Without hooks, in a loop of one's own, with gradients gathered over two batches."""
    model = make("gpt2")
    masks = random_masks(model)
    before = snapshot(model)
    optimizer = OPTIMIZERS["SGD"](model.parameters())
    freeze = Freeze(model, masks)
    for step in range(steps):
        for part in range(2):
            ids = torch.randint(VOCABULARY, (2, CONTEXT), generator=torch.Generator().manual_seed(2 * step + part))
            model(ids, labels=ids).loss.backward()
        freeze.before_step(optimizer)
        optimizer.step()
        freeze.after_step(optimizer)
        optimizer.zero_grad()
    return moved(model, before, masks)


def protected(target, steps, stream):
    """Which entries may still move: none on the reserved dimensions of what stands on the stream, all else."""
    model = make(target)
    masks = random_masks(model, share=0.02)
    before = snapshot(model)
    optimizer = OPTIMIZERS["AdamW"](model.parameters())
    freeze = Freeze(model, folder_of(masks, stream), mode="protected", debug=True).attach(optimizer)
    train(model, optimizer, steps)
    moves = {name: bits(parameter) != bits(before[name]) for name, parameter in model.named_parameters()}
    # nothing that was written during the training may have reached the reserved dimensions: with the attention and MLPs as they are now
    # and the embeddings of before, the stream there is the one of before
    return {
        **moved(model, before, masks),
        "count": freeze.count()[0],
        "inReserved": written_changed(make(target), model),
        "unheldAtRest": sorted(name for name, moves_of in moves.items() if not moves_of.any() and not masks[name].all()),
    }


def written_changed(model, trained):
    """How far writing the same thing from every sublayer lands elsewhere, in the reserved dimensions, than it did before."""
    difference = 0.0
    for (name, module), (_, other) in zip(model.named_modules(), trained.named_modules(), strict=True):
        width = {torch.nn.Embedding: "embedding_dim", torch.nn.Linear: "out_features", transformers.pytorch_utils.Conv1D: "nf"}.get(type(module))
        if width is None or getattr(module, width) != 24 or name.endswith(("q_proj", "k_proj", "v_proj")):
            continue
        torch.manual_seed(1)
        one = torch.arange(5) if width == "embedding_dim" else torch.randn(4, module.weight.numel() // 24)
        difference = max(difference, (module(one) - other(one))[..., RESERVED].abs().max().item())
    return difference


def names():
    """The same masks on a model in wrappers, and models that do not fit."""
    found = {}
    masks = random_masks(make("gpt2"))

    class Wrapper(torch.nn.Module):
        def __init__(self, inside, name):
            super().__init__()
            self.add_module(name, inside)
            self.inside = [inside]

        def forward(self, *args, **kwargs):
            return self.inside[0](*args, **kwargs)

    def run(wrap):
        model = make("gpt2")
        before = snapshot(model)
        wrapped = wrap(model)
        optimizer = OPTIMIZERS["AdamW"](wrapped.parameters())
        Freeze(wrapped, masks, debug=True).attach(optimizer)
        train(wrapped, optimizer, 3)
        return moved(model, before, masks)

    found["plain"] = run(lambda model: model)
    for name in ("_fsdp_wrapped_module", "module", "_orig_mod", "_checkpoint_wrapped_module"):
        found[name] = run(lambda model, name=name: Wrapper(model, name))

    def inner(model):
        block = model.transformer.h[1]
        model.transformer.h[1] = Wrapper(block, "_fsdp_wrapped_module")
        return model

    model = inner(make("gpt2"))
    found["inner"] = Freeze(model, masks).count()[0]
    # a tied unembedding under its other name, and both masks at once
    tied = torch.zeros(VOCABULARY, 24, dtype=torch.uint8)
    tied[:, 5] = 1
    both = {"lm_head.weight": tied, "transformer.wte.weight": tied.flip(1)}
    found["tied"] = Freeze(make("gpt2"), both).count()[0]
    found["base"] = Freeze(make("gpt2").transformer, {"wte.weight": tied}).count()[0]
    found["prefix"] = Freeze(make("gpt2"), {"h.0.attn.c_attn.bias": torch.ones(72)}).count()[0]
    refusals = {
        "unknown": lambda: Freeze(make("gpt2"), {"transformer.h.7.ln_1.weight": torch.ones(24)}),
        "shape": lambda: Freeze(make("gpt2"), {"transformer.wte.weight": torch.ones(24, VOCABULARY)}),
        "two": lambda: Freeze(make("gpt2"), {"ln_1.weight": torch.ones(24)}),
        "mode": lambda: Freeze(make("gpt2"), masks, mode="freezing"),
        "no map": lambda: Freeze(make("gpt2"), masks, mode="protected"),
        "stream": lambda: Freeze(torch.nn.Linear(2, 2), {}, mode="protected", reserved=[0], stream={"transformer.wte.weight": 1}),
        "optimizer": lambda: Freeze(make("gpt2"), masks).attach("SGD"),
    }
    found["refusals"] = {}
    for name, refused in refusals.items():
        try:
            refused()
        except (KeyError, TypeError, ValueError) as error:
            found["refusals"][name] = f"{type(error).__name__}: {error.args[0]}"
    return found


def meddling():
    """Debug mode says so when something other than the optimizer changed a held entry; capture accepts it."""
    model = make("gpt2")
    masks = random_masks(model)
    optimizer = OPTIMIZERS["AdamW"](model.parameters())
    freeze = Freeze(model, masks, debug=True).attach(optimizer)
    train(model, optimizer, 1)
    with torch.no_grad():
        model.transformer.ln_f.bias.add_(1)
        model.transformer.wpe.weight.add_(1)
    try:
        train(model, optimizer, 1)
        message = None
    except AssertionError as error:
        message = str(error)
    freeze.capture()
    before = snapshot(model)
    train(model, optimizer, 2)
    return {"message": message, "after": moved(model, before, masks)["heldMoved"]}


def sharded(processes):
    """FSDP2: parameters are DTensors, of which each process holds a part."""
    folder = Path(tempfile.mkdtemp())
    workers = [multiprocessing.get_context("fork").Process(target=shard, args=(folder, rank, processes)) for rank in range(processes)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(processes)]


def shard(folder, rank, processes):
    dist.init_process_group("gloo", store=dist.FileStore(str(folder / "store"), processes), rank=rank, world_size=processes)
    mesh = dist.device_mesh.init_device_mesh("cpu", (processes,))
    model = make("gpt2")
    masks = random_masks(model)
    before = snapshot(model)
    for block in model.transformer.h:
        fully_shard(block, mesh=mesh)
    fully_shard(model, mesh=mesh)
    optimizer = OPTIMIZERS["AdamW"](model.parameters())
    Freeze(model, masks, debug=True).attach(optimizer)
    train(model, optimizer, 5, seed=rank, clip=1.0)
    whole = torch.nn.Module()
    whole.named_parameters = lambda: [(name, parameter.full_tensor()) for name, parameter in model.named_parameters()]
    parts = sum(parameter.to_local().numel() for parameter in model.parameters())
    (folder / f"{rank}.json").write_text(json.dumps({"share": parts / sum(p.numel() for p in before.values()), **moved(whole, before, masks)}))
    dist.destroy_process_group()


def trainer():
    """What the HuggingFace Trainer does with a callback, and accelerate with an optimizer."""

    class AcceleratedOptimizer:
        def __init__(self, optimizer):
            self.optimizer = optimizer

        def step(self):
            self.optimizer.step()

        def zero_grad(self):
            self.optimizer.zero_grad()

    model = make("gpt2")
    masks = random_masks(model)
    before = snapshot(model)
    optimizer = AcceleratedOptimizer(OPTIMIZERS["AdamW"](model.parameters()))
    callback = raspc_freeze.trainer_callback(folder_of(masks), debug=True)
    handler = transformers.trainer_callback.CallbackHandler([callback], model, None, optimizer, None)
    control = transformers.TrainerControl()
    handler.on_train_begin(None, transformers.TrainerState(), control)
    train(model, optimizer, 5)
    handler.on_train_end(None, transformers.TrainerState(), control)
    return moved(model, before, masks)


def seeded(folder, mode, steps):
    """What `raspc seed` wrote, loaded by transformers and trained: the circuit at step 0, what is held, and what is reserved."""
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager")
    masks = {name: mask.bool() for name, mask in load_file(f"{folder}/freeze.safetensors").items()}
    before = snapshot(model)
    generator = torch.Generator().manual_seed(7)
    half = torch.stack([torch.randperm(model.config.vocab_size - 1, generator=generator)[:12] for _ in range(8)])
    bos = torch.full((8, 1), model.config.bos_token_id)
    ids = torch.cat([bos, half, half], 1)
    found = raspc_freeze.programmed_attention(model, folder, ids)
    model.eval()
    with torch.no_grad():
        guesses = model(ids).logits.argmax(-1)
    accuracy = (guesses[:, 14:-1] == ids[:, 15:]).float().mean().item()
    optimizer = OPTIMIZERS["AdamW"](model.parameters())
    freeze = Freeze(model, folder, mode=mode, debug=True).attach(optimizer)
    for step in range(steps):
        batch = torch.randint(model.config.vocab_size, (4, 20), generator=generator)
        model(batch, labels=batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    every = {name: masks.get(name, torch.zeros(before[name].shape, dtype=torch.bool)) for name in before}
    dims = raspc_freeze.reserved_dims(folder)
    written = max((before[name] - model.get_parameter(name).detach())[..., dims].abs().max().item() for name in before if "c_proj" in name)
    return {
        "accuracy": accuracy,
        "attention": {name: raspc_freeze.attention_summary(weights, ids) for name, weights in found.items()},
        "moved": moved(model, before, every),
        "held": freeze.count()[0],
        "reserved": len(dims),
        "written": written,
    }


def attention():
    """The programmed heads' weights are those of the model's own attention, and the model is left as it was."""
    model = make("gpt2").train()
    folder = folder_of(random_masks(model))
    ids = torch.tensor([[5, 6, 7, 5, 6, 7, 8, 9, 5]])
    implementation = model.config._attn_implementation
    found = raspc_freeze.programmed_attention(model, folder, ids)
    raspc_freeze.save_attention(folder / "attention.safetensors", found)
    eager = make("gpt2").eval()
    eager.set_attn_implementation("eager")
    expected = eager(ids, output_attentions=True).attentions
    ideal = torch.zeros(1, 9, 9)
    for query, key in ((0, 0), (1, 0), (2, 0), (3, 1), (4, 2), (5, 3), (6, 0), (7, 0), (8, 4)):
        ideal[0, query, key] = 1
    previous = torch.diag(torch.ones(8), -1)[None]
    previous[0, 0, 0] = 1
    return {
        "names": list(found),
        "same": [torch.equal(found["0.1 previous"], expected[0][:, 1]), torch.equal(found["1.2 induction"], expected[1][:, 2])],
        "saved": {name: list(tensor.shape) for name, tensor in load_file(folder / "attention.safetensors").items()},
        "left": [model.training, model.config._attn_implementation == implementation],
        "induction": raspc_freeze.attention_summary(ideal, ids),
        "previous": raspc_freeze.attention_summary(previous, ids),
    }


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    torch.set_num_threads(1)
    jobs = json.loads(Path(sys.argv[1]).read_text())
    results = [globals()[job.pop("name")](**job) for job in jobs]
    Path(sys.argv[2]).write_text(json.dumps(results))
