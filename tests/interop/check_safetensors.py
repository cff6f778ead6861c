"""What the official safetensors says of files: `python check_safetensors.py JOB RESULT`; JOB lists paths, RESULT null or the error of each."""

import json
import sys
from pathlib import Path

from safetensors import deserialize


def verdict(path):
    try:
        deserialize(Path(path).read_bytes())
        return None
    except Exception as error:
        return str(error)


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps([verdict(path) for path in json.loads(Path(sys.argv[1]).read_text())]))
