"""The map of a compiled folder, as a stranger's claim: what cannot be so is refused in words before anything is read by it."""

import hashlib
from pathlib import Path
from typing import Any, NoReturn

from raspc.folder import circuit_map
from raspc.schema import fault, map_schema


def compiled_map(folder: "str | Path", check: bool = True) -> "dict[str, Any]":
    """The map of a folder that `raspc compile` wrote; with `check`, of these very weights."""
    if not isinstance(folder, str | Path):
        raise ValueError(f"{folder!r} is no folder")
    if Path(folder).is_file():
        raise ValueError(f"{folder} is a file: give the folder that it lies in")
    found = circuit_map(folder)
    if not isinstance(found, dict) or "variables" not in found or "outputs" not in found:
        raise ValueError(f"{folder} holds no compiled model: a seeded one is watched by CircuitMonitor")
    _check_form(found)
    if check:
        _check_files(Path(folder), found["files"])
    return found


def _wrong(why: str) -> NoReturn:
    raise ValueError(f"raspc.json cannot be right: {why}")


def _check_form(found: "dict[str, Any]") -> None:
    wrong = fault(found, map_schema())
    if wrong is not None:
        _wrong(wrong)
    for variable in found["variables"]:
        for each in variable.get("codes", []):
            if len(each["code"]) != len(variable["dims"]):
                _wrong(f"`{variable['name']}` has a code of {len(each['code'])} numbers, and {len(variable['dims'])} dimensions")
    meaning = found.get("meaning")
    if meaning is not None:
        for name in ("outputs", "variables", "heads", "neurons"):
            if len(meaning.get(name, [])) != len(found[name]):
                _wrong(f"`meaning.{name}` and `{name}` are not of one length")
        nodes = meaning.get("nodes", [])
        for i, node in enumerate(nodes):
            if any(not 0 <= arg < i for arg in node.get("args", [])):
                _wrong(f"node {i} of its meaning reads a node that does not come before it")
        said = [variable.get("node") for variable in meaning["variables"]] + meaning["outputs"]
        if any(node is not None and not 0 <= node < len(nodes) for node in said):
            _wrong(f"its meaning has {len(nodes)} nodes, and speaks of another")
    for name, hooks in found.get("hooks", {}).items():
        if len(hooks) != len(found[name]):
            _wrong(f"`hooks.{name}` and `{name}` are not of one length")
    for output in found["outputs"]:
        if output["kind"] == "categorical" and not output["logits"]:
            _wrong(f"`{output['name']}` has no logits to be read from")
    names = {variable["name"] for variable in found["variables"]}
    for edge in found.get("edges", []):
        if edge.get("variable") not in names:
            _wrong(f"an edge carries {edge.get('variable')!r}, which is no variable")


def check_sizes(found: "dict[str, Any]", width: int, layers: int, heads: int, tokens: int, logits: int, positions: int) -> None:
    """The map's places against the model's sizes."""
    if found["context"] + 1 > positions:
        _wrong(f"its context is {found['context']}, and the model has {positions} positions, BOS's among them")
    for what, number in [("BOS", found["bos"]["id"]), *((repr(token["value"]), token["id"]) for token in found["vocabulary"])]:
        if not 0 <= number < tokens:
            _wrong(f"{what} is token {number}, and the model has {tokens}")
    for output in found["outputs"]:
        for number in [each["id"] for each in output["logits"]] if output["kind"] == "categorical" else [output["logit"]]:
            if not 0 <= number < logits:
                _wrong(f"`{output['name']}` is read from logit {number}, and the model has {logits}")
    for variable in found["variables"]:
        if any(not 0 <= dim < width for dim in variable["dims"]):
            _wrong(f"`{variable['name']}` lies in a dimension that the model's {width} have not")
        if not 0 <= variable["written"]["layer"] < layers:
            _wrong(f"`{variable['name']}` is written in layer {variable['written']['layer']}, and the model has {layers}")
    for head in found["heads"]:
        if not (0 <= head["layer"] < layers and 0 <= head["head"] < heads):
            _wrong(f"`{head['name']}` is head {head['head']} of layer {head['layer']}, and the model has {layers} layers of {heads}")


def _check_files(folder: Path, files: "list[dict[str, Any]]") -> None:
    for each in files:
        path = folder / each["path"]
        if path.suffix != ".safetensors" and path.name != "config.json":
            continue
        if not path.exists():
            raise FileNotFoundError(f"{folder} has no {each['path']}, which its map lists")
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        if digest.hexdigest() != each["sha256"]:
            raise ValueError(f"{path} is not the file that the map speaks of (its sha256 is another); `check=False` reads it nevertheless")
