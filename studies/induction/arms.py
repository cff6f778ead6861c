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
# arm: (what is made of the seeded weights, how they are held)
ARMS = {
    "unseeded": ("unseeded", "free"),
    "free": ("seeded", "free"),
    "frozen": ("seeded", "frozen"),
    "protected": ("seeded", "protected"),
    "held": ("seeded", "held"),
    "scrambled": ("scrambled", "free"),
}


def seeded_folder(experiment, seed, work):
    """What `raspc seed` writes for this seed, made once."""
    folder = Path(work) / f"{experiment['name']}-{seed}"
    if not (folder / "model.safetensors").exists():
        program, config = HERE / experiment["program"], HERE / experiment["config"]
        options = [str(part) for part in experiment.get("seeding", [])]
        command = ["node", str(ROOT / "bin" / "raspc.js"), "seed", str(program), "--like", str(config), "--seed", str(seed), *options]
        subprocess.run([*command, "-o", str(folder), "--quiet"], check=True)
    return folder


def build(arm, folder, seed):
    """The arm's model at step 0, and how it is held."""
    kind, mode = ARMS[arm]
    state = load_file(folder / "model.safetensors")
    seeded = json.loads((folder / "raspc.json").read_text())
    slices = [each for circuit in seeded["circuits"] for each in circuit["slices"]]
    generator = torch.Generator().manual_seed(1000 + seed)
    config = GPT2Config.from_pretrained(folder)
    if kind == "unseeded":
        # with what was cleared so that nothing else writes over the circuits
        redraw(state, slices + seeded["cleared"], config, generator)
    if kind == "scrambled":
        scramble(state, slices, config, generator)
    model = GPT2LMHeadModel.from_pretrained(folder)
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected and set(missing) <= {"lm_head.weight"}, (missing, unexpected)
    return model, mode


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
