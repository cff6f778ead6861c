"""A dataset as a stranger reads it: `python check_dataset.py JOB RESULT`; JOB is {folder, out}. Two of its models are unpacked and run in transformers."""

import json
import sys
from pathlib import Path

import torch
import transformers

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "python"))
import raspc  # noqa: E402

if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    job = json.loads(Path(sys.argv[1]).read_text())
    every = list(raspc.dataset.models(job["folder"]))
    splits = {split: [each["number"] for each in raspc.dataset.models(job["folder"], split)] for split in raspc.dataset.SPLITS}
    right = runs = 0
    for record in (every[1], every[-1]):
        folder = raspc.dataset.unpack(job["folder"], record["number"], Path(job["out"]) / str(record["number"]))
        m = raspc.load(folder)  # refuses weights whose hash is not the map's
        for example in record["examples"]:
            wanted = {output["name"]: output["values"] for output in example["outputs"]}
            runs += 1
            right += m.run(example["input"]) == wanted
    Path(sys.argv[2]).write_text(json.dumps({"count": len(every), "splits": splits, "right": right, "runs": runs}))
