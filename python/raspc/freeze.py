"""Freezes the circuits that `raspc seed` put into a model, or holds what they do, while the rest of it trains.

A mask on gradients is no freeze: weight decay and momentum still move the entries. Here the programmed entries, and what the
optimizer keeps for them, are put back after each step, so that a step of any optimizer leaves them as they were, bit for bit.
"""

import weakref

import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from raspc.folder import FolderWeights, circuit_map, folder_of, read_masks, reserved_dims, stream_axes
from raspc.follow import Follower
from raspc.parameters import bits, is_final_gain, local, match, own_name, put, shard, stream_parameters, take

MODES = ("free", "frozen", "protected", "held")


class Freeze:
    """Holds entries of a model's parameters where they are, or what they do.

    model    the model, wrapped or not (DistributedDataParallel, torch.compile, FSDP2's `fully_shard`)
    source   the folder that `raspc seed` wrote, or its freeze.safetensors, or a dict from names to masks
    mode     one of MODES:
             free       nothing is held: the circuits train like everything else
             frozen     the programmed entries (freeze.safetensors: 1 = programmed) do not change
             protected  nor does what others could write into the circuits' reserved dimensions: the entries of every embedding,
                        attention output and MLP output that write there, and the norms' entries on them
             held       protected, and the norms' gains on the reserved dimensions follow the stream where circuits read, so that a
                        head reads what it read at step 0, however loud the rest has become; never the final norm's. How loud the
                        circuits are heard there is one number, and trains
    reserved the reserved dimensions, where `source` has no map, and
    stream   what stands on the residual stream there: a dict from names, `{layer}` for every layer, to the axis over its dimensions
    debug    asserts that nothing moved the held entries, after every step and between steps
    drifted  holds a model whose entries are no longer those of the folder; without it such a model is refused

    rows     whether, in mode `held`, the codes in the token table follow the loudness of their rows, too: the heads attend better, and
             where the unembedding is tied to that table, loud tokens' answers become louder with it

    Parameters that are one tensor under several names (a tied unembedding) are held once, where any of their masks says so.
    """

    def __init__(self, model, source, mode="frozen", reserved=None, debug=False, stream=None, drifted=False, rows=True):
        if mode not in MODES:
            raise ValueError(f"mode is {mode!r}, not one of {', '.join(MODES)}")
        self.mode, self.debug = mode, debug
        self._model = model
        masks = {} if mode == "free" else read_masks(source)
        programmed = dict(masks)
        if mode in ("protected", "held"):
            dims = sorted(set(reserved_dims(source) if reserved is None else reserved))
            _protect(model, masks, dims, stream_axes(source) if stream is None else stream)
        if mode != "free" and not any(bool(mask.any()) for mask in masks.values()):
            raise ValueError("the masks mark no entry: there is nothing to hold, use mode free")
        found = match(model, masks)
        folder = folder_of(source)
        weights = FolderWeights(folder) if folder is not None else None
        original = {name: _original(weights, name, names) for name, _, names, _ in found}
        self._follower = None
        if mode == "held":
            followed = {own_name(name, masks) for name in programmed if programmed[name].any()}
            self._follower = Follower(model, circuit_map(source), [entry for entry in found if entry[0] in followed], original, rows)
        self._held = []
        for name, parameter, names, mask in found:
            own = shard(mask, parameter)
            if mode == "held" and any(is_final_gain(each, parameter) for each in names):
                held = _Loudness(name, parameter, own)
                if original[name] is not None:
                    held.begin_at(shard(original[name].to(parameter.dtype), parameter))
            else:
                held = _Held(name, parameter, own)
            self._held.append(held)
            if self._follower is not None and self._follower.takes(parameter, held):
                continue
            if original[name] is not None and not drifted and not isinstance(held, _Loudness):
                held.assert_original(shard(original[name].to(parameter.dtype), parameter), names)
        # as gradients arrive, so that held entries take no part in the norm that clipping sees; a sharded gradient (FSDP2) comes
        # by no hook and is masked before the step
        plain = [held for held in self._held if held.parameter.requires_grad and held.parameter is local(held.parameter) and held.masks_gradient]
        self._gradients = [held.parameter.register_hook(held.without) for held in plain]
        self._optimizers = []
        self._unused = _Unused(self._held)

    def attach(self, optimizer):
        """From now on, `optimizer.step()` leaves the held entries and their part of the optimizer's state as they are.

        For any torch optimizer; through accelerate's wrapper, a gradient scaler or a learning-rate schedule too.
        """
        optimizer = inner_optimizer(optimizer)
        if any(optimizer is other for other, _ in self._optimizers):
            return self
        own = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
        if self._held and not any(id(held.parameter) in own for held in self._held):
            raise ValueError(
                "the optimizer has none of the parameters that are held: make it from the model that Freeze was given"
                " (after wrapping or sharding it)"
            )
        self._unused.is_used()
        before = optimizer.register_step_pre_hook(lambda which, *_: self.before_step(which))
        after = optimizer.register_step_post_hook(lambda which, *_: self.after_step(which))
        self._optimizers.append((optimizer, (before, after)))
        return self

    def detach(self):
        """Lets go: everything trains from here on."""
        for handle in (*self._gradients, *(handle for _, handles in self._optimizers for handle in handles)):
            handle.remove()
        if self._follower is not None:
            self._follower.detach()
        self._unused.is_used()
        self._gradients, self._optimizers = [], []

    def capture(self):
        """Holds the entries as they are now. To be called after weights were loaded into the model on purpose."""
        for held in self._held:
            held.capture()

    def before_step(self, optimizer=None):
        """What `attach` does before a step, for loops that do without it."""
        self._unused.is_used()
        if self._follower is not None:
            self._follower.begin(optimizer)
        for held in self._held:
            if self.debug:
                held.assert_unmoved("between two steps (after loading weights on purpose, call capture)")
            held.before(optimizer)

    def after_step(self, optimizer=None):
        """What `attach` does after a step."""
        if self._follower is not None:
            self._follower.follow(optimizer)
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

    def factors(self):
        """By how much the gains have followed: {"norm's gain": {variable: factor}}; empty but in mode `held`."""
        return {} if self._follower is None else self._follower.factors()


