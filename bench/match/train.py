"""Trains the models of `npm run bench:match`: a line {"folder", "seed", "held"} on the standard input each, the folder back when it is trained.

Steps of AdamW on tokens that are drawn one by one, some more often than others: the model has something to learn, all of its weights move, and
nothing can be learned from what stands before, so that no head gets a function of its own. Circuits are held where there are any.
"""

import json
import sys
from pathlib import Path

import torch
import transformers

transformers.utils.logging.disable_progress_bar()
transformers.logging.set_verbosity_error()

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
from raspc import Freeze  # noqa: E402

STEPS, BATCH, LENGTH, RATE = 40, 8, 32, 1e-3


def windows(vocabulary, bos, generator):
    """The first one is the BOS; the others are as frequent as Zipf's law says, in an order of their own."""
    weights = 1 / (1 + torch.randperm(vocabulary, generator=generator).double())
    while True:
        ids = torch.multinomial(weights, BATCH * (LENGTH - 1), replacement=True, generator=generator).view(BATCH, -1)
        yield torch.cat([torch.full((BATCH, 1), bos), ids], 1)


def train(folder, seed, held):
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.1)
    if held:
        Freeze(model, folder, mode="held").attach(optimizer)
    generator = torch.Generator().manual_seed(seed)
    batches = windows(model.config.vocab_size - 1, model.config.bos_token_id, generator)
    for _ in range(STEPS):
        ids = next(batches)
        loss = model(ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)
    return loss.item()


torch.set_num_threads(1)
for line in sys.stdin:
    job = json.loads(line)
    loss = train(job["folder"], job["seed"], job["held"])
    print(f"loss {loss:.2f}", file=sys.stderr, flush=True)
    print(job["folder"], flush=True)
