"""Freezes the circuits that `raspc seed` put into a model, while the rest of it trains.

A mask on gradients is no freeze: weight decay and momentum still move the entries. Here the programmed entries, and what the
optimizer keeps for them, are put back after each step, so that a step of any optimizer leaves them as they were, bit for bit.
Needs torch and safetensors; `seeded/` is the folder that `raspc seed` wrote, `model` any form of that model:

    freeze = Freeze(model, "seeded", mode="frozen").attach(optimizer)   # optimizer.step() now keeps the circuits
    trainer = Trainer(model, ..., callbacks=[trainer_callback("seeded", mode="protected")])

Modes
    free       nothing is held: the circuits train like everything else
    frozen     the programmed entries (freeze.safetensors: 1 = programmed) do not change
    protected  nor does what others could write into the circuits' reserved dimensions: the entries of every embedding, attention
               output and MLP output that write there, and the norms' entries on them

Freezing weights does not freeze function: the norm's scale is the whole stream's and moves as the rest trains, which makes the
circuits' scores smaller. `programmed_attention` shows what their heads attend to.
"""

import json
import re
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

MODES = ("free", "frozen", "protected")

# what wrappers put into a parameter's name: FSDP, torch.compile, activation checkpointing, DistributedDataParallel
_WRAPPERS = {"_fsdp_wrapped_module", "_orig_mod", "_checkpoint_wrapped_module", "_ddp_wrapped_module"}


class Freeze:
    """Holds entries of a model's parameters where they are.

    model   the model, wrapped or not (DistributedDataParallel, torch.compile, FSDP2's `fully_shard`)
    source  the folder that `raspc seed` wrote, or its freeze.safetensors, or a dict from names to masks
    mode    one of MODES; `protected` needs the reserved dimensions and what stands on the residual stream: from raspc.json in the
            folder, or `reserved` and `stream` (a dict from names, `{layer}` for every layer, to the axis over its dimensions)
    debug   asserts that nothing moved the held entries, after every step and between steps

    Parameters that are one tensor under several names (a tied unembedding) are held once, where any of their masks says so.
    """

    def __init__(self, model, source, mode="frozen", reserved=None, debug=False, stream=None):
        if mode not in MODES:
            raise ValueError(f"mode is {mode!r}, not one of {', '.join(MODES)}")
        self.mode, self.debug = mode, debug
        masks = {} if mode == "free" else _masks(source)
        if mode == "protected":
            dims = sorted(set(reserved_dims(source) if reserved is None else reserved))
            _protect(model, masks, dims, stream_axes(source) if stream is None else stream)
        self._held = _match(model, masks)
        self._model = model
        # as gradients arrive, so that held entries take no part in the norm that clipping sees; a sharded gradient (FSDP2) comes
        # by no hook and is masked before the step
        plain = [held for held in self._held if held.parameter.requires_grad and held.parameter is _local(held.parameter)]
        self._gradients = [held.parameter.register_hook(held.without) for held in plain]
        self._optimizers = []

    def attach(self, optimizer):
        """From now on, `optimizer.step()` leaves the held entries and their part of the optimizer's state as they are.

        For any torch optimizer; through accelerate's wrapper, a gradient scaler or a learning-rate schedule too.
        """
        while not hasattr(optimizer, "register_step_pre_hook") or not hasattr(optimizer, "_optimizer_step_pre_hooks"):
            if not hasattr(optimizer, "optimizer"):
                raise TypeError(f"{type(optimizer).__name__} is no torch optimizer: call before_step and after_step around its step")
            optimizer = optimizer.optimizer
        if any(optimizer is other for other, _ in self._optimizers):
            return self
        before = optimizer.register_step_pre_hook(lambda which, *_: self.before_step(which))
        after = optimizer.register_step_post_hook(lambda which, *_: self.after_step(which))
        self._optimizers.append((optimizer, (before, after)))
        return self

    def detach(self):
        """Lets go: everything trains from here on."""
        for handle in (*self._gradients, *(handle for _, handles in self._optimizers for handle in handles)):
            handle.remove()
        self._gradients, self._optimizers = [], []

    def capture(self):
        """Holds the entries as they are now. To be called after weights were loaded into the model on purpose."""
        for held in self._held:
            held.capture()

    def before_step(self, optimizer=None):
        """What `attach` does before a step, for loops that do without it."""
        for held in self._held:
            if self.debug:
                held.assert_unmoved("between two steps (after loading weights on purpose, call capture)")
            held.before(optimizer)

    def after_step(self, optimizer=None):
        """What `attach` does after a step."""
        for held in self._held:
            held.after(optimizer)
        if self.debug:
            self.assert_held()

    def assert_held(self):
        """Raises AssertionError, with the names, unless every held entry is bit-identical to what it was."""
        for held in self._held:
            held.assert_unmoved("in spite of being held")

    def count(self):
        """The number of entries held, and of all entries of the model's parameters."""
        return sum(held.count for held in self._held), sum(parameter.numel() for parameter in self._model.parameters())


