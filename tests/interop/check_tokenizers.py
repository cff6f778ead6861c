"""Official tokenizers on many vocabularies: `python check_tokenizers.py JOB RESULT`.

JOB is a JSON list of {"dir", "cases": [{"text", "ids"}], "refused": [texts]}; RESULT says for each what was not as expected.
"""

import json
import sys
from pathlib import Path

import tokenizers
import transformers


def check(job):
    folder = Path(job["dir"])
    official = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    auto = transformers.AutoTokenizer.from_pretrained(folder)
    wrong = []
    for case in job["cases"]:
        text, ids = case["text"], case["ids"]
        for found in (official.encode(text).ids, auto(text)["input_ids"]):
            if found != ids:
                wrong.append(f"{text!r}: {found} instead of {ids}")
        for decoded in (official.decode(ids), auto.decode(ids, skip_special_tokens=True)):
            if decoded != text:
                wrong.append(f"{ids} is {decoded!r} instead of {text!r}")
    for text in job["refused"]:
        try:
            wrong.append(f"{text!r} gave {official.encode(text).ids}")
        except Exception:
            pass
    if auto.bos_token_id != job["bos"]:
        wrong.append(f"BOS is {auto.bos_token_id}")
    return wrong


if __name__ == "__main__":
    transformers.utils.logging.set_verbosity_error()
    jobs = json.loads(Path(sys.argv[1]).read_text())
    Path(sys.argv[2]).write_text(json.dumps([check(job) for job in jobs]))
