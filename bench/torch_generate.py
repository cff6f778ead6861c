"""How fast a checkpoint writes in transformers with its cache of keys and values: `python torch_generate.py JOB`.

JOB is a JSON file with `dir`, `ids` (what is given) and `tokens` (how many are appended in a round). One thread, greedy. Prints JSON: tokens in
a second of processor time, and the ids of a round.
"""

import json
import sys
import time

import torch
import transformers

job = json.load(open(sys.argv[1], encoding="utf-8"))
torch.set_num_threads(1)
model = transformers.AutoModelForCausalLM.from_pretrained(job["dir"]).eval()
ids = torch.tensor([job["ids"]])
settings = {"attention_mask": torch.ones_like(ids), "do_sample": False, "use_cache": True, "max_new_tokens": job["tokens"]}
with torch.no_grad():
    model.generate(ids, **{**settings, "max_new_tokens": 8})
    start = time.process_time()
    written = model.generate(ids, **settings)[0, ids.shape[1] :].tolist()
    seconds = time.process_time() - start
print(json.dumps({"speed": len(written) / seconds, "ids": written}))
