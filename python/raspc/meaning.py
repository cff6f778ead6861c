"""What a program means on an input, evaluated from the nodes that the circuit map lists: what raspc itself would say, without raspc.

RASP's reference is written in Python, and its values are Python's: ints, floats, strings and bools. A sequence is a list, a selector a
list of the keys that each query selects.
"""

import operator
import re
from collections.abc import Callable, Iterable
from typing import Any

COMPARE: "dict[str, Callable[[Any, Any], Any]]" = {"==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}
BINARY: "dict[str, Callable[[Any, Any], Any]]" = {
    **COMPARE,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "^": operator.pow,
    "and": lambda a, b: bool(a and b),
    "or": lambda a, b: bool(a or b),
}
UNARY: "dict[str, Callable[[Any], Any]]" = {"not": operator.not_, "-": operator.neg, "+": operator.pos, "round": round, "indicator": lambda a: 1 if a else 0}
REDUCE: "dict[str, Callable[..., Any]]" = {"sum": sum, "max": max, "min": min}
CASTS: "dict[str, Callable[[Any], Any]]" = {"str": str, "int": int, "float": float, "bool": bool, "asis": lambda a: a}


class Meaning:
    """The nodes of a program on one input, each evaluated when it is asked for.

    nodes   the map's list: `kind`, `operator`, `args` (numbers of nodes before it), `values`
    tokens  the input, without BOS
    causal  whether selectors see the positions so far only
    cast    whether tokens are read as the program says (`str(tokens)`), or as they are given
    """

    def __init__(self, nodes: "list[dict[str, Any]]", tokens: "Iterable[Any]", causal: bool, cast: bool = True) -> None:
        self.nodes, self.tokens, self.causal, self.cast = nodes, list(tokens), causal, cast
        self.known: "dict[int, Any]" = {}
        self.fixed: "set[int]" = set()
        # what decides which positions are before which; a model that sees all of them has to compare what it holds of them
        self.positions = list(range(len(self.tokens)))
        # what decides which of several keys is the rightmost
        self.order: "list[Any]" = self.positions

    def fix(self, number: int, values: "list[Any]") -> None:
        """From here on a node has these values, whatever it would have by its arguments."""
        self.known[number] = values
        self.fixed.add(number)

    def read_as(self, tokens: "Iterable[Any]") -> None:
        """As if the input had been another: however a program casts its tokens, it reads these."""
        self.tokens = list(tokens)
        for number, node in enumerate(self.nodes):
            if node["kind"] == "tokens":
                self.fix(number, self._evaluate(node, []))

    def value(self, number: int) -> "list[Any]":
        """A sequence (list of values), or for a selector the keys of each query (list of lists)."""
        pending = [number]
        while pending:
            node = self.nodes[pending[-1]]
            missing = [arg for arg in node.get("args", []) if arg not in self.known]
            if missing:
                pending.extend(missing)
            else:
                last = pending.pop()
                if last not in self.known:
                    self.known[last] = self._evaluated(last, [self.known[arg] for arg in node.get("args", [])])
        found: "list[Any]" = self.known[number]
        return found

    def _evaluated(self, number: int, args: "list[Any]") -> "list[Any]":
        node = self.nodes[number]
        try:
            return self._evaluate(node, args)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, re.error) as error:
            what = f"{node['kind']} {node.get('operator', '')}".strip()
            raise ValueError(f"node {number} of the map's meaning ({what}) has no value here: {error}") from None

    def _evaluate(self, node: "dict[str, Any]", args: "list[Any]") -> "list[Any]":
        kind, text, values = node["kind"], node.get("operator", ""), node.get("values", [])
        size = range(len(self.tokens))
        if kind == "tokens":
            read = _known(CASTS, text) if self.cast else CASTS["asis"]
            return [read(token) for token in self.tokens]
        if kind == "indices":
            return list(size)
        if kind == "constant":
            return [values[0] for _ in size]
        if kind == "elementwise":
            apply = _operation(text, values)
            return [apply(*each) for each in zip(*args, strict=True)]
        if kind == "aggregate":
            keys, sequence = args
            return [_average([sequence[key] for key in each], values[0]) for each in keys]
        if kind == "reduction":
            keys, sequence = args
            reduce = _known(REDUCE, text)
            return [reduce(sequence[key] for key in each) if each else values[0] for each in keys]
        if kind == "width":
            return [len(each) for each in args[0]]
        if kind == "select":
            keys, queries = args
            accepts = _known(COMPARE, text)
            return [[j for j in self._visible(i) if accepts(keys[j], queries[i])] for i in size]
        if kind == "and":
            return [[j for j in left if j in set(right)] for left, right in zip(*args, strict=True)]
        if kind == "or":
            return [sorted(set(left) | set(right)) for left, right in zip(*args, strict=True)]
        if kind == "not":
            return [[j for j in self._visible(i) if j not in set(each)] for i, each in enumerate(args[0])]
        if kind in ("rightmost", "leftmost"):
            choose = max if kind == "rightmost" else min
            order = self.order
            # where two positions are made to have one number, a head cannot tell them apart
            return [[j for j in each if order[j] == choose(order[k] for k in each)] for each in args[0]]
        raise ValueError(f"the map's meaning has a node of kind {kind!r}, which this version of raspc does not know")

    def _visible(self, query: int) -> "Iterable[int]":
        everywhere = range(len(self.tokens))
        return [key for key in everywhere if self.positions[key] <= self.positions[query]] if self.causal else everywhere


