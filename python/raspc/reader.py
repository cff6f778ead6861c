"""Reads a folder that `raspc compile` wrote: the stock model and its map, what every variable should be, is, and would do if it were another.

    m = raspc.load("out/hist")
    m.run("hello")                                   {"hist": [1, 1, 2, 2, 1]}
    m.stream("hello")["hist"].values                 what the residual stream holds, decoded where it is written
    m.run("hello", patch=[m.patch("hist", 3, [0])])  the outputs if `hist` had been 3 at position 0

Needs torch and safetensors; transformers for the model. Positions are those of the input: BOS, which stands before it, is not counted.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union

import torch

from raspc.architectures import architecture_of
from raspc.compiled import check_sizes, compiled_map
from raspc.graph import circuit_graph
from raspc.interpreter import Interpreter, raspc_command
from raspc.lenses import nnsight_path, transformer_lens_bridge
from raspc.meaning import Meaning
from raspc.program import Program
from raspc.stream import Stream, Write
# what a program reads: a text, or its tokens
Input = Union[str, Sequence[Any]]


@dataclass
class Decoded:
    """A variable on one input: the value at each position, the margin to the next best (of distances between codes, 1 is exact), and where.

    What nobody tells apart has one code: `possible` lists all values of the code that is nearest, and `values` is the first of them.
    """

    values: "list[Any]"
    margins: "list[float | None]"
    place: str
    possible: "list[list[Any]]"


@dataclass
class Patch:
    """A variable that is made to hold a value at some positions."""

    variable: str
    value: Any
    positions: "list[int]"


def load(folder: "str | Path", check: bool = True, **options: Any) -> "CompiledModel":
    """The model of a folder; `options` go to transformers' from_pretrained. With `check`, its weights and its config.json have to be those of the map."""
    return CompiledModel(folder, check=check, **options)


