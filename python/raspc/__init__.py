"""What `raspc` wrote, in Python: circuits that live through training, and how they fare.

Needs torch and safetensors; `seeded/` is a folder that `raspc seed` wrote, `model` any form of that model:

    freeze = Freeze(model, "seeded", mode="held").attach(optimizer)     # optimizer.step() now keeps the circuits' function
    trainer = Trainer(model, ..., callbacks=[trainer_callback("seeded", mode="held")])
"""

from raspc import dataset
from raspc.attention import attention_summary, programmed_attention, save_attention
from raspc.folder import programmed_heads, reserved_dims
from raspc.freeze import MODES, Freeze
from raspc.monitor import CircuitMonitor
from raspc.reader import CompiledModel, Decoded, Patch, load
from raspc.trainer import trainer_callback

__version__ = "0.1.0"

__all__ = [
    "MODES",
    "CircuitMonitor",
    "CompiledModel",
    "Decoded",
    "Freeze",
    "Patch",
    "attention_summary",
    "dataset",
    "load",
    "programmed_attention",
    "programmed_heads",
    "reserved_dims",
    "save_attention",
    "trainer_callback",
]
