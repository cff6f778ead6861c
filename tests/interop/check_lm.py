"""Features of seeded models on text of this machine, in transformers: `python check_lm.py JOB RESULT`.

JOB is {"dirs": seeded folders with tokenizer.json, "length", "count"}; RESULT says for each the ids of the windows, without what stands first, and
what each feature says at their positions; of what is said in a code, which of all tokens its dimensions raise most.
"""

import json
import sys
import sysconfig
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer


def texts():
    library = Path(sysconfig.get_paths()["stdlib"])
    found = [*sorted(Path("/usr/share/common-licenses").glob("*")), *(library / name for name in ("argparse.py", "calendar.py", "textwrap.py"))]
    return [path.read_text(encoding="utf-8", errors="replace") for path in found if path.is_file()]


def windows(tokenizer, length, count):
    ids = tokenizer.encode("\n".join(texts()), add_special_tokens=False).ids
    step = (len(ids) - length) // count
    return [ids[at * step : at * step + length] for at in range(count)]


def read(feature, stream):
    held = stream[..., feature["dims"]]
    if feature["kind"] == "numeric":
        per = torch.tensor(feature["per"])
        below = held @ per if per.any() else 1
        return (feature["scale"] * (held @ torch.tensor(feature["weights"])) / below + feature["offset"]).tolist()
    codes = torch.tensor([each["code"] for each in feature["codes"]])
    best = (held @ codes.T / codes.norm(dim=1)).argmax(dim=-1)
    return [[feature["codes"][at]["value"] for at in row] for row in best.tolist()]


@torch.no_grad()
def measure(folder, length, count):
    said = json.loads((folder / "raspc.json").read_text())
    found = windows(Tokenizer.from_file(str(folder / "tokenizer.json")), length, count)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    first = said["bos"]["id"] if said["bos"] else 0
    streams = model(torch.tensor([[first, *ids] for ids in found]), output_hidden_states=True).hidden_states
    # the last is behind the final norm
    heard = streams[-1][:, 1:]
    unembedding = model.get_output_embeddings().weight
    coded = [each for each in said.get("says", []) if each.get("code")]
    return {
        "ids": found,
        "features": {each["name"]: read(each, streams[each["after"]][:, 1:]) for each in said.get("features", [])},
        "raised": {each["name"]: (heard[..., each["dims"]] @ unembedding[:, each["dims"]].T).argmax(dim=-1).tolist() for each in coded},
    }


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    job = json.loads(Path(sys.argv[1]).read_text())
    results = [measure(Path(folder), job["length"], job["count"]) for folder in job["dirs"]]
    Path(sys.argv[2]).write_text(json.dumps(results))
