"""Gains that follow the stream: what makes a circuit read what it read at step 0, however loud the rest of the model has become.

A norm divides by the scale of the whole stream, so codes of a fixed size shrink as training makes the rest louder. In each norm that
a circuit reads through, the gain's entries on its dimensions are therefore kept at

    gain(t) = gain(0) * read(0) / read(t),

where read is the geometric mean of what the norm makes of the variable's length, over the positions, each weighted by the energy that
the variable has there: a flag that only stands at the first position follows the first position. It is measured in the forward passes
of the training itself, and enters as a running mean with a trend, so that a stream that grows evenly is not followed too late. The
first position of a window counts for flags alone: where it is the sink, its flag makes it louder than all others at step 0 and no
longer later on. One number cannot follow positions that grow apart; so what is lost by their spread is made up for where that is
harmless: codes of positions are compared with each other alone, and follow the loud positions; a flag that stands for "nothing
matches" must not outdo the matches, which scatter, and is read lower by as much.

Circuits that were compiled add and compare their variables, so that these have to be read alike: all that is theirs has one factor,
that of the norm at all positions.

A norm that takes the mean away leaves it, times the gain, in everything that is read; seeds cancel that by a dimension that holds
nothing and has the negative sum of each row's weights. Gains that differ between variables would undo the sum, so the weights on that
dimension follow, too: each row's products of weight and gain keep their sum.

Tokens grow apart too, by as much as their embeddings do, and a head of the first layer moves the code of a loud token more weakly. So
the codes in the token table follow the loudness of their own rows beside that of all, which needs no measuring: it is in the weights.

Everything that a resumed run needs lies in the optimizer's own state, in its first parameter group under STATE, so that whoever saves
and loads the optimizer saves and loads it.
"""

import contextlib

import torch

from raspc.parameters import is_inner_gain, local, own_name, plain_name, shard, take
from raspc.token_rows import token_rows
from raspc.variables import COMPILED, compiled_dims, labelled

STATE = "raspc_held"
# share of the running mean that a step keeps: noise of a batch against lag behind a stream that grows; and of its trend
KEPT, KEPT_TREND = 0.5, 0.8
# what is read may change by this much in a step (in logarithm) and pass for noise; more is followed at once
NOISE = 0.1
# deviations of the spread by which a variable is read louder than its mean asks, by its encoding; flags have none of their own and take
# that of what they are weighed against
LEANS = {"positions": 2.0, "difference": 2.0, "flag": -1.0}
# a difference counts alike wherever it is more than this part of its mean energy: it is the small ones that must not pass for none
CLEAR = 0.1
# encodings of what is matched
CODES = ("tokens", "moved", "positions")
# on the first steps, and then each so many, it is looked whether the norms were seen at all (a GPU has to be waited for)
WATCHED_FIRST, WATCHED_EVERY = 4, 100

_measuring = {"on": True}


@contextlib.contextmanager
def paused():
    """Forward passes in here are no part of the training, and not followed."""
    before, _measuring["on"] = _measuring["on"], False
    try:
        yield
    finally:
        _measuring["on"] = before


