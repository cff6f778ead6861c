"""Reads a folder that `raspc compile` wrote: the stock model and its map, what every variable should be, is, and would do if it were another.

    m = raspc.load("out/hist")
    m.run("hello")                                   {"hist": [1, 1, 2, 2, 1]}
    m.stream("hello")["hist"].values                 what the residual stream holds, decoded where it is written
    m.run("hello", patch=[m.patch("hist", 3, [0])])  the outputs if `hist` had been 3 at position 0

Needs torch and safetensors; transformers for the model. Positions are those of the input: BOS, which stands before it, is not counted.
"""

import contextlib
from dataclasses import dataclass
from pathlib import Path

import torch

from raspc.architectures import architecture_of
from raspc.compiled import check_sizes, compiled_map
from raspc.graph import circuit_graph
from raspc.lenses import nnsight_path, transformer_lens_bridge
from raspc.meaning import Meaning
from raspc.stream import Stream

@dataclass
class Decoded:
    """A variable on one input: the value at each position, the margin to the next best (of distances between codes, 1 is exact), and where.

    What nobody tells apart has one code: `possible` lists all values of the code that is nearest, and `values` is the first of them.
    """

    values: list
    margins: list
    place: str
    possible: list


@dataclass
class Patch:
    """A variable that is made to hold a value at some positions."""

    variable: str
    value: object
    positions: list


def load(folder, check=True, **options):
    """The model of a folder; `options` go to transformers' from_pretrained. With `check`, its weights have to be those of the map."""
    return CompiledModel(folder, check=check, **options)