def trainer_callback(source, mode="frozen", reserved=None, debug=False, stream=None):
    """A callback for the HuggingFace Trainer; the arguments are those of Freeze.

    It looks for the parameters when the training begins: by then the Trainer has wrapped the model, loaded the checkpoint that it
    resumes from, and made its optimizer. When the training ends it asserts that the entries are what they were.
    """
    from transformers import TrainerCallback

    class FreezeCallback(TrainerCallback):
        def on_train_begin(self, args, state, control, model=None, optimizer=None, **kwargs):
            self.freeze = Freeze(model, source, mode=mode, reserved=reserved, debug=debug, stream=stream).attach(optimizer)

        def on_train_end(self, args, state, control, **kwargs):
            self.freeze.assert_held()
            self.freeze.detach()

    return FreezeCallback()


class _Held:
    """The held entries of one parameter."""

    def __init__(self, name, parameter, mask):
        self.name, self.parameter, self.mask = name, parameter, mask
        self.count = int(mask.sum())
        self.kept = {}
        self.capture()

    def capture(self):
        self.mask = self.mask.to(_local(self.parameter).device)
        # where they are: to select by a mask, a GPU would have to be waited for
        self.places = self.mask.flatten().nonzero().squeeze(1)
        self.values = _take(self.parameter, self.places)

    def without(self, gradient):
        return gradient if gradient.is_sparse else gradient.masked_fill(self.mask, 0)

    def before(self, optimizer):
        gradient = self.parameter.grad
        if gradient is not None and not gradient.is_sparse:
            _local(gradient).masked_fill_(self.mask, 0)
        self.kept = {key: _take(tensor, self.places) for key, tensor in self._state(optimizer)}

    def after(self, optimizer):
        with torch.no_grad():
            _put(self.parameter, self.places, self.values)
            for key, tensor in self._state(optimizer):
                kept = self.kept.get(key)
                _put(tensor, self.places, self._fresh(_take(tensor, self.places)) if kept is None else kept)
        self.kept = {}

    def _fresh(self, made):
        """Held entries of state that this step made: the weights where it is a copy of them, else nothing gathered yet.

        A momentum begins with the weight decay's share and must not wait for a thaw; a master copy or an average begins with the
        weights and is still near them.
        """
        values = self.values.to(made.dtype)
        return values if (made - values).norm() < 0.5 * values.norm() else torch.zeros_like(made)

    def _state(self, optimizer):
        """What the optimizer keeps for each entry; factored or scalar state belongs to no entry."""
        state = {} if optimizer is None else optimizer.state.get(self.parameter, {})
        return [(key, tensor) for key, tensor in state.items() if torch.is_tensor(tensor) and tensor.shape == self.parameter.shape]

    def assert_unmoved(self, when):
        found = _take(self.parameter, self.places)
        if found.dtype != self.values.dtype:
            raise AssertionError(f"{self.name} was {self.values.dtype} and is {found.dtype}: attach after converting the model")
        moved = int((_bits(found) != _bits(self.values)).sum())
        if moved:
            raise AssertionError(f"{moved} of {self.count} held entries of {self.name} changed {when}")


def _local(tensor):
    """This process's part of a sharded tensor (FSDP2), or the tensor."""
    return tensor.to_local() if hasattr(tensor, "to_local") else tensor


def _take(tensor, places):
    return _local(tensor.detach()).reshape(-1).index_select(0, places)


def _put(tensor, places, values):
    tensor = _local(tensor.detach())
    if tensor.is_contiguous():
        tensor.view(-1).index_copy_(0, places, values)
    else:
        tensor.copy_(tensor.reshape(-1).index_copy(0, places, values).view(tensor.shape))