class Follower:
    """Measures the stream before each norm that circuits read through, and moves the gains' reserved entries.

    found  (name, parameter, names, mask) of the gains that are programmed; the others of the list are left out
    """

    def __init__(self, model, circuit_map, found, original, rows=True):
        modules = {plain_name(name): module for name, module in model.named_modules()}
        self.norms, self._handles = [], []
        for name, parameter, names, mask in found:
            if not is_inner_gain(name, parameter):
                continue
            called = next((each.rsplit(".", 1)[0] for each in names if each.rsplit(".", 1)[0] in modules), None)
            if called is None:
                raise ValueError(f"the model has no norm to which {name} belongs")
            if original[name] is None:
                raise FileNotFoundError(f"the folder has no weights with {name}, so its gain at step 0 is not known: keep model.safetensors there")
            norm = _Norm(name, parameter, modules[called], mask, original[name], circuit_map)
            layer = called.rsplit(".", 1)[0]
            gains = [each for each, held in model.named_parameters() if plain_name(each).startswith(f"{layer}.") and is_inner_gain(each, held)]
            norm.is_first = plain_name(gains[0]) == f"{called}.weight"
            # transformers' Conv1D stores [in, out], everything else [out, in]
            norm.reads_rows = any(type(each).__name__ == "Conv1D" for each in modules.values())
            self.norms.append(norm)
        if not self.norms:
            raise ValueError("no norm's gain is programmed before an attention or an MLP: there is nothing that could follow, use mode protected")
        self.readers = [reader for norm in self.norms if norm.centred for reader in _readers(norm, circuit_map, found, original)]
        self.rows = token_rows(circuit_map, found, original) if rows else None
        if self.rows is not None:
            self.rows.norm = next((norm for norm in self.norms if norm.is_first and norm.layer == 0 and COMPILED in norm.groups), None)
        self._checked, self._steps, self._unmeasured = False, 0, 0
        self._handles = [norm.module.register_forward_pre_hook(norm.measure) for norm in self.norms]

    def detach(self):
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def takes(self, parameter, held):
        """Whether it is a gain that follows: from now on `held` has the values that it is given here."""
        for each in (*self.norms, *self.readers, *([] if self.rows is None else [self.rows])):
            if each.parameter is parameter:
                each.held = held
                return True
        return False

    def begin(self, optimizer):
        """Before the first step: the gains in the model have to be those that the optimizer's state says."""
        if self._checked:
            return
        state = None if optimizer is None else _group(optimizer).get(STATE)
        if state is not None and [len(norm.groups) for norm in self.norms] != [part["first"].shape[1] for part in state["norms"]]:
            raise ValueError("the optimizer's state of held gains is of another model or another seed")
        for i, norm in enumerate(self.norms):
            norm.load(None if state is None else state["norms"][i])
            norm.assert_at(state is not None)
        for each in (*self.readers, *([] if self.rows is None else [self.rows])):
            each.write()
            _assert_there(each.held)
        self._checked = True

    def follow(self, optimizer):
        """After a step: what was measured since the last one enters the running mean, and the gains go where it says."""
        sums = torch.cat([norm.taken() for norm in self.norms])
        if torch.distributed.is_available() and torch.distributed.is_initialized() and torch.distributed.get_world_size() > 1:
            torch.distributed.all_reduce(sums)
        parts = sums.split([3 * len(norm.groups) for norm in self.norms])
        for norm, part in zip(self.norms, parts, strict=True):
            norm.enter(part)
        for each in (*self.readers, *([] if self.rows is None else [self.rows])):
            each.write()
        self._watch(parts)
        if optimizer is not None:
            _group(optimizer)[STATE] = {"norms": [norm.state() for norm in self.norms]}

    def state_dict(self):
        """For loops that save without the optimizer."""
        return {"norms": [norm.state() for norm in self.norms]}

    def load_state_dict(self, state):
        for norm, part in zip(self.norms, state["norms"], strict=True):
            norm.load(part)
        self._checked = True

    def factors(self):
        return {norm.name: dict(zip(norm.groups, norm.factor().tolist(), strict=True)) for norm in self.norms}

    def _watch(self, parts):
        """A compiled model that does not run the hooks, or a stream that is not finite, must not pass for a stream at rest."""
        self._steps += 1
        if self._steps > WATCHED_FIRST and self._steps % WATCHED_EVERY > 1:
            return
        seen = all(bool(part.view(3, -1)[0].sum() > 0) for part in parts)
        self._unmeasured = 0 if seen else self._unmeasured + 1
        if self._unmeasured > 1:
            raise RuntimeError(
                "two steps in a row without a forward pass that the norms saw: the gains have nothing to follow."
                " Build Freeze before the model is compiled and first run, and train with gradients enabled"
            )