class CompiledModel:
    def __init__(self, folder, check=True, **options):
        self.folder = Path(folder)
        self.map = compiled_map(folder, check)
        self._architecture = architecture_of(self.map["target"])
        self.model = self._loaded(**options)
        config = self.model.config
        check_sizes(self.map, config.hidden_size, config.num_hidden_layers, config.num_attention_heads)
        self.causal, self.bos = self.map["causal"], self.map["bos"]["id"]
        self._ids = {token["value"]: token["id"] for token in self.map["vocabulary"]}
        self._stream = Stream(self.model, self._architecture)
        self.variables = _unique(self.map["variables"])
        self._codes = {name: self._code(i) for i, name in enumerate(self.variables)}

    def _loaded(self, **options):
        import transformers

        kind = transformers.AutoModelForTokenClassification if self._architecture.encoder else transformers.AutoModelForCausalLM
        return kind.from_pretrained(self.folder, attn_implementation="eager", **options).eval()

    def transformer_lens(self):
        """The model as a TransformerBridge of TransformerLens, of which the default call is right: it puts BOS before a text, and has the head."""
        return transformer_lens_bridge(self.folder, self._loaded(), self.map["target"], self._architecture.encoder)

    # what goes in and out

    def tokens(self, given):
        """An input as the program's tokens: a list, or a string cut into them."""
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
        unknown = [token for token in tokens if token not in self._ids]
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no token of the vocabulary: {', '.join(map(repr, list(self._ids)[:12]))}")
        if not 0 < len(tokens) <= self.map["context"]:
            raise ValueError(f"the input has {len(tokens)} tokens, and the model takes 1 to {self.map['context']}")
        return tokens

    def encode(self, given):
        """Token ids, BOS in front, as a batch of one."""
        return torch.tensor([[self.bos, *(self._ids[token] for token in self.tokens(given))]])

    def run(self, given, patch=()):
        """The outputs by name, decoded; with `patch`, as they would be."""
        self._check(given, patch)
        with self._patched(patch), torch.no_grad():
            logits = self.model(self.encode(given)).logits[0, 1:].double()
        return {output["name"]: _decode(output, logits) for output in self.map["outputs"]}

    def _check(self, given, patch):
        size = len(self.tokens(given))
        for each in patch:
            beyond = [position for position in each.positions if position >= size]
            if beyond:
                raise ValueError(f"{each.variable} is patched at position {beyond[0]}, and the input has {size} tokens")

    # what the program means

    def ideal(self, variable, given, patch=()):
        """What a variable or an output should be, by the map's meaning, evaluated in Python; with `patch`, if others were as patched."""
        meaning = self.meaning(given, patch)
        outputs = {output["name"]: node for output, node in zip(self.map["outputs"], self._said()["outputs"], strict=True)}
        if variable in self._codes and self.node(variable) is not None:
            return meaning.value(self.node(variable))
        if variable not in outputs:
            raise KeyError(f"{variable!r} is no variable or output; known are {', '.join([*self._codes, *outputs])}")
        return meaning.value(outputs[variable])

    def _said(self):
        if "meaning" not in self.map:
            raise ValueError("the map says nothing of the meaning of its variables")
        return self.map["meaning"]

    def node(self, name):
        """The number of the node of the map's meaning that a variable holds; None for the one that marks BOS."""
        return self._said()["variables"][self.variables.index(name)]["node"]

    def kind(self, name):
        """What computes a variable: `tokens`, `indices`, `aggregate`, `width`, `elementwise`…"""
        return self._said()["nodes"][self.node(name)]["kind"]

    def meaning(self, given, patch=()):
        """The program on one input, of which every node can be asked for and held."""
        tokens = self.tokens(given)
        self._check(given, patch)
        meaning = Meaning(self._said()["nodes"], tokens, self.causal)
        # in the order in which they are computed, since what is patched later sees what was patched before
        for each in sorted(patch, key=lambda one: self.node(one.variable)):
            node = self.node(each.variable)
            values = list(meaning.value(node))
            for position in each.positions:
                values[position] = each.value
            meaning.hold(node, values)
            if self._said()["nodes"][node]["kind"] == "tokens":
                meaning.read_as(values)
            elif self._said()["nodes"][node]["kind"] == "indices":
                meaning.order, meaning.ordered = values, self._ordered()
                if self._stream.on_stream:
                    meaning.positions = values
        return meaning

    def _ordered(self):
        """The nodes `rightmost` and `leftmost` whose heads compare positions that lie on the stream."""
        nodes, found = self._said()["nodes"], set()
        positions = {name for name in self.variables if self.node(name) is not None and nodes[self.node(name)]["kind"] == "indices"}
        for head, written in zip(self.map["heads"], self._said()["heads"], strict=True):
            reads = f"a{head['layer']}.h{head['head']}<k>"
            if any(edge["to"] == reads and edge["variable"] in positions for edge in self.map.get("edges", [])):
                found.update(self._selectors([self._said()["variables"][i]["node"] for i in written]))
        return found

    def _selectors(self, of):
        """The selectors that nodes aggregate by, and those within them."""
        nodes = self._said()["nodes"]
        pending, found = [nodes[node]["args"][0] for node in of if node is not None and nodes[node]["kind"] in ("aggregate", "width")], set()
        while pending:
            node = pending.pop()
            found.add(node)
            if nodes[node]["kind"] in ("and", "or", "not", "rightmost", "leftmost"):
                pending.extend(nodes[node]["args"])
        return found

    # what the model holds

    def stream(self, given, patch=(), everywhere=False):
        """Every variable, decoded where it is written: a dict of Decoded by name; of a dict by place with `everywhere`, as long as it lives."""
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

    def _places(self, variable, known):
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

    def _decoded(self, codes, held, place):
        classes = {}
        for value, code in codes.items():
            classes.setdefault(tuple(code), []).append(value)
        table = torch.tensor(list(classes), dtype=torch.float64)
        members = list(classes.values())
        distances = torch.cdist(held.double(), table)
        best = distances.argsort(1)
        margins = [None] * len(held)
        if len(members) > 1:
            near, next_near = (distances.gather(1, best[:, i : i + 1])[:, 0] for i in (0, 1))
            margins = ((next_near - near) / (table[best[:, 0]] - table[best[:, 1]]).norm(dim=1)).tolist()
        nearest = [members[i] for i in best[:, 0].tolist()]
        return Decoded([each[0] for each in nearest], margins, place, nearest)

    def heads(self):
        """The heads that compute something: layer, head, name, what it selects, the share that BOS has of it, and its source."""
        return [dict(head) for head in self.map["heads"]]

    def edges(self):
        """The circuit as a graph: (from, to, variable), such as ("embedding", "a0.h0<q>", "tokens"); what is no edge is not used on any input."""
        if "edges" not in self.map:
            raise ValueError("the map lists no edges: it was written by an earlier version of raspc")
        return [(edge["from"], edge["to"], edge["variable"]) for edge in self.map["edges"]]

    def graph(self):
        """The circuit as circuit discovery scores it: all possible edges, and which are there; in EAP-IG's JSON."""
        self.edges()
        config = self.model.config
        return circuit_graph(self.map, config.num_hidden_layers, config.num_attention_heads, config.hidden_size, self._stream.parallel)

    def hook(self, name):
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
            raise KeyError(f"{name!r} is no variable or head; known are {', '.join([*self.variables, *heads])}")
        return {**found, "nnsight": nnsight_path(found)}

    def attention(self, given, without_bos=True):
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

    def _least(self, head):
        """Less than what one selected key has of a head's attention, and more than all others together."""
        bos = head.get("bosShare", {"least": 0})["least"]
        return 0.5 if bos == 0 else (1 - bos) / (2 * self.map["context"])

    def patch(self, variable, value, positions):
        """An interchange intervention: the variable's dimensions get the value's code at these positions, where they are written."""
        if variable not in self._codes:
            raise KeyError(f"{variable!r} is no variable; known are {', '.join(self._codes)}")
        codes = self._codes[variable]
        if codes is None or value not in codes:
            known = "none that is listed" if codes is None else ", ".join(map(repr, codes))
            raise ValueError(f"{variable} has no value {value!r}; it has {known}")
        positions = [positions] if isinstance(positions, int) else list(positions)
        wrong = [each for each in positions if not isinstance(each, int) or not 0 <= each < self.map["context"]]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is no position of an input: they count from 0 to {self.map['context'] - 1}, BOS aside")
        return Patch(variable, value, positions)

    def plot(self, given, variable=None):
        """Heat maps of all heads' attention without BOS, or of one head by its name: circuitsvis where it is installed, else matplotlib."""
        weights = {name: each for name, each in self.attention(given).items() if variable is None or name.endswith(f" {variable}")}
        if not weights:
            raise KeyError(f"no head computes {variable!r}; they are {', '.join(self.attention(given))}")
        labels = [str(token) for token in self.tokens(given)]
        with contextlib.suppress(ImportError):
            from circuitsvis.attention import attention_heads

            return attention_heads(attention=torch.stack(list(weights.values())), tokens=labels, attention_head_names=list(weights))
        from matplotlib import pyplot

        figure, axes = pyplot.subplots(1, len(weights), figsize=(3.2 * len(weights), 3.2), squeeze=False)
        for axis, (name, each) in zip(axes[0], weights.items(), strict=True):
            axis.imshow(each, vmin=0)
            axis.set_title(name)
            axis.set_xticks(range(len(labels)), labels)
            axis.set_yticks(range(len(labels)), labels)
        return figure

    def _variable(self, name):
        return self.map["variables"][self.variables.index(name)]

    def _code(self, index):
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

    def _states(self, given, patch):
        with self._patched(patch):
            return {place: state[0] for place, state in self._stream.states(self.encode(given)).items()}

    def _patched(self, patches):
        return self._stream.held([self._write(each) for each in patches])

    def _write(self, patch):
        variable = self._variable(patch.variable)
        written, code = variable["written"], self._codes[patch.variable][patch.value]
        return written["layer"], written["sublayer"], patch.positions, variable["dims"], code


def _unique(variables):
    """A name for each variable: its own, with a number where several share it."""
    names, seen = [], {}
    for variable in variables:
        seen[variable["name"]] = seen.get(variable["name"], 0) + 1
        names.append(variable["name"] if seen[variable["name"]] == 1 else f"{variable['name']}#{seen[variable['name']]}")
    return names


def _share(weights, least):
    """Rows as shares of their sum; a row on which less than that is left has selected nothing."""
    left = weights.sum(1, keepdim=True)
    return torch.where(left > least, weights / left.clamp_min(least), torch.zeros_like(weights))


def _decode(output, logits):
    if output["kind"] == "numeric":
        return (logits[:, output["logit"]] * output["scale"] + output["offset"]).tolist()
    ids = [entry["id"] for entry in output["logits"]]
    best = logits[:, ids].argmax(1).tolist()
    return [output["logits"][i]["value"] for i in best]
