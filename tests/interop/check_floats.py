"""Logits of models whose weights may lead anywhere, NaN and infinities included, in transformers and in float32.

A job is {"dirs", "inputs"}, `inputs` being lists of ids. The result is, for each folder, null, or the error that it failed with; the logits of
all inputs, one after the other, are then in `logits.f32` of the folder.
"""

import json
import sys
from pathlib import Path

import torch
import transformers


def save_logits(folder, inputs):
    config = transformers.AutoConfig.from_pretrained(folder)
    classifies = config.architectures[0].endswith("ForTokenClassification")
    auto = transformers.AutoModelForTokenClassification if classifies else transformers.AutoModelForCausalLM
    model = auto.from_pretrained(folder, attn_implementation="eager").eval()
    if model.dtype != torch.float32:
        return f"loaded as {model.dtype}"
    with torch.no_grad():
        logits = torch.cat([model(torch.tensor([ids])).logits.flatten() for ids in inputs])
    (Path(folder) / "logits.f32").write_bytes(logits.numpy().astype("<f4").tobytes())
    return None


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    # the models are tiny: threads would only wait for each other
    torch.set_num_threads(1)
    for line in sys.stdin:
        job = json.loads(line)
        print(json.dumps([save_logits(folder, job["inputs"]) for folder in job["dirs"]]), flush=True)