class _Norm:
    """One norm, and the variables that circuits read through it."""

    def __init__(self, name, parameter, module, mask, original, circuit_map):
        self.name, self.parameter, self.module = name, parameter, module
        self.is_first, self.reads_rows, self.shared = True, False, False
        self.centred = isinstance(module, torch.nn.LayerNorm)
        self.eps = next((getattr(module, key) for key in ("eps", "variance_epsilon", "epsilon") if isinstance(getattr(module, key, None), float)), 1e-6)
        # Gemma's norms store the gain less 1
        self.stored_less = 1.0 if "Gemma" in type(module).__name__ else 0.0
        dims = mask.nonzero().squeeze(1)
        named = labelled(circuit_map)
        owner = _owners(circuit_map, named, self.layer)
        called = [owner.get(dim, "rest") for dim in dims.tolist()]
        self.groups = sorted(set(called))
        where = torch.tensor([self.groups.index(each) for each in called])
        device = local(parameter).device
        # [reserved dimension] in the stream, and the variable of each
        self.dims, self.group_of = dims.to(device), where.to(device)
        self.first_gain = original.float()[dims].to(device) + self.stored_less
        whole = torch.full(mask.shape, -1, dtype=torch.long)
        whole[dims] = torch.arange(len(dims))
        # which of the dimensions lie in this process's part of the gain
        mine = shard(whole, parameter)
        self.own = mine[mine >= 0].to(device)
        self.held = None
        # those that hold nothing (a reference dimension) go by all positions alike
        encodings = {label: variable["encoding"] for label, variable in named if variable.get("amplitude", 1) and label != COMPILED}
        self.by_all = torch.tensor([name not in encodings for name in self.groups], device=device)
        self.leans = torch.tensor([LEANS.get(encodings.get(name), 0.0) for name in self.groups], device=device)
        self.are_codes = torch.tensor([encodings.get(name) in CODES for name in self.groups], device=device)
        self.differ = torch.tensor([encodings.get(name) == "difference" for name in self.groups], device=device)
        self.are_flags = torch.tensor([encodings.get(name) == "flag" for name in self.groups], device=device)
        # of each variable: the sum of the weights, of the logarithm of what is read, and of its square, weighted
        self.sums = torch.zeros(3, len(self.groups), device=device)
        # of each variable: mean and variance of that logarithm over positions, at first and as a running mean; nan where it was not yet
        # seen; and by how much the mean changes in a step
        self.first = self.mean = self.trend = None

    def share(self):
        """One factor for all variables: nothing here takes up what differing ones leave of the mean."""
        self.shared = True

    @property
    def layer(self):
        return next((int(part) for part in self.name.split(".") if part.isdigit()), 0)

    def measure(self, _, inputs):
        if not (torch.is_grad_enabled() and _measuring["on"]):
            return
        stream = inputs[0].detach().float()
        spread = stream.var(-1, unbiased=False) if self.centred else stream.pow(2).mean(-1)
        divisor = (spread + self.eps).log().reshape(-1, 1) / 2
        energy = stream.index_select(-1, self.dims).pow(2).reshape(len(divisor), -1)
        energy = torch.zeros(len(divisor), len(self.groups), device=stream.device).index_add(1, self.group_of, energy)
        whole = energy = torch.where(self.by_all, torch.ones_like(energy), energy)
        energy = torch.where(self.differ, energy.minimum(CLEAR * energy.mean(0)), energy)
        if stream.dim() == 3 and stream.shape[1] > 1:
            energy.view(*stream.shape[:2], -1)[:, 0].mul_(self.are_flags)
        read = whole.clamp_min(1e-30).log() / 2 - divisor
        self.sums.add_(torch.stack([energy.sum(0), (energy * read).sum(0), (energy * read * read).sum(0)]))

    def taken(self):
        """What was measured since the last time, [3 * variables]."""
        sums = self.sums.clone().reshape(-1)
        self.sums.zero_()
        return torch.where(torch.isfinite(sums), sums, torch.zeros_like(sums))

    def enter(self, sums):
        weights, *moments = sums.view(3, -1)
        found = torch.where(weights > 0, torch.stack(moments) / weights, torch.full_like(moments[0], torch.nan))
        found[1] = (found[1] - found[0].square()).clamp_min(0)
        if self.first is None:
            self.first, self.mean, self.trend = found, found.clone(), torch.zeros_like(found[0])
        else:
            self.first = torch.where(self.first.isnan(), found, self.first)
            expected = torch.stack([self.mean[0] + self.trend, self.mean[1]])
            jumps = expected[:1].isnan() | ((found[:1] - expected[:1]).abs() > NOISE)
            running = torch.where(jumps, found, KEPT * expected + (1 - KEPT) * found)
            running = torch.where(found.isnan(), self.mean, running)
            moved = (running[0] - self.mean[0]).nan_to_num()
            self.trend = torch.where(found[0].isnan(), self.trend, KEPT_TREND * self.trend + (1 - KEPT_TREND) * moved)
            self.mean = running
        self._write()

    def factor(self):
        """By how much each variable's gain is larger than at step 0."""
        if self.first is None:
            return torch.ones(len(self.groups))
        fallen = (self.first[0] - self.mean[0] - self.trend).nan_to_num()
        apart = (self.mean[1].sqrt() - self.first[1].sqrt()).nan_to_num().clamp_min(0)
        others = torch.where(self.are_codes, apart, torch.zeros_like(apart)).amax()
        if self.shared:
            common = fallen[self.are_codes].mean() if bool(self.are_codes.any()) else fallen.mean()
            return common.exp().expand(len(self.groups)).clone()
        return (fallen + self.leans * torch.where(self.leans < 0, others, apart)).exp()

    def factor_of(self, group):
        return self.factor()[self.groups.index(group)]

    def _write(self):
        gains = (self.first_gain * self.factor().to(self.first_gain.device)[self.group_of] - self.stored_less).to(self.parameter.dtype)
        self.held.values = gains.index_select(0, self.own)

    def state(self):
        return {"first": self.first.clone(), "mean": self.mean.clone(), "trend": self.trend.clone()}

    def load(self, part):
        if part is not None:
            device = self.dims.device
            self.first, self.mean, self.trend = (part[key].to(device) for key in ("first", "mean", "trend"))
        self._write()

    def assert_at(self, resumed):
        expected, found = self.held.values, take(self.parameter, self.held.places)
        if torch.equal(expected, found):
            return
        if resumed:
            raise ValueError(f"the optimizer's state says other gains of {self.name} than the model has: load both from the same checkpoint")
        raise ValueError(
            f"the gains of {self.name} are not the folder's, and the optimizer has no state of held gains: to go on with a run, load its"
            " optimizer's state; to begin one, load the seeded weights"
        )