class CompiledModel:
    def __init__(self, folder: "str | Path", check: bool = True, **options: Any) -> None:
        self.map = compiled_map(folder, check)
        self.folder = Path(folder)
        self._architecture = architecture_of(self.map["target"])
        self.model = self._loaded(**options)
        config = self.model.config
        tokens, logits = self.model.get_input_embeddings().num_embeddings, self._logits()
        check_sizes(self.map, config.hidden_size, config.num_hidden_layers, config.num_attention_heads, tokens, logits, config.max_position_embeddings)
        self.causal, self.bos = self.map["causal"], self.map["bos"]["id"]
        self._ids = {token["value"]: token["id"] for token in self.map["vocabulary"]}
        self._stream = Stream(self.model, self._architecture)
        self.variables = _unique(self.map["variables"])
        self.program = Program(self.map, self.variables, self._stream.on_stream)
        self._interpreter = Interpreter(self.map)
        self._codes = {name: self._code(i) for i, name in enumerate(self.variables)}

    def _loaded(self, **options: Any) -> Any:
        import transformers

        kind = transformers.AutoModelForTokenClassification if self._architecture.encoder else transformers.AutoModelForCausalLM
        try:
            return kind.from_pretrained(self.folder, attn_implementation="eager", **options).eval()
        except ImportError:
            raise
        except Exception as error:  # noqa: BLE001 - what a stranger's config or file makes transformers trip over has no one kind
            raise ValueError(f"transformers cannot load {self.folder} as the {self.map['target']} that its map speaks of: {error}") from None

    def _logits(self) -> int:
        head = self.model.get_output_embeddings() if not self._architecture.encoder else self.model.classifier
        return int(head.weight.shape[0])

    def transformer_lens(self) -> Any:
        """The model as a TransformerBridge of TransformerLens, of which the default call is right: it puts BOS before a text, and has the head."""
        return transformer_lens_bridge(self.folder, self._loaded(), self.map["target"], self._architecture.encoder)

    # what goes in and out

    def tokens(self, given: Input) -> "list[Any]":
        """An input as the program's tokens: a list, or a string cut into them."""
        if not isinstance(given, str | Sequence):
            raise ValueError(f"{given!r} is no input: that is a string, or a list of tokens")
        if not isinstance(given, str):
            tokens = list(given)
        else:
            tokens, rest = [], given
            longest = sorted((value for value in self._ids if isinstance(value, str)), key=len, reverse=True)
            while rest:
                found = next((value for value in longest if value and rest.startswith(value)), None)
                if found is None:
                    raise ValueError(f"{rest[:8]!r} begins with no token of the vocabulary: {', '.join(map(repr, list(self._ids)[:12]))}")
                tokens.append(found)
                rest = rest[len(found) :]
        unknown = [token for token in tokens if isinstance(token, list | dict | set) or token not in self._ids]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no token of the vocabulary: {', '.join(map(repr, list(self._ids)[:12]))}")
        if not 0 < len(tokens) <= self.map["context"]:
            raise ValueError(f"the input has {len(tokens)} tokens, and the model takes 1 to {self.map['context']}")
        return tokens

    def encode(self, given: Input) -> torch.Tensor:
        """Token ids, BOS in front, as a batch of one."""
        return torch.tensor([[self.bos, *(self._ids[token] for token in self.tokens(given))]])

    def run(self, given: Input, patch: Sequence[Patch] = ()) -> "dict[str, list[Any]]":
        """The outputs by name, decoded; with `patch`, as they would be."""
        self._check(given, patch)
        with self._patched(patch), torch.no_grad():
            logits = self.model(self.encode(given)).logits[0, 1:].double()
        return {output["name"]: _decode(output, logits) for output in self.map["outputs"]}

    def _check(self, given: Input, patch: Sequence[Patch]) -> None:
        size = len(self.tokens(given))
        if isinstance(patch, Patch) or not isinstance(patch, Sequence):
            raise ValueError(f"patches come as a list, and {patch!r} is none")
        for each in patch:
            if not isinstance(each, Patch):
                raise ValueError(f"{each!r} is no patch: `m.patch(variable, value, positions)` makes one")
            # one that was made by hand
            self.patch(each.variable, each.value, each.positions)
            beyond = [position for position in each.positions if position >= size]
            if beyond:
                raise ValueError(f"{each.variable} is patched at position {beyond[0]}, and the input has {size} tokens")

    # what the program means

    def ideal(self, variable: str, given: Input, patch: Sequence[Patch] = (), by: "str | None" = None) -> "list[Any]":
        """What a variable or an output should be; with `patch`, if others were as patched.

        Outputs by raspc where it is installed (`by="raspc"` asks for it), from the program's text; all else, and what is patched, by the map's
        meaning, evaluated in Python (`by="map"`). Where the two disagree, the map is not of this program: a ValueError.
        """
        if by not in (None, "map", "raspc"):
            raise ValueError(f"{by!r} is nobody to ask: `by` is 'raspc', 'map', or None for both where they can")
        outputs = [output["name"] for output in self.map["outputs"]]
        if by == "raspc" and (patch or variable not in outputs):
            raise ValueError(f"raspc says what outputs are, without patches; they are {', '.join(outputs)}")
        if by == "raspc":
            return self._interpreter.outputs(self.tokens(given))[variable]
        self._check(given, patch)
        held: "dict[str, dict[int, Any]]" = {}
        for each in patch:
            held.setdefault(each.variable, {}).update(dict.fromkeys(each.positions, each.value))
        meant = self.program.value(variable, self.tokens(given), held)
        if by is None and variable in outputs and not patch and raspc_command() is not None:
            self._agree(variable, given, meant)
        return meant

    def _agree(self, variable: str, given: Input, meant: "list[Any]") -> None:
        try:
            said = self._interpreter.outputs(self.tokens(given))[variable]
        except ValueError:
            return  # a program that loads others, which are not here
        if any(a != b and not (isinstance(a, float | int) and abs(a - b) <= 1e-9 * max(1, abs(b))) for a, b in zip(said, meant, strict=True)):
            raise ValueError(f"the map's meaning of {variable} is {meant}, and its program says {said} by raspc: the map is not of this program")

    def node(self, name: str) -> "int | None":
        """The number of the node of the map's meaning that a variable holds; None for the one that marks BOS."""
        return self.program.node(name)

    def kind(self, name: str) -> str:
        """What computes a variable: `tokens`, `indices`, `aggregate`, `width`, `elementwise`…"""
        return self.program.kind(name)

    def meaning(self, given: Input) -> Meaning:
        """The program on one input, of which every node can be asked for."""
        return self.program.on(self.tokens(given))

    # what the model holds

    def stream(self, given: Input, patch: Sequence[Patch] = (), everywhere: bool = False) -> "dict[str, Any]":
        """Every variable, decoded where it is written: a dict of Decoded by name; of a dict by place with `everywhere`, as long as it lives."""
        self._check(given, patch)
        states = self._states(given, patch)
        found = {}
        for name in self.variables:
            codes, dims = self._codes[name], self._variable(name)["dims"]
            if codes is None or not dims:
                continue
            places = self._places(self._variable(name), list(states))
            decoded = {place: self._decoded(codes, states[place][:, dims], place) for place in (places if everywhere else places[:1])}
            found[name] = decoded if everywhere else decoded[places[0]]
        return found

    def _places(self, variable: "dict[str, Any]", known: "list[str]") -> "list[str]":
        """The places of the stream at which a variable lies there, from the one where it is written."""
        written, live = variable["written"], variable.get("live")
        first = "embedding" if written["sublayer"] == "embedding" else f"{written['sublayer']} {written['layer']}"
        # sublayers that work side by side leave the stream together
        first = first if first in known else f"mlp {written['layer']}"
        places = known[known.index(first) :]
        if live is None or live["to"]["sublayer"] == "output":
            return places if live else places[:1]
        # what an MLP clears is there up to the attention of its layer
        gone = f"mlp {live['to']['layer']}"
        return places[: places.index(gone)] if gone in places[1:] else places[:1]

    def _decoded(self, codes: "dict[Any, list[float]]", held: torch.Tensor, place: str) -> Decoded:
        classes: "dict[tuple[float, ...], list[Any]]" = {}
        for value, code in codes.items():
            classes.setdefault(tuple(code), []).append(value)
        table = torch.tensor(list(classes), dtype=torch.float64)
        members = list(classes.values())
        distances = torch.cdist(held.double(), table)
        best = distances.argsort(1)
        margins: "list[float | None]" = [None] * len(held)
        if len(members) > 1:
            near, next_near = (distances.gather(1, best[:, i : i + 1])[:, 0] for i in (0, 1))
            margins = ((next_near - near) / (table[best[:, 0]] - table[best[:, 1]]).norm(dim=1)).tolist()
        nearest = [members[i] for i in best[:, 0].tolist()]
        return Decoded([each[0] for each in nearest], margins, place, nearest)

    def heads(self) -> "list[dict[str, Any]]":
        """The heads that compute something: layer, head, name, what it selects, the share that BOS has of it, and its source."""
        return [dict(head) for head in self.map["heads"]]

    def edges(self) -> "list[tuple[str, str, str]]":
        """The circuit as a graph: (from, to, variable), such as ("embedding", "a0.h0<q>", "tokens"); what is no edge is not used on any input."""
        if "edges" not in self.map:
            raise ValueError("the map lists no edges: it was written by an earlier version of raspc")
        return [(edge["from"], edge["to"], edge["variable"]) for edge in self.map["edges"]]

    def graph(self) -> "dict[str, Any]":
        """The circuit as circuit discovery scores it: all possible edges, and which are there; in EAP-IG's JSON."""
        self.edges()
        config = self.model.config
        return circuit_graph(self.map, config.num_hidden_layers, config.num_attention_heads, config.hidden_size, self._stream.parallel)

    def hook(self, name: str) -> "dict[str, Any]":
        """Where a variable or a head is read and patched elsewhere: by module path, input or output, and columns; in TransformerLens; in nnsight."""
        hooks = self.map.get("hooks")
        if hooks is None:
            raise ValueError("the map lists no hooks: it was written by an earlier version of raspc")
        heads = [f"{head['layer']}.{head['head']} {head['name']}" for head in self.map["heads"]]
        if name in self.variables:
            found = hooks["variables"][self.variables.index(name)]
        elif name in heads:
            found = hooks["heads"][heads.index(name)]
        else:
            raise ValueError(f"{name!r} is no variable or head; known are {', '.join([*self.variables, *heads])}")
        return {**found, "nnsight": nnsight_path(found)}

    def attention(self, given: Input, without_bos: bool = True) -> "dict[str, torch.Tensor]":
        """What each head attends to, [query, key] by "layer.head name".

        Without BOS, which stands for nothing that is selected (`bosShare` of heads() says how much it takes), rows are shares of what is left,
        and empty where that is nothing; with it, what the model computes.
        """
        with torch.no_grad():
            attentions = self.model(self.encode(given), output_attentions=True).attentions
        found = {}
        for head in self.map["heads"]:
            weights = attentions[head["layer"]][0, head["head"]]
            found[f"{head['layer']}.{head['head']} {head['name']}"] = _share(weights[1:, 1:], self._least(head)) if without_bos else weights
        return found

    def _least(self, head: "dict[str, Any]") -> float:
        """Less than what one selected key has of a head's attention, and more than all others together."""
        bos = head.get("bosShare", {"least": 0})["least"]
        return 0.5 if bos == 0 else (1 - bos) / (2 * self.map["context"])

    def patch(self, variable: str, value: Any, positions: "int | Sequence[int]") -> Patch:
        """An interchange intervention: the variable's dimensions get the value's code at these positions, where they are written."""
        if variable not in list(self._codes):
            raise ValueError(f"{variable!r} is no variable; known are {', '.join(self._codes)}")
        codes = self._codes[variable]
        if codes is None or isinstance(value, list | dict | set) or value not in codes:
            known = "none that is listed" if codes is None else ", ".join(map(repr, codes))
            raise ValueError(f"{variable} has no value {value!r}; it has {known}")
        positions = list(positions) if isinstance(positions, Sequence) else [positions]
        wrong = [each for each in positions if not isinstance(each, int) or isinstance(each, bool) or not 0 <= each < self.map["context"]]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is no position of an input: they count from 0 to {self.map['context'] - 1}, BOS aside")
        return Patch(variable, value, positions)

    def plot(self, given: Input, variable: "str | None" = None) -> Any:
        """Heat maps of all heads' attention without BOS, or of one head by its name: circuitsvis where it is installed, else matplotlib."""
        weights = {name: each.float() for name, each in self.attention(given).items() if variable is None or name.endswith(f" {variable}")}
        if not weights:
            raise ValueError(f"no head computes {variable!r}; they are {', '.join(self.attention(given))}")
        labels = [str(token) for token in self.tokens(given)]
        with contextlib.suppress(ImportError):
            from circuitsvis.attention import attention_heads

            return attention_heads(attention=torch.stack(list(weights.values())), tokens=labels, attention_head_names=list(weights))
        try:
            from matplotlib import pyplot
        except ImportError as error:
            raise ImportError(f"pictures are drawn by circuitsvis or matplotlib (`pip install matplotlib`): {error}") from None

        figure, axes = pyplot.subplots(1, len(weights), figsize=(3.2 * len(weights), 3.2), squeeze=False)
        for axis, (name, each) in zip(axes[0], weights.items(), strict=True):
            axis.imshow(each.numpy(), vmin=0)
            axis.set_title(name)
            axis.set_xticks(range(len(labels)), labels)
            axis.set_yticks(range(len(labels)), labels)
        return figure

    def _variable(self, name: str) -> "dict[str, Any]":
        found: "dict[str, Any]" = self.map["variables"][self.variables.index(name)]
        return found

    def _code(self, index: int) -> "dict[Any, list[float]] | None":
        """{value: numbers of the dimensions}; None where the values are not listed."""
        variable, said = self.map["variables"][index], self.map.get("meaning", {}).get("variables", [{}] * len(self.variables))[index]
        values, dims = variable["values"], variable["dims"]
        if variable.get("codes"):
            return {each["value"]: each["code"] for each in variable["codes"]}
        if not values or (not said.get("levels") and variable["encoding"] not in ("one-hot", "dummy")):
            return None
        if said.get("levels"):
            return {value: [level[i] for level in said["levels"]] for i, value in enumerate(values)}
        return {value: [1.0 if i == d else 0.0 for d in range(len(dims))] for i, value in enumerate(values)}

    def _states(self, given: Input, patch: Sequence[Patch]) -> "dict[str, torch.Tensor]":
        with self._patched(patch):
            return {place: state[0] for place, state in self._stream.states(self.encode(given)).items()}

    def _patched(self, patches: Sequence[Patch]) -> "contextlib.AbstractContextManager[None]":
        return self._stream.held([self._write(each) for each in patches])

    def _write(self, patch: Patch) -> Write:
        variable = self._variable(patch.variable)
        written, codes = variable["written"], self._codes[patch.variable]
        code = [] if codes is None else codes[patch.value]
        return written["layer"], written["sublayer"], patch.positions, variable["dims"], code


def _unique(variables: "list[dict[str, Any]]") -> "list[str]":
    """A name for each variable: its own, with a number where several share it."""
    names: "list[str]" = []
    seen: "dict[str, int]" = {}
    for variable in variables:
        seen[variable["name"]] = seen.get(variable["name"], 0) + 1
        names.append(variable["name"] if seen[variable["name"]] == 1 else f"{variable['name']}#{seen[variable['name']]}")
    return names


def _share(weights: torch.Tensor, least: float) -> torch.Tensor:
    """Rows as shares of their sum; a row on which less than that is left has selected nothing."""
    left = weights.sum(1, keepdim=True)
    return torch.where(left > least, weights / left.clamp_min(least), torch.zeros_like(weights))


def _decode(output: "dict[str, Any]", logits: torch.Tensor) -> "list[Any]":
    if output["kind"] == "numeric":
        numbers: "list[Any]" = (logits[:, output["logit"]] * output["scale"] + output["offset"]).tolist()
        return numbers
    ids = [entry["id"] for entry in output["logits"]]
    best = logits[:, ids].argmax(1).tolist()
    return [output["logits"][i]["value"] for i in best]
