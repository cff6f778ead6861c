"""Compiled models in TransformerLens and nnsight, such that the call that one would write gives the right answer."""

from pathlib import Path
from typing import Any

import torch


def transformer_lens_bridge(folder: "str | Path", model: Any, target: str, encoder: bool) -> Any:
    """TransformerLens's bridge to a freshly loaded stock model, which it takes over.

    Its bridges differ in two things that would give wrong answers without a word: for some families they take the BOS away that the
    tokenizer puts in front, and of an encoder they know no head that labels tokens.
    """
    try:
        from transformer_lens.model_bridge import TransformerBridge
    except ImportError as error:
        raise ImportError(f"TransformerLens 4 is needed for this (`pip install transformer-lens`): {error}") from None
    if encoder:
        if target != "bert":
            raise ValueError(f"TransformerLens has no bridge for {target}; of the encoders it knows bert")
        # the bridge looks for a head under this name
        model.cls = torch.nn.Module()
        model.cls.seq_relationship = model.classifier
    bridge = TransformerBridge.boot_transformers(str(folder), hf_model=model, device="cpu")
    if encoder:
        # the head with the bridge's hooks is the one that the model calls
        model.classifier = model.cls.seq_relationship
    bridge.cfg.default_prepend_bos = True
    return bridge


def nnsight_path(hook: "dict[str, Any]") -> str:
    """A hook's value as nnsight spells it: modules that are called `output` or `input` have other names there, since every module has these."""
    parts = [f"E_{part}" if part in ("output", "input") else part for part in hook["transformers"].split(".")]
    return ".".join([*parts, hook["output"]])