def _assert_there(held):
    if not torch.equal(held.values, take(held.parameter, held.places)):
        raise ValueError(
            f"the model is not as the folder has it, nor as a run that held it left it: entries of {held.name} differ."
            " Load the seeded weights first, or those of the checkpoint to go on with"
        )


class _Reader:
    """Rows of weights that read through a norm that takes the mean away: those on the dimension that holds nothing keep the rows' sums."""

    def __init__(self, norm, parameter, mask, original, axis, zero):
        self.norm, self.parameter, self.held, self.mask = norm, parameter, None, mask
        weights = original.float() if axis == 0 else original.float().T
        gains = norm.first_gain.cpu()
        dims, group_of = norm.dims.cpu(), norm.group_of.cpu()
        # [variable, row]: the sum over the variable's dimensions of weight and gain at step 0
        sums = torch.zeros(len(norm.groups), weights.shape[1]).index_add(0, group_of, weights[dims] * gains[:, None])
        device = local(parameter).device
        self.sums, self.first = sums.to(device), weights[zero].to(device)
        self.zero_gain = gains[(dims == zero).nonzero()[0, 0]].item()
        self.zero_group = int(group_of[(dims == zero).nonzero()[0, 0]])
        rows = torch.full(mask.shape, -1, dtype=torch.long)
        rows.select(axis, zero).copy_(torch.arange(mask.shape[1 - axis]))
        places = shard(mask, parameter).to(device).flatten().nonzero().squeeze(1)
        row = shard(rows, parameter).to(device).flatten().index_select(0, places)
        self.at = (row >= 0).nonzero().squeeze(1)
        self.row = row[self.at]
        mine = shard(original.to(parameter.dtype), parameter).to(device)
        self.first_values = mine.reshape(-1).index_select(0, places)

    def write(self):
        factor = self.norm.factor().to(self.sums.device)
        own = factor[self.zero_group]
        moved = ((own - factor)[:, None] * self.sums).sum(0) / (self.zero_gain * own)
        values = self.first_values.clone()
        values[self.at] = (self.first + moved)[self.row].to(values.dtype)
        self.held.values = values


def _readers(norm, circuit_map, found, original):
    """The programmed matrices that read through a norm, where a dimension that holds nothing takes the mean away."""
    zero = next((variable["dims"][0] for variable in circuit_map.get("variables", []) if variable.get("encoding") == "zero" and variable["dims"]), None)
    if zero is None or zero not in norm.dims.tolist():
        norm.share()
        return []
    stream = {each["tensor"] for each in circuit_map.get("stream", [])}
    layer = norm.name.split(".weight")[0].rsplit(".", 1)[0]
    readers = []
    for name, parameter, _, mask in found:
        own = ".".join("{layer}" if part.isdigit() else part for part in name.split("."))
        if parameter.dim() != 2 or own_name(own, stream) in stream or not name.startswith(f"{layer}.") or original[name] is None:
            continue
        # what reads through the attention's norm is attention, and what reads through the MLP's is an MLP
        if norm.is_first != ("mlp" not in name.lower()):
            continue
        width = norm.parameter.shape[0]
        axis = 1 if parameter.shape[1] == width and parameter.shape[0] != width else 0
        if parameter.shape[0] == parameter.shape[1]:
            axis = 0 if norm.reads_rows else 1
        readers.append(_Reader(norm, parameter, mask, original[name], axis, zero))
    return readers


def _group(optimizer):
    return optimizer.param_groups[0]


def _owners(circuit_map, named, layer):
    """The variable that a reserved dimension holds when this layer reads; of several, the one that was written last."""
    owners = {}
    for label, variable in sorted(named, key=lambda each: _written(each[1])):
        if _written(variable) <= layer:
            owners.update(dict.fromkeys(variable["dims"], label))
    owners.update(dict.fromkeys(compiled_dims(circuit_map), COMPILED))
    return owners


def _written(variable):
    written = variable.get("written", -1)
    return written if isinstance(written, int) else written.get("layer", -1)
