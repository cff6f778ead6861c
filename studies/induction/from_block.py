"""Makes a seeded folder where there is no raspc: a model that transformers draws, and over it a block that raspc wrote.

    raspc seed ../../programs/seeds/induction.rasp --like configs/gpt2-small.json --seed 1 --block block-1.safetensors ...
    python from_block.py block-1.safetensors configs/gpt2-small.json out/study/gpt2-small-1 --seed 1
"""

import argparse
import hashlib
import json
import shutil
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import GPT2Config, GPT2LMHeadModel

import arms


def make(block, config, folder, seed):
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(config, folder / "config.json")
    config = GPT2Config.from_pretrained(folder)
    torch.manual_seed(seed)
    # the unembedding is the embedding
    state = {name: tensor for name, tensor in GPT2LMHeadModel(config).state_dict().items() if name != "lm_head.weight"}
    for name, tensor in state.items():
        # GPT-2's rule, which transformers 5 has in its source and does not apply; the block counts on a stream of this scale
        if name.endswith("c_proj.weight"):
            tensor.normal_(std=config.initializer_range / (2 * config.n_layer) ** 0.5)
    masks = {}
    with safe_open(block, "pt") as file:
        written = {name: json.loads(file.metadata()[name]) for name in ("map", "slices", "cleared")}
        for each in written["slices"]:
            tensor = state[each["tensor"]]
            index = arms.places(each, tensor)
            tensor[index] = file.get_tensor(each["name"])
            masks.setdefault(each["tensor"], torch.zeros(tensor.shape, dtype=torch.uint8))[index] = 1
    for each in written["cleared"]:
        tensor = state[each["tensor"]]
        tensor[arms.places(each, tensor)] = 0
    save_file(masks, folder / "freeze.safetensors")
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    sha256 = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    (folder / "raspc.json").write_text(json.dumps({**written["map"], "files": [{"path": "model.safetensors", "sha256": sha256}]}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("block", type=Path)
    parser.add_argument("config", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    choices = parser.parse_args()
    make(choices.block, choices.config, choices.folder, choices.seed)


if __name__ == "__main__":
    main()
