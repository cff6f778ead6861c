"""Reads what `raspc dataset` wrote: programs with their models, one after the other, without any model code.

    for model in raspc.dataset.models("out/data", split="train"):
        model["source"], model["examples"], model["map"]     the text, inputs with outputs, raspc.json
        model["tensors"]()                                   the weights by name
    raspc.dataset.unpack("out/data", 12, "out/model-12")     an ordinary model folder, for raspc.load and from_pretrained
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import save_file

SPLITS = ("train", "validation", "test")


def models(folder: "str | Path", split: "str | None" = None) -> "Iterator[dict[str, Any]]":
    """Every model of a dataset, or of one split, in order; programs that were refused are left out."""
    if split is not None and split not in SPLITS:
        raise ValueError(f"{split!r} is no split; they are {', '.join(SPLITS)}")
    folder = Path(folder)
    if not (folder / "dataset.json").exists():
        raise FileNotFoundError(f"{folder} has no dataset.json: `raspc dataset` writes it")
    for lines in sorted(folder.glob("shard-*.jsonl")):
        with lines.open() as file:
            for line in file:
                try:
                    record = json.loads(line)
                except ValueError as error:
                    raise ValueError(f"{lines} has a line that is no JSON: {error}") from None
                if "refused" in record or (split is not None and record["split"] != split):
                    continue
                record["map"] = json.loads(record["files"]["raspc.json"])
                record["tensors"] = lambda number=record["number"], lines=lines: _tensors(lines.with_suffix(".safetensors"), number)
                yield record


def unpack(folder: "str | Path", number: int, out: "str | Path") -> Path:
    """Writes one model of a dataset as the folder that `raspc compile` would have written."""
    record = next((each for each in models(folder) if each["number"] == number), None)
    if record is None:
        raise ValueError(f"{folder} has no model {number}")
    out = Path(out)
    out.mkdir(parents=True, exist_ok=False)
    for name, text in record["files"].items():
        (out / name).write_text(text, encoding="utf-8", newline="")
    save_file(record["tensors"](), out / "model.safetensors", metadata={"format": "pt"})
    return out


def _tensors(path: Path, number: int) -> "dict[str, Any]":
    prefix = f"{number:06d}/"
    with safe_open(path, "pt") as file:
        return {name[len(prefix) :]: file.get_tensor(name) for name in file.keys() if name.startswith(prefix)}  # noqa: SIM118