def inner_optimizer(optimizer):
    """The torch optimizer inside of accelerate's wrapper."""
    while not hasattr(optimizer, "register_step_pre_hook") or not hasattr(optimizer, "_optimizer_step_pre_hooks"):
        if not hasattr(optimizer, "optimizer"):
            raise TypeError(f"{type(optimizer).__name__} is no torch optimizer: call before_step and after_step around its step")
        optimizer = optimizer.optimizer
    return optimizer


class _Held:
    """The held entries of one parameter."""

    masks_gradient = True

    def __init__(self, name, parameter, mask):
        self.name, self.parameter, self.mask = name, parameter, mask
        self.count = int(mask.sum())
        self.kept = {}
        self.capture()

    def capture(self):
        self.mask = self.mask.to(local(self.parameter).device)
        # where they are: to select by a mask, a GPU would have to be waited for
        self.places = self.mask.flatten().nonzero().squeeze(1)
        self.values = take(self.parameter, self.places)

    def without(self, gradient):
        return gradient if gradient.is_sparse else gradient.masked_fill(self.mask, 0)

    def before(self, optimizer):
        gradient = self.parameter.grad
        if gradient is not None and not gradient.is_sparse:
            local(gradient).masked_fill_(self.mask, 0)
        self.kept = {key: take(tensor, self.places) for key, tensor in self._state(optimizer)}

    def after(self, optimizer):
        with torch.no_grad():
            put(self.parameter, self.places, self.values)
            for key, tensor in self._state(optimizer):
                kept = self.kept.get(key)
                put(tensor, self.places, self._fresh(take(tensor, self.places)) if kept is None else kept)
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
        found = take(self.parameter, self.places)
        if found.dtype != self.values.dtype:
            raise AssertionError(f"{self.name} was {self.values.dtype} and is {found.dtype}: attach after converting the model")
        moved = int((bits(found) != bits(self.values)).sum())
        if moved:
            raise AssertionError(f"{moved} of {self.count} held entries of {self.name} changed {when}")

    def assert_original(self, original, names):
        """Refuses entries that are not the folder's: whoever held them would hold something else than the circuit."""
        expected = original.to(self.values.device).reshape(-1).index_select(0, self.places)
        moved = int((bits(expected) != bits(self.values)).sum())
        if not moved:
            return
        tied = f"; {' and '.join(names)} are one tensor, and of a state dict that has both the last one read wins" if len(names) > 1 else ""
        raise ValueError(
            f"the model is not as the folder has it: {moved} of {self.count} entries of {self.name} that would be held differ{tied}."
            " Load the seeded weights first, or say drifted=True to hold the entries as they are"
        )


