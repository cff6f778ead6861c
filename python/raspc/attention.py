"""What the programmed heads of a model attend to, and what attention weights come to in numbers."""

import torch
from safetensors.torch import save_file

from raspc.folder import programmed_heads


def all_attention(model, input_ids, **inputs):
    """The attention weights of every layer, [batch, head, query, key] each, at any step of the training.

    The model runs once, without gradients, in evaluation mode and with eager attention, and is left as it was.
    """
    training, config = model.training, getattr(model, "config", None)
    implementation = getattr(config, "_attn_implementation", "eager")
    try:
        model.eval()
        if implementation != "eager":
            model.set_attn_implementation("eager")
        with torch.no_grad():
            return model(input_ids, output_attentions=True, **inputs).attentions
    finally:
        model.train(training)
        if implementation != "eager":
            model.set_attn_implementation(implementation)


def programmed_attention(model, source, input_ids, **inputs):
    """What the programmed heads attend to: {"layer.head name": weights [batch, query, key]}, at any step of the training.

    The model runs once, without gradients, in evaluation mode and with eager attention, and is left as it was.
    """
    attentions = all_attention(model, input_ids, **inputs)
    return {f"{layer}.{head} {name}": attentions[layer][:, head] for layer, head, name in programmed_heads(source)}


def attention_summary(weights, input_ids):
    """One head's weights [batch, query, key] in numbers, each a mean over queries from the second on.

    entropy in nats; first, self and previous: the share of that key; copied: the share of the key after the latest earlier
    occurrence of the query's token, over the queries that have one (what an induction head attends to; None if there are none).
    """
    length = weights.shape[-1]
    query = torch.arange(length, device=weights.device)
    entropy = -(weights * weights.clamp_min(1e-30).log()).sum(-1)
    earlier = (input_ids[:, :, None] == input_ids[:, None, :]) & (query[None, :, None] > query[None, None, :])
    target = torch.where(earlier, query[None, None, :], -1).amax(-1) + 1
    hit = target > 0
    copied = weights.gather(-1, target.clamp_max(length - 1)[..., None])[..., 0][hit]
    return {
        "entropy": entropy[:, 1:].mean().item(),
        "first": weights[:, 1:, 0].mean().item(),
        "self": weights.diagonal(dim1=-2, dim2=-1)[:, 1:].mean().item(),
        "previous": weights.diagonal(-1, dim1=-2, dim2=-1).mean().item(),
        "copied": copied.mean().item() if hit.any() else None,
    }


def save_attention(path, attention):
    """Writes what `programmed_attention` gave as a safetensors file, for other tools to look at."""
    save_file({name: weights.contiguous().cpu() for name, weights in attention.items()}, path)
