"""Model folders as decoders in transformers: `python check_generate.py JOB RESULT`.

JOB is a JSON list of {"dir", "prompts": token ids}; RESULT has for each prompt the ids that `generate()` appends, with nothing asked of it
but the folder's own generation_config.json, and without the id that ends it.
"""

import json
import sys
from pathlib import Path

import torch
import transformers


def run(job):
    model = transformers.AutoModelForCausalLM.from_pretrained(job["dir"]).eval()
    eos = model.generation_config.eos_token_id
    return [go_on(model, ids, eos) for ids in job["prompts"]]


def go_on(model, ids, eos):
    given = torch.tensor([ids])
    with torch.no_grad():
        written = model.generate(given, attention_mask=torch.ones_like(given))[0, len(ids) :].tolist()
    return written[:-1] if eos is not None and written and written[-1] == eos else written


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    Path(sys.argv[2]).write_text(json.dumps([run(job) for job in json.loads(Path(sys.argv[1]).read_text())]))
