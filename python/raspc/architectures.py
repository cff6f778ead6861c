"""What python/raspc has to know of each model family: where its layers are, which sublayer attends, and how its stream runs."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Architecture:
    """Of one family, in stock transformers.

    layers     the module path of the list of layers
    attends    of a layer: the sublayer whose output joins the stream behind attention
    on_stream  whether norms stand on the stream itself: `attends` then gives the stream, not what is added to it
    parallel   whether attention and MLP read the same stream; None where the config says it (`use_parallel_residual`)
    encoder    whether it labels tokens and sees all of them
    """

    layers: str
    attends: str
    on_stream: bool = False
    parallel: "bool | None" = False
    encoder: bool = False


_PLAIN = Architecture("model.layers", "self_attn")

ARCHITECTURES = {
    "gpt2": Architecture("transformer.h", "attn"),
    "gpt-neo": Architecture("transformer.h", "attn"),
    "opt": Architecture("model.decoder.layers", "self_attn"),
    "gpt-neox": Architecture("gpt_neox.layers", "attention", parallel=None),
    "stablelm": Architecture("model.layers", "self_attn", parallel=None),
    "phi": Architecture("model.layers", "self_attn", parallel=True),
    **dict.fromkeys(("llama", "mistral", "qwen2", "qwen3", "phi3", "gemma", "starcoder2", "smollm3", "granite"), _PLAIN),
    # what their attention writes joins the stream behind a norm of its own
    **dict.fromkeys(("gemma2", "gemma3", "olmo2"), Architecture("model.layers", "post_attention_layernorm")),
    "bert": Architecture("bert.encoder.layer", "attention", on_stream=True, encoder=True),
    "roberta": Architecture("roberta.encoder.layer", "attention", on_stream=True, encoder=True),
    "distilbert": Architecture("distilbert.transformer.layer", "sa_layer_norm", on_stream=True, encoder=True),
}


def architecture_of(target: str) -> Architecture:
    """The family that a map names."""
    found = ARCHITECTURES.get(target)
    if found is None:
        raise ValueError(f"its target is {target}, and known are {', '.join(sorted(ARCHITECTURES))}: this python/raspc is older than the folder")
    return found


def is_parallel(architecture: Architecture, config: Any) -> bool:
    """Whether attention and MLP of a layer read the same stream in a model of this config."""
    if architecture.parallel is None:
        return bool(getattr(config, "use_parallel_residual", False))
    return architecture.parallel