class _Loudness(_Held):
    """The final norm's gains on the reserved dimensions: they move together, as one number times what they were."""

    masks_gradient = False

    def begin_at(self, original):
        """A resumed run goes on along the entries that were seeded, not along what rounding has made of them since."""
        self.values = original.reshape(-1).index_select(0, self.places)

    def before(self, optimizer):
        """The optimizer sees the gradient of the one number, spread over the entries as they are."""
        gradient = self.parameter.grad
        if gradient is not None and not gradient.is_sparse:
            own = take(gradient, self.places)
            put(gradient, self.places, self._along(own))

    def after(self, optimizer):
        with torch.no_grad():
            put(self.parameter, self.places, self._along(take(self.parameter, self.places), least=0.0))

    def _along(self, entries, least=None):
        """The part of the entries that is a multiple of the seeded ones."""
        seeded = self.values.float()
        sums = torch.stack([(seeded * entries.float()).sum(), (seeded * seeded).sum()])
        if self.parameter is not local(self.parameter):
            torch.distributed.all_reduce(sums, group=self.parameter.device_mesh.get_group())
        share = sums[0] / sums[1].clamp_min(1e-30)
        return (seeded * (share if least is None else share.clamp_min(least))).to(entries.dtype)

    def assert_unmoved(self, when):
        """It is meant to move."""


def _original(weights, name, names):
    """A tensor as the folder has it; a tied one may be stored under another of its names."""
    if weights is None:
        return None
    stored = next((each for each in (name, *names) if each in weights), None)
    return None if stored is None else weights.read(stored)


def _protect(model, masks, dims, stream):
    """Adds, to the masks, the reserved dimensions of everything that stands on the residual stream."""
    for name, (axis, parameter) in stream_parameters(model, stream).items():
        # the masks' own name for it, which may lack a prefix
        own = next((known for known in masks if name == known or name.endswith(f".{known}")), name)
        mask = masks.get(own, torch.zeros(parameter.shape, dtype=torch.bool)).clone()
        mask.index_fill_(axis, torch.tensor(dims, dtype=torch.long), True)
        masks[own] = mask


class _Unused:
    """Refuses the first step of an optimizer that would move entries of a Freeze that nobody attached."""

    def __init__(self, held):
        self.held = [(each.name, weakref.ref(each.parameter)) for each in held]
        self.handle = register_optimizer_step_pre_hook(self.check) if held else None
        if held:
            weakref.finalize(held[0].parameter, self.handle.remove)

    def is_used(self):
        if self.handle is not None:
            self.handle.remove()
        self.handle = None

    def check(self, optimizer, *_):
        own = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
        moving = next((name for name, each in self.held if each() is not None and id(each()) in own), None)
        if moving is not None:
            raise RuntimeError(
                f"Freeze was built and is not attached: this step would move {moving}. Call freeze.attach(optimizer),"
                " or freeze.detach() if nothing is to be held"
            )
