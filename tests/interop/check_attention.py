"""Attention of compiled models in transformers.

A job is {"models": [{"dir", "ids"}]}. The result is, for each, by layer and head the weights of every query, `[layer][head][query][key]`.
"""

import json
import sys

import torch
import transformers


def attention(folder, ids):
    config = transformers.AutoConfig.from_pretrained(folder)
    classifies = config.architectures[0].endswith("ForTokenClassification")
    auto = transformers.AutoModelForTokenClassification if classifies else transformers.AutoModelForCausalLM
    model = auto.from_pretrained(folder, attn_implementation="eager").eval()
    with torch.no_grad():
        layers = model(torch.tensor([ids]), output_attentions=True).attentions
    return [layer[0].tolist() for layer in layers]


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    # the models are tiny: threads would only wait for each other
    torch.set_num_threads(1)
    job_path, result_path = sys.argv[1:]
    with open(job_path) as file:
        job = json.load(file)
    with open(result_path, "w") as file:
        json.dump([attention(each["dir"], each["ids"]) for each in job["models"]], file)
