"""The freezing of circuits under the name it had before the `raspc` package: everything here is `raspc`'s own."""

from raspc.attention import attention_summary, programmed_attention, save_attention
from raspc.folder import programmed_heads, reserved_dims, stream_axes
from raspc.freeze import MODES, Freeze
from raspc.parameters import plain_name
from raspc.trainer import trainer_callback

__all__ = [
    "MODES",
    "Freeze",
    "attention_summary",
    "plain_name",
    "programmed_attention",
    "programmed_heads",
    "reserved_dims",
    "save_attention",
    "stream_axes",
    "trainer_callback",
]
