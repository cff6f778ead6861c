"""What `raspc` wrote into a folder, as far as Python reads it: the circuit map, the masks, and single tensors of its weights."""

import json
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import load_file

MAP = "raspc.json"
MASKS = "freeze.safetensors"
WEIGHTS = "model.safetensors"


def folder_of(source: Any) -> "Path | None":
    """The folder of a source, which is a folder or a file in one; None for masks in a dict."""
    if isinstance(source, dict):
        return None
    path = Path(source)
    return path if path.is_dir() else path.parent


def circuit_map(source: Any) -> "dict[str, Any]":
    """raspc.json beside the masks, or of the folder."""
    folder = folder_of(source)
    if folder is None:
        raise ValueError("masks in a dict come without a circuit map: give `reserved`, or use the seeded folder")
    path = Path(source) if Path(source).suffix == ".json" else folder / MAP
    if not Path(source).exists():
        raise FileNotFoundError(f"there is no {source}")
    if not path.is_file():
        raise FileNotFoundError(f"{folder} has no {MAP}: `raspc` did not write it, or it is disguised, and its map is in the key")
    try:
        found: "dict[str, Any]" = json.loads(path.read_text())
        return found
    except (RecursionError, ValueError) as error:
        raise ValueError(f"{path} is no JSON: {error}") from None


def read_masks(source):
    """The masks of the programmed entries by the tensors' names; 1 = programmed."""
    if isinstance(source, dict):
        masks = source
    else:
        path = Path(source)
        path = path / MASKS if path.is_dir() else path
        if not path.exists():
            raise FileNotFoundError(f"there is no {path}: `raspc seed` writes it")
        masks = load_file(path)
    return {name: mask.bool() for name, mask in masks.items()}


class FolderWeights:
    """The weights of a folder, one tensor at a time, from one file or from shards."""

    def __init__(self, folder):
        self.folder = Path(folder)
        index = self.folder / f"{WEIGHTS}.index.json"
        if index.exists():
            try:
                self.files = dict(json.loads(index.read_text())["weight_map"])
            except (LookupError, TypeError, ValueError) as error:
                raise ValueError(f"{index} does not say which file holds which tensor: {error}") from None
        elif (self.folder / WEIGHTS).exists():
            with safe_open(self.folder / WEIGHTS, "pt") as file:
                self.files = dict.fromkeys(file.keys(), WEIGHTS)
        else:
            self.files = {}

    def __contains__(self, name):
        return name in self.files

    def __bool__(self):
        return bool(self.files)

    def read(self, name):
        with safe_open(self.folder / self.files[name], "pt") as file:
            return file.get_tensor(name)


def reserved_dims(source):
    """The residual dimensions that belong to the circuits of a seeded folder."""
    return sorted({dim for circuit in circuit_map(source)["circuits"] for dim in circuit["dims"]})


def stream_axes(source):
    """What stands on the residual stream of a seeded model: {name: the axis over its dimensions}, `{layer}` for every layer."""
    found = circuit_map(source).get("stream")
    if not found:
        raise ValueError("raspc.json does not say what stands on the residual stream (it is of an older raspc): seed again, or give `stream`")
    return {entry["tensor"]: entry["axis"] for entry in found}


def programmed_heads(source):
    """The programmed heads of a seeded folder: (layer, head, name), in order."""
    return sorted((head["layer"], head["head"], head["name"]) for head in circuit_map(source)["heads"])
