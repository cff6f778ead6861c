"""Small random models of several families for `raspc graft`, and what became of them.

check_graft_families.py JOB RESULT: a job with `make` names families and a folder, and writes one random model each as transformers does; a job with
`check` is a list of hosts with their grafted models: the result has the largest change of a logit in standard deviations, and how often each
feature says what its program says, on random tokens of which some are quotes; a job with `said` is a list of the same with the tokens of a class: the
result has how often the last token of the class is what rises most at the output, and how often it is told that one of the class stands there again;
a job with `train` names a grafted model, and trains it in mode `held`, watched by the monitor.
"""

import json
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import load_file

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
from raspc import CircuitMonitor, Freeze  # noqa: E402

LIKE = dict(
    vocab_size=200,
    hidden_size=128,
    num_hidden_layers=3,
    num_attention_heads=4,
    intermediate_size=96,
    max_position_embeddings=64,
    bos_token_id=0,
    eos_token_id=1,
    pad_token_id=None,
)
GROUPED = dict(LIKE, num_key_value_heads=2)
FAMILIES = {
    "mistral": ("MistralConfig", dict(GROUPED, head_dim=32, sliding_window=None, rope_theta=1e6)),
    "qwen2": ("Qwen2Config", dict(GROUPED, rope_theta=1e6)),
    "qwen3": ("Qwen3Config", dict(GROUPED, head_dim=32, rope_theta=1e6)),
    "phi3": ("Phi3Config", dict(GROUPED, rope_theta=1e6)),
    "gpt2": ("GPT2Config", dict(vocab_size=200, n_positions=64, n_embd=256, n_layer=3, n_head=4, bos_token_id=0, eos_token_id=1)),
    "gpt-neox": ("GPTNeoXConfig", LIKE),
    "gemma": ("GemmaConfig", dict(GROUPED, head_dim=32)),
    "granite": (
        "GraniteConfig",
        dict(GROUPED, embedding_multiplier=12.0, residual_multiplier=0.22, attention_multiplier=0.15, logits_scaling=6.0),
    ),
}


def make(name, folder, vocab, layers):
    kind, values = FAMILIES[name]
    torch.manual_seed(3)
    depth = "n_layer" if "n_layer" in values else "num_hidden_layers"
    config = getattr(transformers, kind)(**{**values, "vocab_size": vocab, depth: layers})
    model = transformers.AutoModelForCausalLM.from_config(config)
    gains = [value for key, value in model.named_parameters() if "q_norm" in key or "k_norm" in key]
    if gains:
        # as training leaves them: no two are alike
        for value in gains:
            torch.nn.init.uniform_(value, 0.5, 2.0)
        learn(model, torch.optim.AdamW(model.parameters(), lr=1e-3), 5, 40)
    model.save_pretrained(f"{folder}/{name}")


def in_quotes(tokens, quote):
    odd, said = False, []
    for token in tokens:
        odd ^= token == quote
        said.append(odd)
    return said


def codes_of(folder, code, tokens):
    """Of length one: from the file beside the map where the model's own embedding gave them, else by the numbers of the tokens."""
    if code.get("file"):
        codes = load_file(f"{folder}/{code['file']}")["codes"][list(tokens)]
    else:
        columns = code["columns"]
        codes = torch.tensor([[1.0 - 2 * (bin(token & column).count("1") % 2) for column in columns] for token in tokens])
    return torch.nn.functional.normalize(codes, dim=1)


