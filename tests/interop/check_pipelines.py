"""The pipelines of transformers on model folders: `python check_pipelines.py JOB RESULT`.

JOB is a JSON list of {"dir", "task", "text"}; RESULT lists what the pipeline gives: the text as it goes on, up to the end of the
context, or the entity of each token.
"""

import json
import sys
from pathlib import Path

import transformers


def run(job):
    pipe = transformers.pipeline(job["task"], model=job["dir"])
    found = pipe(job["text"])
    if job["task"] == "text-generation":
        # twice, since a pipeline samples unless the model tells it what to do
        assert found == pipe(job["text"])
        return found[0]["generated_text"]
    return [token["entity"] for token in found]


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    Path(sys.argv[2]).write_text(json.dumps([run(job) for job in json.loads(Path(sys.argv[1]).read_text())]))