def _known(table: "dict[str, Callable[..., Any]]", text: str) -> "Callable[..., Any]":
    if text not in table:
        raise ValueError(f"the map's meaning has an operation {text!r}, which this version of raspc does not know")
    return table[text]


def _average(selected: "list[Any]", otherwise: Any) -> Any:
    if not selected:
        return otherwise
    if len(selected) == 1:
        return selected[0]
    if any(isinstance(value, str | bool) for value in selected):
        raise ValueError("several values that are no numbers would have to be averaged")
    return sum(selected) * 1.0 / len(selected)


def _operation(text: str, values: "list[Any]") -> "Callable[..., Any]":
    kind, _, symbol = text.partition(" ")
    if kind == "binary":
        return _known(BINARY, symbol)
    if kind == "unary":
        return _known(UNARY, symbol)
    if kind == "choose":
        return lambda condition, then, otherwise: then if condition else otherwise
    if kind == "member":
        return lambda value: value in values
    if kind == "list":
        return lambda index: values[index]
    if kind == "string":
        return lambda index: values[0][index]
    if kind == "text":
        return _text_function(symbol, values[0])
    if kind == "dictionary":
        table = dict(zip(values[::2], values[1::2], strict=True))
        return lambda key: table[key]
    raise ValueError(f"the map's meaning has an operation {text!r}, which this version of raspc does not know")


def _text_function(name: str, argument: Any) -> "Callable[..., Any]":
    """A function of what a text says; patterns are those of JavaScript, of which Python reads nearly all in the same way."""
    if name == "matches":
        pattern = re.compile(argument.replace("(?<", "(?P<").replace("(?P<=", "(?<=").replace("(?P<!", "(?<!"))
        return lambda text: pattern.search(text) is not None
    if name == "count_in":
        return lambda text: text.count(argument)
    if name == "text_length":
        return len
    if name == "starts_with":
        return lambda text: text.startswith(argument)
    if name == "ends_with":
        return lambda text: text.endswith(argument)
    raise ValueError(f"the map's meaning has a function {name!r} of texts, which this version of raspc does not know")


# a program in whose source this stands compares tokens of any vocabulary
_ANY_TOKEN = re.compile(r"^\s*@vocab\s+any\b", re.MULTILINE)


class SeedMeaning:
    """The programs of a seeded folder on token ids: what each circuit answers, and which keys each head should attend to."""

    def __init__(self, circuit_map):
        self.map = circuit_map
        known = [program for program in circuit_map.get("programs", []) if program.get("meaning")]
        self.programs = [program["meaning"] for program in known]
        named = [(token["id"], token["value"]) for token in circuit_map.get("tokens", [])]
        self.by_id = {number: value for number, value in named if number is not None}
        self.otherwise = next((value for number, value in named if number is None), None)
        # of each program, whether it knows tokens by their names; a program over any token tells apart those that another calls alike
        self.named = [bool(self.by_id) and not _ANY_TOKEN.search(program.get("source", "")) for program in known]
        self.sink = None if circuit_map.get("bos") is None else circuit_map["bos"]["id"]

    def knows(self, circuit):
        return self._output(circuit["name"]) is not None

    def _output(self, name):
        for program in self.programs:
            for output in program["outputs"]:
                if output["name"] == name:
                    return program, output["node"]
        return None

    def _tokens(self, ids, named):
        # a program over any token compares numbers; 0, its default, is no token
        return [self.by_id.get(i, self.otherwise) for i in ids] if named else [i + 1 for i in ids]

    def on(self, ids):
        """The programs on one window of token ids; a BOS in front is not counted."""
        offset = 1 if self.sink is not None and ids and ids[0] == self.sink else 0
        tokens = {named: self._tokens(ids[offset:], named) for named in set(self.named)}
        meanings = [Meaning(program["nodes"], tokens[named], True, cast=False) for program, named in zip(self.programs, self.named, strict=True)]
        return _OnIds(self, meanings, offset)


class _OnIds:
    def __init__(self, seed, meanings, offset):
        self.seed, self.meanings, self.offset = seed, meanings, offset

    def answers(self, name):
        """For each position of the window: the token ids that are right there, as a set, empty where the circuit has no answer.

        None where the circuit says no tokens. Of several matches those that occur most often are right.
        """
        program, number = self.seed._output(name)
        which = self.seed.programs.index(program)
        meaning = self.meanings[which]
        node = program["nodes"][number]
        if node["kind"] != "aggregate" or self.seed.named[which]:
            return None
        selector, value = node["args"]
        sequence = meaning.value(value)
        found = [set()] * self.offset
        for keys in meaning.value(selector):
            counts = {}
            for key in keys:
                if sequence[key] > 0:
                    counts[sequence[key] - 1] = counts.get(sequence[key] - 1, 0) + 1
            most = max(counts.values(), default=0)
            found.append({token for token, count in counts.items() if count == most})
        return found

    def values(self, name):
        """The circuit's value at each position; None before the first that counts."""
        program, number = self.seed._output(name)
        meaning = self.meanings[self.seed.programs.index(program)]
        return [None] * self.offset + meaning.value(number)

    def keys(self, head):
        """The keys of the window that a head should attend to, for each query; None where the programs do not say."""
        place = head.get("span", "").partition(":")[2]
        for program, meaning in zip(self.seed.programs, self.meanings, strict=True):
            for node in program["nodes"]:
                if node["kind"] in ("aggregate", "width") and (
                    node.get("span", "").partition(":")[2] == place if place else node.get("name") == head["name"]
                ):
                    shift = self.offset + head.get("after", 0)
                    return [[]] * self.offset + [[key + shift for key in keys] for keys in meaning.value(node["args"][0])]
        return None
