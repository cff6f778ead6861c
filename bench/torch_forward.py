"""How many tokens a second a checkpoint runs at in transformers, on one thread: `python torch_forward.py JOB`.

JOB is a JSON file with `dir`, `inputs` (token ids, all of one length) and `seconds`. Prints a number: tokens in a second of processor
time, BOS not counted.
"""

import json
import sys
import time

import torch
import transformers

job = json.load(open(sys.argv[1], encoding="utf-8"))
torch.set_num_threads(1)
config = transformers.AutoConfig.from_pretrained(job["dir"])
classifies = config.architectures[0].endswith("ForTokenClassification")
auto = transformers.AutoModelForTokenClassification if classifies else transformers.AutoModelForCausalLM
model = auto.from_pretrained(job["dir"], attn_implementation="eager").eval()
batch = torch.tensor(job["inputs"])
with torch.no_grad():
    model(batch)
    start, tokens = time.process_time(), 0
    while time.process_time() - start < job["seconds"]:
        model(batch)
        tokens += batch.shape[0] * (batch.shape[1] - 1)
print(tokens / (time.process_time() - start))
