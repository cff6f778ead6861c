"""Codes in the token table that follow the loudness of their own rows, as gains follow the stream's: what a head moves of a loud token is no weaker."""

import torch

from raspc.parameters import local, own_name, shard


class TokenRows:
    """The codes in the token table: each row's are larger than at step 0 by as much as the row has become louder than others.

    What all rows have in common the gains follow; where the unembedding is the same table, it would make all answers louder.
    """

    def __init__(self, parameter, mask, original, dims, reserved, beside, beside_at_first):
        self.parameter, self.held, self.beside, self.beside_at_first = parameter, None, beside, beside_at_first
        device = local(parameter).device
        self.free = torch.ones(parameter.shape[1], dtype=torch.bool)
        self.free[reserved] = False
        self.free = self.free.to(device)
        codes = torch.zeros(mask.shape, dtype=torch.bool)
        codes[:, dims] = True
        places = shard(mask, parameter).to(device).flatten().nonzero().squeeze(1)
        self.is_code = shard(codes, parameter).to(device).flatten().index_select(0, places)
        self.row = places // parameter.shape[1]
        mine = shard(original.to(parameter.dtype), parameter).to(device)
        self.first_values = mine.reshape(-1).index_select(0, places)
        self.first_energy = self._energy(mine)

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
        factor = (louder / self._mean(louder))[self.row]
        values = torch.where(self.is_code, self.first_values.float() * factor, self.first_values.float())
        self.held.values = values.to(self.parameter.dtype)


def _mean_energy(parameter, free):
    """Mean over a table's rows of what stands outside of the reserved dimensions."""
    whole = parameter.full_tensor() if hasattr(parameter, "full_tensor") else parameter
    return torch.where(free, whole.detach().float(), 0.0).square().sum(1).mean()


def token_rows(circuit_map, found, original):
    """The token table, where circuits read token codes; None where they read none."""
    stream = circuit_map.get("stream", [])
    dims = [dim for variable in circuit_map.get("variables", []) if variable.get("encoding") == "tokens" for dim in variable["dims"]]
    if not stream or not dims:
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
    return TokenRows(parameter, mask, original[name], dims, reserved, [each[1] for each in beside], first)
