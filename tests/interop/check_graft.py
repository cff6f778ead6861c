"""A grafted model beside its host, and its circuits, in transformers.

check_graft.py JOB RESULT: a job names both folders, prompts, a text and one with quotes; the result has the largest change of a logit in standard
deviations, losses, greedy answers that are the same, and how often the feature of each circuit says what followed an earlier place of the same
token, or whether what was quoted has not ended.
"""

import json
import sys

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

job = json.load(open(sys.argv[1]))
torch.manual_seed(0)
tokenizer = PreTrainedTokenizerFast(tokenizer_file=job["host"] + "/tokenizer.json")
host = AutoModelForCausalLM.from_pretrained(job["host"], dtype=torch.float32).eval()
grafted = AutoModelForCausalLM.from_pretrained(job["grafted"], dtype=torch.float32).eval()
facts = json.load(open(job["grafted"] + "/raspc.json"))
bos = [] if facts["bos"] is None else [facts["bos"]["id"]]

ids = torch.tensor([bos + tokenizer(job["text"])["input_ids"][: job["tokens"]]])
with torch.no_grad():
    before = host(ids).logits[0]
    after = grafted(ids, output_hidden_states=True)
change = after.logits[0] - before
change = change - change.mean(-1, keepdim=True)
loss = lambda logits: torch.nn.functional.cross_entropy(logits[:-1], ids[0, 1:]).item()


def greedy(model, prompt):
    given = torch.tensor([bos + tokenizer(prompt)["input_ids"]])
    with torch.no_grad():
        made = model.generate(given, attention_mask=torch.ones_like(given), max_new_tokens=job["new"], do_sample=False, pad_token_id=0)
    return made[0, given.shape[1] :].tolist()


same = sum(greedy(host, prompt) == greedy(grafted, prompt) for prompt in job["prompts"])

window = ids[0].tolist()
vocabulary = sorted(set(window))
if facts["code"].get("file"):
    # out of the model's own embedding
    codes = torch.nn.functional.normalize(load_file(f"{job['grafted']}/{facts['code']['file']}")["codes"][vocabulary], dim=1)
else:
    columns = facts["code"]["columns"]
    codes = torch.tensor([[1.0 - 2 * (bin(token & column).count("1") % 2) for column in columns] for token in vocabulary])
right = {}
quoted = bos + tokenizer(job["quoted"])["input_ids"][: job["tokens"]]
with torch.no_grad():
    streams = grafted(torch.tensor([quoted]), output_hidden_states=True).hidden_states
for feature in facts["features"]:
    if feature["kind"] == "categorical":
        # the parity of tokens with an odd number of quotes, as the program has it
        held = streams[feature["after"]][0][len(bos) :, feature["dims"]]
        entries = torch.tensor([code["code"] for code in feature["codes"]], dtype=torch.float32)
        said = [feature["codes"][int(i)]["value"] for i in (held @ entries.T).argmax(-1)]
        odd, wanted = 0, []
        for token in quoted[len(bos) :]:
            odd ^= tokenizer.decode([token]).count('"') % 2
            wanted.append(bool(odd))
        right[feature["name"]] = sum(a == b for a, b in zip(said, wanted)) / len(wanted)
    if feature["kind"] != "tokens":
        continue
    held = after.hidden_states[feature["after"]][0][:, feature["dims"]]
    said = (held @ codes[:, : held.shape[1]].T).argmax(-1)
    hits = asked = 0
    for i in range(len(bos) + 1, len(window)):
        if feature["name"] == "previous_token":
            wanted = {window[i - 1]}
        else:
            wanted = {window[j + 1] for j in range(len(bos), i) if window[j] == window[i]}
        if not wanted:
            continue
        asked += 1
        hits += vocabulary[int(said[i])] in wanted
    right[feature["name"]] = hits / asked

json.dump(
    {
        "largest": (change.abs().max(-1).values / before.std(-1)).max().item(),
        "before": loss(before),
        "after": loss(after.logits[0]),
        "same": same,
        "right": right,
    },
    open(sys.argv[2], "w"),
)
