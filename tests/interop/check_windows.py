"""Loss and copying of seeded models in stock transformers, in windows of every kind, beside their unseeded twins.

`python check_windows.py JOB RESULT`: JOB is a JSON list, each entry with `seeded` and `twin` (folders), `vocab`, `bos` (an id that may stand
anywhere) and `positions`. RESULT has for each the loss by window, less the twin's, and the share of copied tokens that are right.
"""

import json
import sys
from pathlib import Path

import torch
import transformers

SEQUENCES = 6


def windows(vocab, bos, positions):
    """Ids, the mask (or none), and for each sequence which positions are told by a copy: the target of the position has been seen."""
    generator = torch.Generator().manual_seed(11)
    draw = lambda count: 3 + torch.randperm(vocab - 3, generator=generator)[:count]  # noqa: E731
    half = positions // 2
    quarter = positions // 4
    first = torch.tensor([bos])

    def repeated(length):
        tokens = draw(length // 2)
        return torch.cat([tokens, tokens])

    def rows(make):
        return torch.stack([make() for _ in range(SEQUENCES)])

    def copies(length, offset, total):
        told = torch.zeros(total, dtype=torch.bool)
        told[offset + length // 2 : offset + length - 1] = True
        return told

    even = 2 * (half // 2)
    full = 2 * half
    middle = lambda: torch.cat([draw(quarter), first, repeated(even)])  # noqa: E731
    packed = lambda: torch.cat([repeated(even), repeated(even)])  # noqa: E731
    ended = lambda: torch.cat([first, repeated(even), first, repeated(even - 2)])  # noqa: E731
    short = rows(lambda: repeated(even))
    pad = torch.full((SEQUENCES, quarter), 2)
    ones = torch.ones_like(short)
    two = copies(even, 0, 2 * even) | copies(even, even, 2 * even)
    yield "no BOS", rows(lambda: repeated(full)), None, copies(full, 0, full)
    yield "BOS first", rows(lambda: torch.cat([first, repeated(full - 2)])), None, copies(full - 2, 1, full - 1)
    yield "BOS in the middle", rows(middle), None, copies(even, quarter + 1, quarter + 1 + even)
    yield "packed", rows(packed), None, two
    told = copies(even, 1, 2 * even) | copies(even - 2, even + 2, 2 * even)
    yield "packed with BOS", rows(ended), None, told
    mask = torch.cat([torch.zeros_like(pad), ones], 1)
    yield "left padding", torch.cat([pad, short], 1), mask, copies(even, quarter, quarter + even)
    mask = torch.cat([ones, torch.zeros_like(pad)], 1)
    yield "right padding", torch.cat([short, pad], 1), mask, copies(even, 0, even + quarter)
    yield "random", rows(lambda: draw(full)), None, torch.zeros(full, dtype=torch.bool)
    yield "two tokens", rows(lambda: draw(2)), None, torch.zeros(2, dtype=torch.bool)
    yield "one token", rows(lambda: draw(1)), None, None


def run(model, ids, mask):
    with torch.no_grad():
        position = None if mask is None else (mask.cumsum(-1) - 1).clamp_min(0)
        return model(ids, attention_mask=mask, position_ids=position).logits.float()


def check(job):
    load = transformers.AutoModelForCausalLM.from_pretrained
    seeded, twin = (load(job[name], attn_implementation="eager").eval() for name in ("seeded", "twin"))
    found = {}
    for name, ids, mask, told in windows(job["vocab"], job["bos"], job["positions"]):
        logits, bare = run(seeded, ids, mask), run(twin, ids, mask)
        if told is None:
            # a token alone has no next one: what counts is how sure the model is of anything
            entropy = lambda x: torch.distributions.Categorical(logits=x[:, -1]).entropy().mean().item()  # noqa: E731
            found[name] = {"more": abs(entropy(logits) - entropy(bare)), "copied": None, "copies": 0}
            continue
        live = torch.ones_like(ids, dtype=torch.bool) if mask is None else mask.bool()
        # where the program has no answer: the token has not been there before
        equal = ids[:, :, None] == ids[:, None, :]
        seen = (equal & live[:, None, :]).tril(-1).any(-1)
        fresh = live[:, :-1] & live[:, 1:] & ~seen[:, :-1]
        loss = lambda x: -x[:, :-1].log_softmax(-1).gather(-1, ids[:, 1:, None])[..., 0]  # noqa: E731
        right = logits[:, :-1].argmax(-1) == ids[:, 1:]
        copied = right[:, told[:-1]]
        found[name] = {
            "more": (loss(logits)[fresh].mean() - loss(bare)[fresh].mean()).item(),
            "copied": copied.float().mean().item() if copied.numel() else None,
            "copies": copied.numel(),
        }
    return found


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    jobs = json.loads(Path(sys.argv[1]).read_text())
    Path(sys.argv[2]).write_text(json.dumps([check(job) for job in jobs]))
