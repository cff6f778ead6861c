"""Measures seeded models in stock transformers at step 0, beside their unseeded twins.

`python check_seeds.py JOB RESULT`: JOB is a JSON list, each entry with `seeded` and `twin` (folders), `vocab`, `bos` (an id or null) and
`positions`. RESULT is a list of what was found. Inputs are distinct random tokens, the second half as the first.
A job with `block` and `into` places a block into a state dict in plain Python instead, and says what differs from `seeded`.
"""

import json
import sys
from pathlib import Path

import torch
import transformers
from safetensors import safe_open
from safetensors.torch import load_file


def place_block(file, state):
    """Ten lines, as in the README."""
    with safe_open(file, "pt") as block:
        metadata = block.metadata()
        spans = lambda ranges: torch.tensor([i for start, end in ranges for i in range(start, end)])  # noqa: E731
        for part in json.loads(metadata["slices"]) + json.loads(metadata["cleared"]):
            values = block.get_tensor(part["name"]) if "name" in part else torch.tensor(0.0)
            tensor, rows = state[part["tensor"]], spans(part["rows"])
            if part["cols"]:
                tensor[rows[:, None], spans(part["cols"])] = values
            else:
                tensor[rows] = values
    return state


def check_block(job):
    state = place_block(job["block"], load_file(str(Path(job["into"]) / "model.safetensors")))
    seeded = load_file(str(Path(job["seeded"]) / "model.safetensors"))
    return {"different": [name for name in seeded if not torch.equal(seeded[name], state[name])]}


def rms(values):
    return values.pow(2).mean().sqrt().item()


def programmed_neurons(folder):
    """By module of the MLP's input the neurons that belong to circuits, by the seeded folder's map."""
    found = {}
    for circuit in json.loads((Path(folder) / "raspc.json").read_text())["circuits"]:
        for part in circuit["slices"]:
            module = part["tensor"].removesuffix(".weight")
            if module.endswith(("mlp.dense_h_to_4h", "mlp.gate_proj")) and part["cols"]:
                found.setdefault(module, set()).update(i for start, end in part["rows"] for i in range(start, end))
    return found


def measure(folder, ids, first_repeated, without):
    model, loading = transformers.AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True, attn_implementation="eager")
    inputs, hooks = [], []
    for name, module in model.named_modules():
        if name.endswith(("mlp.c_fc", "mlp.dense_h_to_4h", "mlp.gate_proj")):
            own = without.get(name, set())
            others = torch.tensor([i for i in range(module.weight.shape[0 if name.endswith(("4h", "proj")) else 1]) if i not in own])
            hooks.append(module.register_forward_hook(lambda _m, _i, out, others=others: inputs.append(rms(out[..., others]))))
    with torch.no_grad():
        out = model.eval()(ids, output_hidden_states=True, output_attentions=True)
    log = out.logits[:, :-1].float().log_softmax(-1).gather(-1, ids[:, 1:, None])[..., 0]
    right = out.logits[:, :-1].argmax(-1) == ids[:, 1:]
    entropies = [-(a.clamp_min(1e-30).log() * a).sum(-1).mean((0, 2)) for a in out.attentions]
    return {
        "loading": sorted(str(key) for keys in loading.values() for key in keys),
        "accuracy": right[:, first_repeated:].float().mean().item(),
        "probability": log[:, first_repeated:].exp().mean().item(),
        "fresh": -log[:, : first_repeated - 1].mean().item(),
        # the first position may hold a flag that is far louder than all else, in some layers
        "rms": [rms(h[:, 1:]) for h in out.hidden_states[:-1]],
        "freshRms": [rms(h[:, 1:first_repeated]) for h in out.hidden_states[:-1]],
        "entropies": [e.tolist() for e in entropies],
        "inputs": inputs,
        "attentions": out.attentions,
    }


def check(job):
    if "block" in job:
        return check_block(job)
    offset = 0 if job["bos"] is None else 1
    half = (job["positions"] - offset) // 2
    tokens = 3 + torch.randperm(job["vocab"] - 3, generator=torch.Generator().manual_seed(5))[None, :half]
    bos = torch.full((1, offset), job["bos"] or 0)
    ids = torch.cat([bos, tokens, tokens], 1)
    # the first token of the second half is the first that can be recognized, and what follows it the first that can be told
    without = programmed_neurons(job["seeded"])
    seeded, twin = (measure(job[name], ids, offset + half, without) for name in ("seeded", "twin"))
    circuit = json.loads((Path(job["seeded"]) / "raspc.json").read_text())
    programmed = {(head["layer"], head["head"]): head["name"] for head in circuit["heads"]}
    others = [
        abs(a / b - 1)
        for layer, (left, right) in enumerate(zip(seeded["entropies"], twin["entropies"], strict=True))
        for head, (a, b) in enumerate(zip(left, right, strict=True))
        if (layer, head) not in programmed
    ]
    distance = {"previous": 1, "induction": half - 1}
    attention = {
        f"{layer}.{head} {name}": seeded["attentions"][layer][:, head].diagonal(-distance[name], 1, 2)[:, offset + 2 :].mean().item()
        for (layer, head), name in programmed.items()
    }
    ratios = lambda what: [a / b for a, b in zip(seeded[what], twin[what], strict=True)]  # noqa: E731
    inputs = [ratio - 1 for ratio in ratios("inputs")]
    return {
        "loading": seeded["loading"] + twin["loading"],
        "accuracy": seeded["accuracy"],
        "probability": seeded["probability"],
        "twinProbability": twin["probability"],
        "freshLoss": seeded["fresh"] - twin["fresh"],
        "rms": ratios("rms"),
        "freshRms": ratios("freshRms"),
        "entropies": max(others),
        "inputs": {"mean": sum(map(abs, inputs)) / len(inputs), "largest": max(map(abs, inputs))},
        "attention": attention,
    }


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    jobs = json.loads(Path(sys.argv[1]).read_text())
    Path(sys.argv[2]).write_text(json.dumps([check(job) for job in jobs]))
