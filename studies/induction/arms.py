"""The models that a study compares: one seeded checkpoint, and what is made of it for each arm.

Every weight that no circuit needs is the same in all arms of a seed. In `unseeded` the others are drawn as well, by the same rules.
"""

import json
import subprocess
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import GPT2Config, GPT2LMHeadModel

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
# what is made of the seeded weights (`start`), how they are held (`mode`; `rows`: whether codes follow, too), at which part of the
# learning rate they move (`rate`), and how they are seeded beside what the study says (`seeding`)
ARMS = {
    "unseeded": {"start": "unseeded", "mode": "free"},
    "free": {"start": "seeded", "mode": "free"},
    "frozen": {"start": "seeded", "mode": "frozen"},
    "protected": {"start": "seeded", "mode": "protected"},
    "scrambled": {"start": "scrambled", "mode": "free"},
}
# arms that a study of its own may name beside these
MORE_ARMS = {
    "held": {"start": "seeded", "mode": "held"},
    "held-gains": {"start": "seeded", "mode": "held", "rows": False},
    "slow": {"start": "seeded", "mode": "free", "rate": 0.1},
    "first": {"start": "first", "mode": "free"},
    "silent": {"start": "silent", "mode": "free"},
}
STARTS = ("seeded", "unseeded", "scrambled", "silent", "first")


def seeded_folder(experiment, seed, work, more=()):
    """What `raspc seed` writes for this seed, made once; `more` are options of an arm of its own."""
    own = "".join(str(option) for option in more)
    folder = Path(work) / f"{experiment['name']}{own}-{seed}"
    if not (folder / "model.safetensors").exists():
        base = Path(experiment.get("base", HERE))
        program, config = base / experiment["program"], base / experiment["config"]
        options = [str(part) for part in [*experiment.get("seeding", []), *more]]
        command = ["node", str(ROOT / "bin" / "raspc.js"), "seed", str(program), "--like", str(config), "--seed", str(seed), *options]
        subprocess.run([*command, "-o", str(folder), "--quiet"], check=True)
    return folder


def build(arm, folder, seed):
    """The arm's model at step 0."""
    kind = arm["start"]
    if kind not in STARTS:
        raise ValueError(f"an arm starts as {kind!r}, not as one of {', '.join(STARTS)}")
    state = load_file(folder / "model.safetensors")
    seeded = json.loads((folder / "raspc.json").read_text())
    slices = [each for circuit in seeded["circuits"] for each in circuit["slices"]]
    generator = torch.Generator().manual_seed(1000 + seed)
    config = GPT2Config.from_pretrained(folder)
    if kind == "unseeded":
        # with what was cleared so that nothing else writes over the circuits
        redraw(state, slices + seeded["cleared"], config, generator)
    if kind in ("scrambled", "silent"):
        scramble(state, slices, config, generator)
    if kind == "silent":
        silence(state, slices)
    if kind == "first":
        # the circuit's first layer alone: what later layers need is drawn like everything else
        layers = sorted({layer_of(each["tensor"]) for each in slices} - {None})
        later = [each for each in slices if "attn" in each["tensor"] and layer_of(each["tensor"]) != layers[0]]
        redraw(state, later, config, generator)
    model = GPT2LMHeadModel.from_pretrained(folder)
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and set(missing) <= {"lm_head.weight"}, (missing, unexpected)
    return model


def layer_of(name):
    """The number of a layer in a tensor's name, or None."""
    return next((int(part) for part in name.split(".") if part.isdigit()), None)


def silence(state, slices):
    """What the programmed heads write is zero: their entries are there, and do nothing until they learn to."""
    for each in slices:
        tensor = state[each["tensor"]]
        if tensor.dim() == 2 and "c_proj" in each["tensor"]:
            tensor[places(each, tensor)] = 0.0


def places(each, tensor):
    """A slice's entries as an index: a block for a matrix. The map has half-open ranges."""
    rows, cols = (torch.tensor([i for first, end in each[axis] for i in range(first, end)]) for axis in ("rows", "cols"))
    return (rows[:, None], cols[None]) if tensor.dim() == 2 else (rows,)


def redraw(state, slices, config, generator):
    """Draws what the circuits took, by the rules of the other entries (GPT-2's, with smaller writers)."""
    for each in slices:
        tensor = state[each["tensor"]]
        index = places(each, tensor)
        shape = tensor[index].shape
        if tensor.dim() == 1:
            tensor[index] = 1.0 if each["tensor"].endswith("weight") else 0.0
            continue
        writes = "c_proj" in each["tensor"]
        deviation = config.initializer_range / ((2 * config.n_layer) ** 0.5 if writes else 1)
        tensor[index] = torch.randn(shape, generator=generator) * deviation


def scramble(state, slices, config, generator):
    """Permutes, in each matrix of each programmed head, which reserved dimension a row reads or a column writes.

    Norms and singular values of every programmed block stay as they are; queries no longer fit keys, nor outputs what is read later.
    """
    width = config.n_embd
    for each in slices:
        tensor = state[each["tensor"]]
        if tensor.dim() != 2 or "attn" not in each["tensor"]:
            continue
        block = tensor[places(each, tensor)]
        axis = 1 if "c_proj" in each["tensor"] else 0
        assert block.shape[axis] == width, each["tensor"]
        used = block.abs().sum(1 - axis).nonzero()[:, 0]
        permuted = used[torch.randperm(len(used), generator=generator)]
        block.index_copy_(axis, permuted, block.index_select(axis, used))
        tensor[places(each, tensor)] = block
