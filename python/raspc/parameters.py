"""A model's parameters by the names that a checkpoint gives them, and entries of them, whatever wraps or shards the model."""

import re

import torch

# what wrappers put into a parameter's name: FSDP, torch.compile, activation checkpointing, DistributedDataParallel
_WRAPPERS = {"_fsdp_wrapped_module", "_orig_mod", "_checkpoint_wrapped_module", "_ddp_wrapped_module"}

# the number of a layer within a name
_LAYER = re.compile(r"(?<=\.)\d+(?=\.)")


def plain_name(name):
    """A parameter's name without what FSDP, torch.compile and other wrappers put into it."""
    return ".".join(part for part in name.split(".") if part not in _WRAPPERS)


def is_inner_gain(name, parameter):
    """Whether a programmed parameter is the gain of a norm that a sublayer reads through: the vectors of a layer that are weights."""
    return parameter.dim() == 1 and name.endswith(".weight") and _LAYER.search(name) is not None


def is_final_gain(name, parameter):
    """Whether it is the gain of the norm before the output: the one vector of weights that belongs to no layer."""
    return parameter.dim() == 1 and name.endswith(".weight") and _LAYER.search(name) is None


def stream_parameters(model, stream):
    """For each parameter on the residual stream, by its plain name: the axis of the stream's dimensions, and the parameter.

    stream  {name: the axis over its dimensions}, `{layer}` for every layer
    """
    axes = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        own = _LAYER.sub("{layer}", plain_name(name))
        for known, axis in stream.items():
            # a model in a wrapper has a longer name, one without its head a shorter one
            if own == known or own.endswith(f".{known}") or ("." in own and known.endswith(f".{own}")):
                axes[plain_name(name)] = (axis, parameter)
    if not any(parameter.dim() > 1 for _, parameter in axes.values()):
        raise ValueError(f"it is not known what writes into the residual stream of a {type(model).__name__}: use mode frozen")
    return axes


def own_name(name, known):
    """The name among `known` that means the same parameter: the same, or one that lacks or has a prefix such as `module.`."""
    if name in known:
        return name
    return next((each for each in known if name.endswith(f".{each}") or each.endswith(f".{name}")), name)


def local(tensor):
    """This process's part of a sharded tensor (FSDP2), or the tensor."""
    return tensor.to_local() if hasattr(tensor, "to_local") else tensor


def take(tensor, places):
    """Entries by their flat places, of this process's part."""
    return local(tensor.detach()).reshape(-1).index_select(0, places)


def put(tensor, places, values):
    """Sets entries by their flat places, in place."""
    tensor = local(tensor.detach())
    if tensor.is_contiguous():
        tensor.view(-1).index_copy_(0, places, values)
    else:
        tensor.copy_(tensor.reshape(-1).index_copy(0, places, values).view(tensor.shape))


def bits(tensor):
    """The entries as whole numbers, so that equal means bit-identical."""
    return tensor.view({1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[tensor.element_size()])


def shard(tensor, parameter):
    """The part of a whole tensor that goes with this process's part of a parameter."""
    if not hasattr(parameter, "placements"):
        return tensor.to(parameter.device)
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(tensor.to(parameter.device), parameter.device_mesh, parameter.placements).to_local()


def match(model, masks):
    """For each parameter with a mask: (the mask's name, parameter, its names in the model, mask of the whole tensor).

    A name may have a prefix in the model (`module.`) or lack one. Tied tensors are one parameter, and their masks one mask.
    """
    names = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        names[plain_name(name)] = parameter
    found = {}
    for name, mask in masks.items():
        fitting = [name] if name in names else [full for full in names if full.endswith(f".{name}")]
        if len({id(names[full]) for full in fitting}) != 1:
            what = f"fits {', '.join(fitting)}" if fitting else f"is none of its {len(names)} parameters, such as {next(iter(names), '?')}"
            raise ValueError(f"the model does not fit: {name} {what}")
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
    called = {}
    for name, parameter in names.items():
        called.setdefault(id(parameter), []).append(name)
    return [(name, parameter, called[id(parameter)], mask) for name, parameter, mask in found.values() if mask.any()]
