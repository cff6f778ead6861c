"""What raspc itself says of a program, where it is installed: its interpreter on the text that the map carries."""

import json
import os
import shlex
import shutil
import subprocess
from typing import Any


def raspc_command() -> "list[str] | None":
    """How raspc is called: by the environment variable RASPC, else as it lies on the path; None where it is not installed."""
    given = os.environ.get("RASPC")
    if given:
        return shlex.split(given)
    found = shutil.which("raspc")
    return None if found is None else [found]


class Interpreter:
    """The outputs of one program on inputs, by `raspc run`; what has been asked once is known."""

    def __init__(self, circuit_map: "dict[str, Any]") -> None:
        self._map = circuit_map
        self._known: "dict[str, dict[str, list[Any]]]" = {}

    def outputs(self, tokens: "list[Any]") -> "dict[str, list[Any]]":
        """The values of every output. Raises a ValueError with raspc's words where it refuses the program or the input."""
        key = json.dumps(tokens)
        if key not in self._known:
            self._known[key] = {output["name"]: self._asked(output["name"], key) for output in self._map["outputs"]}
        return self._known[key]

    def _asked(self, output: str, tokens: str) -> "list[Any]":
        command = raspc_command()
        if command is None:
            raise ValueError("raspc is not installed: neither the path nor the environment variable RASPC names it")
        argv = [*command, "run", "-", "--export", output, f"--input={tokens}", "--format", "json", "--quiet"]
        try:
            done = subprocess.run(argv, input=self._map["program"]["source"], capture_output=True, text=True, check=False)
        except OSError as error:
            raise ValueError(f"raspc cannot be called as {command[0]}: {error}") from None
        if done.returncode != 0:
            raise ValueError(f"raspc refuses it: {done.stderr.strip() or done.stdout.strip()}")
        values: "list[Any]" = json.loads(done.stdout)["results"][0]["output"]
        return values
