"""The circuits of a seeded folder inside a model: where each reads and writes, how loud the stream is there, and the model without it."""

import contextlib

import torch

from raspc.folder import FolderWeights, circuit_map, folder_of
from raspc.parameters import is_inner_gain, local, match, plain_name, put, shard, take


def unwrapped(model):
    """The model inside of torch.compile's and DistributedDataParallel's wrappers."""
    while True:
        inside = getattr(model, "_orig_mod", None)
        if inside is None and isinstance(model, torch.nn.parallel.DistributedDataParallel):
            inside = model.module
        if inside is None:
            return model
        model = inside


class Circuits:
    """The map of a folder, and the parts of a model that it speaks of."""

    def __init__(self, model, folder):
        self.model, self.folder = model, folder_of(folder)
        self.map = circuit_map(folder)
        if "circuits" not in self.map:
            raise ValueError(f"{folder} holds a compiled model, not a seeded one: it has no circuits to watch")
        self.weights = FolderWeights(self.folder)
        self.stream = {entry["tensor"]: entry["axis"] for entry in self.map.get("stream", [])}
        self.parameters = {plain_name(name): parameter for name, parameter in model.named_parameters(remove_duplicate=False)}
        self.modules = {plain_name(name): module for name, module in model.named_modules()}
        self.dims = sorted({dim for circuit in self.map["circuits"] for dim in circuit["dims"]})

    def heads(self, circuit):
        return [head for head in self.map["heads"] if head["name"] in circuit["heads"]]

    def bounds(self, circuit):
        """(layer, loudest stream) of the layers whose heads know a limit."""
        limits = {}
        for head in self.heads(circuit):
            if head.get("streamAtMost") is not None:
                limits[head["layer"]] = min(head["streamAtMost"], limits.get(head["layer"], float("inf")))
        return sorted(limits.items())

    def norm(self, layer):
        """The norm through which the heads of a layer read, by name and module: the first gain of that layer."""
        for name, parameter in self.parameters.items():
            if f".{layer}." in name and is_inner_gain(name, parameter) and name.rsplit(".", 1)[0] in self.modules:
                return name, self.modules[name.rsplit(".", 1)[0]]
        raise ValueError(f"the model has no norm in layer {layer}")

    def after(self, layer):
        """The module whose output is the stream after a layer."""
        return self.modules[self.norm(layer)[0].split(f".{layer}.")[0] + f".{layer}"]

    def scales(self, ids, layers):
        """Root mean square of the stream before these layers, [window, position] each.

        Without what flags add: where a token stands twice in a row one stands that is far louder than all else, by design.
        """
        flags = [dim for variable in self.map.get("variables", []) if variable["encoding"] == "flag" for dim in variable["dims"]]
        found, handles = {}, []

        def look(layer, stream):
            energy = stream.detach().float().pow(2)
            energy[..., flags] = 0
            found[layer] = energy.mean(-1).sqrt()

        for layer in set(layers):
            _, module = self.norm(layer)
            handles.append(module.register_forward_pre_hook(lambda _, inputs, layer=layer: look(layer, inputs[0])))
        try:
            if handles:
                self.model(ids)
        finally:
            for handle in handles:
                handle.remove()
        return found

    def followed(self, layer):
        """By how much the gains on the reserved dimensions are larger than the folder's: 1 where nothing followed."""
        name, _ = self.norm(layer)
        stored = next((each for each in self.weights.files if each == name or each.endswith(f".{name}") or name.endswith(f".{each}")), None)
        if stored is None:
            return 1.0
        before = self.weights.read(stored).float()[self.dims]
        parameter = self.parameters[name]
        now = parameter.full_tensor() if hasattr(parameter, "full_tensor") else parameter
        ratio = now.detach().float().cpu()[self.dims][before != 0] / before[before != 0]
        return ratio.abs().median().item() if len(ratio) else 1.0

    def _slices(self, circuit, tensors):
        """Masks of the circuit's programmed entries in these tensors."""
        masks = {}
        for each in circuit["slices"]:
            parameter = self.parameters.get(each["tensor"]) if each["tensor"] in tensors else None
            if parameter is None:
                continue
            mask = masks.setdefault(each["tensor"], torch.zeros(parameter.shape, dtype=torch.bool))
            rows, columns = (torch.tensor([i for start, end in each[axis] for i in range(start, end)], dtype=torch.long) for axis in ("rows", "cols"))
            if mask.dim() == 2:
                mask[rows[:, None], columns[None]] = True
            else:
                mask[rows] = True
        return masks

    def _writers(self, circuit):
        """The matrices of sublayers by which the circuit writes into the stream."""
        known = [name for name in self.parameters if ".".join("{layer}" if part.isdigit() else part for part in name.split(".")) in self.stream]
        names = [name for name in known if any(part.isdigit() for part in name.split(".")) and self.parameters[name].dim() == 2]
        return self._slices(circuit, set(names))

    @contextlib.contextmanager
    def without(self, circuit):
        """The model without what the circuit writes: the programmed entries of its sublayers' output matrices are zero meanwhile."""
        kept = []
        with torch.no_grad():
            for _, parameter, _, mask in match(self.model, self._writers(circuit)):
                places = shard(mask, parameter).to(local(parameter).device).flatten().nonzero().squeeze(1)
                values = take(parameter, places)
                kept.append((parameter, places, values))
                put(parameter, places, torch.zeros_like(values))
        try:
            yield
        finally:
            with torch.no_grad():
                for parameter, places, values in kept:
                    put(parameter, places, values)

    def written(self, circuit):
        """The reserved dimensions that the circuit's last sublayer writes: where its answer stands in the stream."""
        last = max((head["layer"] for head in self.heads(circuit)), default=None)
        dims = set()
        for name, mask in self._writers(circuit).items():
            if last is not None and f".{last}." not in name:
                continue
            axis = self.stream[".".join("{layer}" if part.isdigit() else part for part in name.split("."))]
            values = self.weights.read(name) if name in self.weights else self.parameters[name].detach()
            hit = ((values != 0) & mask).any(1 - axis).nonzero().squeeze(1).tolist()
            dims |= set(hit)
        return sorted(dims & set(self.dims))

    def readers(self, circuit):
        """How strongly later sublayers read what the circuit writes: their weights there beside those on other dimensions, as a ratio.

        1 is what weights drawn at random have. None where no layer comes after the circuit.
        """
        dims = self.written(circuit)
        last = max((head["layer"] for head in self.heads(circuit)), default=0)
        own = others = 0.0
        counts = [0, 0]
        for name, parameter in self.parameters.items():
            layer = next((int(part) for part in name.split(".") if part.isdigit()), None)
            plain = ".".join("{layer}" if part.isdigit() else part for part in name.split("."))
            if layer is None or layer <= last or parameter.dim() != 2 or plain in self.stream or not dims:
                continue
            whole = (parameter.full_tensor() if hasattr(parameter, "full_tensor") else parameter).detach().float()
            axis = 0 if type(self.modules[name.rsplit(".", 1)[0]]).__name__ == "Conv1D" else 1
            energy = whole.pow(2).sum(1 - axis)
            rest = torch.ones(len(energy), dtype=torch.bool, device=energy.device)
            rest[self.dims] = False
            own, others = own + energy[dims].sum().item(), others + energy[rest].sum().item()
            counts = [counts[0] + len(dims), counts[1] + int(rest.sum())]
        return None if not counts[0] or others == 0 else ((own / counts[0]) / (others / counts[1])) ** 0.5
