"""Codes in the token table that follow the loudness of their own rows, as gains follow the stream's: what a head moves of a loud token is no weaker.

So do, in a model that circuits were grafted onto, the classes of tokens: they are as loud as the embedding of their token, so that whoever counts
them reads each alike.
"""

import torch

from raspc.parameters import local, own_name, shard
from raspc.variables import COMPILED, compiled_dims


# what a compiled circuit has in the token table that is as loud as the token; its constant is the same for all
OF_TOKENS = ("one-hot", "first", "even")


class TokenRows:
    """The codes in the token table: each row's are larger than at step 0 by as much as the row has become louder than others.

    What all rows have in common the gains follow; where the unembedding is the same table, it would make all answers louder. For classes
    that common part is what the first norm's gain has followed, and no mean: what is counted is compared with what stands elsewhere.
    """

    def __init__(self, parameter, mask, original, dims, classes, reserved, beside, beside_at_first, reference=None):
        self.parameter, self.held, self.beside, self.beside_at_first = parameter, None, beside, beside_at_first
        device = local(parameter).device
        self.free = torch.ones(parameter.shape[1], dtype=torch.bool)
        self.free[reserved] = False
        self.free = self.free.to(device)
        places = shard(mask, parameter).to(device).flatten().nonzero().squeeze(1)
        self.is_code, self.is_class = (_columns(mask, some, parameter).to(device).index_select(0, places) for some in (dims, classes))
        # the norm through which the first layer's heads read classes; without one these are codes like others
        self.norm = None
        self.row = places // parameter.shape[1]
        mine = shard(original.to(parameter.dtype), parameter).to(device)
        self.first_values = mine.reshape(-1).index_select(0, places)
        self.first_energy = self._energy(mine)
        # where norms take the mean off, all new dimensions of a graft carry the mean of the old ones, which is no part of a code
        self.base = 0.0 if reference is None else mine.detach().float()[:, reference].index_select(0, self.row)

    def _energy(self, rows):
        return torch.where(self.free, rows.detach().float(), 0.0).square().sum(1)

    def _mean(self, values):
        """Geometric mean over the rows of the whole table, of which this process may have a part."""
        sums = torch.stack([values.log().sum(), torch.tensor(float(len(values)), device=values.device)])
        if self.parameter is not local(self.parameter):
            torch.distributed.all_reduce(sums, group=self.parameter.device_mesh.get_group())
        return (sums[0] / sums[1]).exp()

    def write(self):
        """Says what the held entries are to be, by the rows as they are now."""
        beside = sum(_mean_energy(each, self.free) for each in self.beside)
        now, then = self._energy(local(self.parameter)) + beside, self.first_energy + self.beside_at_first
        louder = torch.where((now > 0) & (then > 0), now / then.clamp_min(1e-30), torch.ones_like(now)).sqrt()
        mean = self._mean(louder)
        common = mean if self.norm is None else self.norm.factor_of(COMPILED).to(mean.device)
        grown = torch.where(self.is_class, (louder / common)[self.row], torch.where(self.is_code, (louder / mean)[self.row], 1.0))
        first = self.first_values.float()
        # a code that has not grown keeps its bits
        self.held.values = (first + (first - self.base) * (grown - 1)).to(self.parameter.dtype)


def _columns(mask, dims, parameter):
    """Which of the entries in this process's part of a table lie in these columns."""
    columns = torch.zeros(mask.shape, dtype=torch.bool)
    columns[:, dims] = True
    return shard(columns, parameter).flatten()


def _mean_energy(parameter, free):
    """Mean over a table's rows of what stands outside of the reserved dimensions."""
    whole = parameter.full_tensor() if hasattr(parameter, "full_tensor") else parameter
    return torch.where(free, whole.detach().float(), 0.0).square().sum(1).mean()


def token_rows(circuit_map, found, original):
    """The token table, where circuits read token codes; None where they read none."""
    stream = circuit_map.get("stream", [])
    variables = circuit_map.get("variables", [])
    dims = [dim for variable in variables if variable.get("encoding") == "tokens" for dim in variable["dims"]]
    compiled = compiled_dims(circuit_map) if circuit_map.get("host") is not None else set()
    own = [variable for variable in variables if variable.get("encoding") in OF_TOKENS and compiled.intersection(variable["dims"])]
    classes = [dim for variable in own for dim in variable["dims"]]
    if not stream or not dims + classes:
        return None
    entry = next((each for each in found if own_name(each[0], {stream[0]["tensor"]}) == stream[0]["tensor"]), None)
    if entry is None or entry[1].dim() != 2 or original[entry[0]] is None:
        return None
    name, parameter, _, mask = entry
    reserved = sorted({dim for circuit in circuit_map["circuits"] for dim in circuit["dims"]})
    tables = {each["tensor"] for each in stream[1:] if "{layer}" not in each["tensor"]}
    beside = [each for each in found if each[1].dim() == 2 and own_name(each[0], tables) in tables and each[1] is not parameter]
    free = torch.ones(parameter.shape[1], dtype=torch.bool)
    free[reserved] = False
    first = sum(_mean_energy(original[each[0]].to(each[1].dtype).to(local(each[1]).device), free.to(local(each[1]).device)) for each in beside)
    return TokenRows(parameter, mask, original[name], dims, classes, reserved, [each[1] for each in beside], first, (circuit_map.get("host") or {}).get("reference"))
