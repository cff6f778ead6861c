"""The program that a map carries as nodes: which of them each variable holds, and what all of them are on an input, also if some are held."""

from collections.abc import Iterable, Mapping
from typing import Any

from raspc.meaning import Meaning

Values = dict[str, list[Any]]


class Program:
    """The meaning of a compiled folder. `variables` are the names, in the map's order; `on_stream` whether its model compares positions itself."""

    def __init__(self, circuit_map: "dict[str, Any]", variables: "list[str]", on_stream: bool) -> None:
        self.map, self.variables, self._on_stream = circuit_map, variables, on_stream
        self._reads: "dict[str, list[dict[str, Any]]]" = {}
        for edge in circuit_map.get("edges", []):
            if not edge.get("clears"):
                self._reads.setdefault(edge["to"].split("<")[0], []).append(edge)

    @property
    def said(self) -> "dict[str, Any]":
        if "meaning" not in self.map:
            raise ValueError("the map says nothing of the meaning of its variables")
        found: "dict[str, Any]" = self.map["meaning"]
        return found

    @property
    def outputs(self) -> "dict[str, int]":
        return {output["name"]: node for output, node in zip(self.map["outputs"], self.said["outputs"], strict=True)}

    def node(self, name: str) -> "int | None":
        if name not in self.variables:
            raise ValueError(f"{name!r} is no variable; known are {', '.join(self.variables)}")
        found: "int | None" = self.said["variables"][self.variables.index(name)]["node"]
        return found

    def kind(self, name: str) -> str:
        node = self.node(name)
        return "bos" if node is None else str(self.said["nodes"][node]["kind"])

    def on(self, tokens: "Iterable[Any]") -> Meaning:
        return Meaning(self.said["nodes"], tokens, self.map["causal"])

    def value(self, name: str, tokens: "list[Any]", held: "Mapping[str, Mapping[int, Any]]") -> "list[Any]":
        """A variable or an output on an input, where variables are held to values at positions: {variable: {position: value}}."""
        outputs = self.outputs
        node = self.node(name) if name in self.variables else None
        if name not in self.variables:
            node = next((number for output, number in outputs.items() if output == name), None)
        if node is None and name in self.variables:
            raise ValueError(f"{name} marks BOS, and means nothing of an input")
        if node is None:
            raise ValueError(f"{name!r} is no variable or output; known are {', '.join(dict.fromkeys([*self.variables, *outputs]))}")
        base = self.on(tokens)
        if not held:
            return base.value(node)
        changed = self._changed(base, held)
        return changed.get(name, base.value(node)) if name in self.variables else self._read(base, changed, ["logits"], node)

    def _changed(self, base: Meaning, held: "Mapping[str, Mapping[int, Any]]") -> Values:
        """The variables that are other than they would be, in the order in which they are written: whoever reads one sees what it is made to be.

        Several variables may hold one node of the program (positions, say, which also turn queries and keys): what is held is the variable.
        """
        found: Values = {}
        for name in sorted(self.variables, key=self._place):
            node = self.node(name)
            if node is None:
                continue
            usual = base.value(node)
            values = list(self._read(base, found, self._writers(name), node))
            for position, value in held.get(name, {}).items():
                values[position] = value
            if values != usual or name in held:
                found[name] = values
        return found

    def _read(self, base: Meaning, changed: Values, readers: "list[str]", node: int) -> "list[Any]":
        """A node as these parts of the model compute it, from the variables that they read."""
        edges = [edge for reader in readers for edge in self._reads.get(reader, [])]
        if not any(edge["variable"] in changed for edge in edges):
            return base.value(node)
        meaning = self.on(base.tokens)
        # what is other last, where two hold one node
        for name in sorted({edge["variable"] for edge in edges}, key=lambda name: name in changed):
            read = self.node(name)
            if read is None:
                continue
            values = changed.get(name, base.value(read))
            if name in changed and self.kind(name) == "tokens":
                meaning.read_as(values)
            meaning.fix(read, values)
            if name in changed and self.kind(name) == "indices":
                if any(edge["variable"] == name and edge["to"].endswith("<k>") for edge in edges):
                    meaning.order = values
                if self._on_stream:
                    meaning.positions = values
        return meaning.value(node)

    def _writers(self, name: str) -> "list[str]":
        number = self.variables.index(name)
        heads = [f"a{head['layer']}.h{head['head']}" for head, written in zip(self.map["heads"], self.said["heads"], strict=True) if number in written]
        neurons = [f"m{group['layer']}" for group, written in zip(self.map["neurons"], self.said["neurons"], strict=True) if number in written]
        return [*dict.fromkeys([*heads, *neurons])]

    def _place(self, name: str) -> "tuple[int, int]":
        written = self.map["variables"][self.variables.index(name)]["written"]
        return written["layer"], ("embedding", "attention", "mlp", "output").index(written["sublayer"])
