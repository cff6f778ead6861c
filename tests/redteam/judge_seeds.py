"""What transformers itself makes of the circuits of a seeded folder: one JSON job a line on standard input, one JSON result a line on standard output.

A job is {"dir", "windows", "features"}: lists of token ids, and features as in raspc.json. The result is {"loads": null or the error, "tokens",
"features"}: for each window the likeliest token at each position (-1 where a logit is no number), and what each feature says by its contract.
"""

import json
import math
import sys

import torch
import transformers


def read(feature, hidden):
    h = hidden[:, feature["dims"]].double()
    if feature["kind"] == "numeric":
        weights, per = (torch.tensor(feature[key], dtype=torch.float64) for key in ("weights", "per"))
        divisor = h @ per if per.any() else torch.ones(len(h), dtype=torch.float64)
        numbers = (feature.get("scale", 1) * (h @ weights) / divisor + feature.get("offset", 0)).tolist()
        # JSON knows no other numbers
        return [number if math.isfinite(number) else None for number in numbers]
    codes = torch.tensor([entry["code"] for entry in feature["codes"]], dtype=torch.float64)
    cosines = h @ (codes / codes.norm(dim=1, keepdim=True)).T
    return [feature["codes"][int(best)]["value"] for best in cosines.argmax(-1)]


def judge(job):
    try:
        model = transformers.AutoModelForCausalLM.from_pretrained(job["dir"], attn_implementation="eager").eval()
        tokens, features = [], []
        for ids in job["windows"]:
            with torch.no_grad():
                out = model(torch.tensor([ids]), output_hidden_states=True)
            logits = out.logits[0].float()
            tokens.append(logits.argmax(-1).where(~logits.isnan().any(-1), torch.tensor(-1)).tolist())
            features.append([read(feature, out.hidden_states[feature["after"]][0]) for feature in job["features"]])
        return {"loads": None, "tokens": tokens, "features": features}
    except Exception as error:  # whatever a folder makes transformers say
        return {"loads": f"{type(error).__name__}: {error}"[:300], "tokens": [], "features": []}


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    for line in sys.stdin:
        print(json.dumps(judge(json.loads(line))), flush=True)