def check(host, grafted, quote):
    before, after = (transformers.AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval() for path in (host, grafted))
    facts = json.load(open(grafted + "/raspc.json"))
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(8, 200, (4, 31), generator=generator)
    ids[:, 1:][torch.rand((4, 30), generator=generator) < 0.2] = quote
    ids[:, 16:31] = ids[:, 1:16]
    ids[:, 0] = 0
    with torch.no_grad():
        then = before(ids).logits
        now = after(ids, output_hidden_states=True)
    change = now.logits - then
    change = change - change.mean(-1, keepdim=True)
    reference = facts["host"]["reference"]
    right = {}
    for feature in facts["features"]:
        stream = now.hidden_states[feature["after"]]
        held = stream[..., feature["dims"]]
        if reference is not None:
            held = held - stream[..., [reference]]
        hits = asked = 0
        for row, own in zip(held, ids.tolist()):
            if feature["kind"] == "tokens":
                codes = codes_of(grafted, feature.get("code", facts["code"]), range(200))
                said = (row @ codes[:, : row.shape[1]].T).argmax(-1).tolist()
                wanted = [{own[j + 1] for j in range(1, i) if own[j] == own[i]} for i in range(len(own))]
            else:
                codes = torch.tensor([code["code"] for code in feature["codes"]], dtype=torch.float32)
                said = [feature["codes"][i]["value"] for i in (row @ codes.T).argmax(-1).tolist()]
                wanted = [None, *({value} for value in in_quotes(own[1:], quote))]
            for found, values in list(zip(said, wanted))[1:]:
                asked += bool(values)
                hits += bool(values) and found in values
        right[feature["name"]] = hits / asked
    return {"largest": (change.abs().amax(-1) / then.std(-1)).max().item(), "right": right}


def said(host, grafted, members):
    """Whether the last token of a class is said, and whether it is known that the token of before stands again and is of the class."""
    before, after = (transformers.AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval() for path in (host, grafted))
    facts = json.load(open(grafted + "/raspc.json"))
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(1, before.config.vocab_size, (8, 13), generator=generator)
    some = torch.tensor(members)[torch.randint(0, len(members), (8, 13), generator=generator)]
    ids = torch.where(torch.rand((8, 13), generator=generator) < 0.4, some, ids)
    ids[:, 5], ids[:, 9] = ids[:, 4], some[:, 8]
    ids[:, 8] = ids[:, 9]
    ids[:, 0] = 0
    with torch.no_grad():
        now = after(ids, output_hidden_states=True)
        change = now.logits - before(ids).logits
    change = change - change.mean(-1, keepdim=True)
    (feature,) = facts["features"]
    held = now.hidden_states[feature["after"]][..., feature["dims"]]
    reference = facts["host"]["reference"]
    if reference is not None:
        held = held - now.hidden_states[feature["after"]][..., [reference]]
    codes = torch.tensor([code["code"] for code in feature["codes"]], dtype=torch.float32)
    told = (held @ codes.T).argmax(-1)
    strength = facts["says"][0]["strength"]
    right = {"last": [], feature["name"]: []}
    for row, own in enumerate(ids.tolist()):
        last = None
        for i in range(1, len(own)):
            last = own[i] if own[i] in members else last
            top = change[row, i].argmax().item() if change[row, i].max() > strength / 4 else None
            right["last"].append(top == last)
            again = i > 1 and own[i] == own[i - 1] and own[i] in members
            right[feature["name"]].append(feature["codes"][told[row, i]]["value"] == again)
    return {name: sum(each) / len(each) for name, each in right.items()}


def learn(model, optimizer, quote, steps):
    """What is learned is what the circuits say: each quote is answered by another token, and the second half is as the first."""
    generator = torch.Generator().manual_seed(2)
    losses = []
    for _ in range(steps):
        ids = torch.randint(8, 200, (8, 31), generator=generator)
        ids[:, 1:][torch.rand((8, 30), generator=generator) < 0.2] = quote
        ids[:, 16:31] = ids[:, 1:16]
        ids[:, 0] = 0
        loss = model(ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


def train(grafted, out, quote, steps):
    model = transformers.AutoModelForCausalLM.from_pretrained(grafted, dtype=torch.float32)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-4, weight_decay=0.1)
    Freeze(model, grafted, mode="held").attach(optimizer)
    monitor = CircuitMonitor(model, grafted, every=steps // 2, out=out + "/monitor").attach(optimizer)
    losses = learn(model, optimizer, quote, steps)
    model.save_pretrained(f"{out}/checkpoint-{steps}")
    rows = [json.loads(line) for line in Path(out + "/monitor/monitor.jsonl").read_text().splitlines()]
    attention = [row["attention"] for row in rows if row["circuit"] == "induction"]
    return {"first": losses[0], "last": losses[-1], "rows": len(rows), "attention": attention}


job = json.load(open(sys.argv[1]))
for name in job.get("make", []):
    make(name, job["folder"], job.get("vocab", 200), job.get("layers", 3))
made = [kind(*each) for kind in (train, check, said) for each in job.get(kind.__name__, [])]
json.dump(made, open(sys.argv[2], "w"))