def _bits(tensor):
    return tensor.view({1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[tensor.element_size()])


def plain_name(name):
    """A parameter's name without what FSDP, torch.compile and other wrappers put into it."""
    return ".".join(part for part in name.split(".") if part not in _WRAPPERS)


def _match(model, masks):
    """One _Held for each parameter with held entries. A name may have a prefix in the model (`module.`)."""
    names = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        names[plain_name(name)] = parameter
    found = {}
    for name, mask in masks.items():
        fitting = [name] if name in names else [full for full in names if full.endswith(f".{name}")]
        if len({id(names[full]) for full in fitting}) != 1:
            what = f"fits {', '.join(fitting)}" if fitting else f"is none of its {len(names)} parameters, such as {next(iter(names), '?')}"
            raise KeyError(f"the model does not fit: {name} {what}")
        parameter = names[fitting[0]]
        if parameter.shape != mask.shape:
            raise ValueError(
                f"the model does not fit: {name} is {list(parameter.shape)}, its mask {list(mask.shape)}"
                + (" (FSDP1 flattens parameters: use fully_shard)" if parameter.dim() == 1 and mask.dim() > 1 else "")
            )
        if not parameter.is_floating_point():
            raise TypeError(f"{name} is {parameter.dtype}: quantized parameters cannot be held by entries")
        before = found.get(id(parameter))
        found[id(parameter)] = (name, parameter, mask if before is None else before[2] | mask)
    return [_Held(name, parameter, _shard(mask, parameter)) for name, parameter, mask in found.values() if mask.any()]


def _shard(mask, parameter):
    if not hasattr(parameter, "placements"):
        return mask.to(parameter.device)
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(mask.to(parameter.device), parameter.device_mesh, parameter.placements).to_local()


def _masks(source):
    if isinstance(source, dict):
        masks = source
    else:
        path = Path(source)
        masks = load_file(path / "freeze.safetensors" if path.is_dir() else path)
    return {name: mask.bool() for name, mask in masks.items()}


def _protect(model, masks, dims, stream):
    """Adds, to the masks, the reserved dimensions of everything that stands on the residual stream."""
    axes = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        own = re.sub(r"(?<=\.)\d+(?=\.)", "{layer}", plain_name(name))
        for known, axis in stream.items():
            # a model in a wrapper has a longer name, one without its head a shorter one
            if own == known or own.endswith(f".{known}") or ("." in own and known.endswith(f".{own}")):
                axes[plain_name(name)] = (axis, parameter)
    if not any(parameter.dim() > 1 for _, parameter in axes.values()):
        raise ValueError(f"it is not known what writes into the residual stream of a {type(model).__name__}: use mode frozen")
    for name, (axis, parameter) in axes.items():
        # the masks' own name for it, which may lack a prefix
        own = next((known for known in masks if name == known or name.endswith(f".{known}")), name)
        mask = masks.get(own, torch.zeros(parameter.shape, dtype=torch.bool)).clone()
        mask.index_fill_(axis, torch.tensor(dims, dtype=torch.long), True)
        masks[own] = mask


def _circuit_map(source):
    if isinstance(source, dict):
        raise ValueError("masks in a dict come without a circuit map: give `reserved`, or use the seeded folder")
    path = Path(source)
    return json.loads(((path if path.is_dir() else path.parent) / "raspc.json").read_text())


def reserved_dims(source):
    """The residual dimensions that belong to the circuits of a seeded folder."""
    return sorted({dim for circuit in _circuit_map(source)["circuits"] for dim in circuit["dims"]})


def stream_axes(source):
    """What stands on the residual stream of a seeded model: {name: the axis over its dimensions}, `{layer}` for every layer."""
    found = _circuit_map(source).get("stream")
    if not found:
        raise ValueError("raspc.json does not say what stands on the residual stream (it is of an older raspc): seed again, or give `stream`")
    return {entry["tensor"]: entry["axis"] for entry in found}


def programmed_heads(source):
    """The programmed heads of a seeded folder: (layer, head, name), in order."""
    return sorted((head["layer"], head["head"], head["name"]) for head in _circuit_map(source)["heads"])


def programmed_attention(model, source, input_ids, **inputs):
    """What the programmed heads attend to: {"layer.head name": weights [batch, query, key]}, at any step of the training.

    The model runs once, without gradients, in evaluation mode and with eager attention, and is left as it was.
    """
    training, config = model.training, getattr(model, "config", None)
    implementation = getattr(config, "_attn_implementation", "eager")
    try:
        model.eval()
        if implementation != "eager":
            model.set_attn_implementation("eager")
        with torch.no_grad():
            attentions = model(input_ids, output_attentions=True, **inputs).attentions
    finally:
        model.train(training)
        if implementation != "eager":
            model.set_attn_implementation(implementation)
    return {f"{layer}.{head} {name}": attentions[layer][:, head] for layer, head, name in programmed_heads(source)}


def attention_summary(weights, input_ids):
    """One head's weights [batch, query, key] in numbers, each a mean over queries from the second on.

    entropy in nats; first, self and previous: the share of that key; copied: the share of the key after the latest earlier
    occurrence of the query's token, over the queries that have one (what an induction head attends to; None if there are none).
    """
    length = weights.shape[-1]
    query = torch.arange(length, device=weights.device)
    entropy = -(weights * weights.clamp_min(1e-30).log()).sum(-1)
    earlier = (input_ids[:, :, None] == input_ids[:, None, :]) & (query[None, :, None] > query[None, None, :])
    target = torch.where(earlier, query[None, None, :], -1).amax(-1) + 1
    hit = target > 0
    copied = weights.gather(-1, target.clamp_max(length - 1)[..., None])[..., 0][hit]
    return {
        "entropy": entropy[:, 1:].mean().item(),
        "first": weights[:, 1:, 0].mean().item(),
        "self": weights.diagonal(dim1=-2, dim2=-1)[:, 1:].mean().item(),
        "previous": weights.diagonal(-1, dim1=-2, dim2=-1).mean().item(),
        "copied": copied.mean().item() if hit.any() else None,
    }


def save_attention(path, attention):
    """Writes what `programmed_attention` gave as a safetensors file, for other tools to look at."""
    save_file({name: weights.contiguous().cpu() for name, weights in attention.items()}, path)
