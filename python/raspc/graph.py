"""The circuit of a compiled model as the graphs that circuit discovery scores: every edge that there could be, and which of them are there.

Nodes are `input` (the embedding), `a{layer}.h{head}`, `m{layer}` and `logits`; an edge into a head names what of it reads: `a0.h1->a1.h0<k>`.
These are the names of EAP-IG, whose `Graph.from_json` reads what `circuit_graph` gives.
"""

from typing import Any

LETTERS = ("q", "k", "v")


def node_names(layers: int, heads: int) -> "list[str]":
    """The nodes that write, in the order in which they do."""
    found = ["input"]
    for layer in range(layers):
        found += [*(f"a{layer}.h{head}" for head in range(heads)), f"m{layer}"]
    return found


def possible_edges(layers: int, heads: int, parallel: bool) -> "list[tuple[str, str, str | None]]":
    """Every edge of a model of these sizes, as (from, to, letter or None), in EAP-IG's order; `parallel` where MLPs do not read their attention."""
    written = ["input"]
    found: "list[tuple[str, str, str | None]]" = []
    for layer in range(layers):
        attention = [f"a{layer}.h{head}" for head in range(heads)]
        found += [(source, head, letter) for source in written for head in attention for letter in LETTERS]
        if not parallel:
            written = written + attention
        found += [(source, f"m{layer}", None) for source in written]
        written = written + ([*attention] if parallel else []) + [f"m{layer}"]
    return found + [(source, "logits", None) for source in written]


def edge_name(source: str, target: str, letter: "str | None") -> str:
    return f"{source}->{target}" if letter is None else f"{source}->{target}<{letter}>"


def true_edges(circuit_map: "dict[str, Any]") -> "dict[str, list[str]]":
    """{edge: the variables that go along it}. What only takes a variable off the stream, for nobody to read, is not counted as using it."""
    found: "dict[str, list[str]]" = {}
    for edge in circuit_map["edges"]:
        if not edge.get("clears"):
            found.setdefault(f"{_node(edge['from'])}->{edge['to']}", []).append(edge["variable"])
    return found


def crossing_edges(circuit_map: "dict[str, Any]") -> "list[str]":
    """Edges that are not in the circuit, and over which something goes that others take back: those of dimensions that are used twice.

    An MLP takes a variable off the stream, and a later one is written in its place. Whoever reads that sees what the first writer wrote and
    what the MLP took away: together nothing, each alone something. So does the MLP, of what it clears.
    """
    variables, found = circuit_map["variables"], set[str]()
    for clear in circuit_map.get("clears", []):
        gone, cleaner = variables[clear["variable"]], f"m{clear['layer']}"
        # several heads may write one variable together: whoever is said to pass it on
        writers = {_node(edge["from"]) for edge in circuit_map["edges"] if edge["variable"] == gone["name"]}
        found.update(f"{writer}->{cleaner}" for writer in writers)
        for edge in circuit_map["edges"]:
            again = next(each for each in variables if each["name"] == edge["variable"])
            if set(again["dims"]) & set(gone["dims"]) and _comes_after(edge["to"], cleaner):
                found.update(f"{writer}->{edge['to']}" for writer in (*writers, cleaner))
    return sorted(found - set(true_edges(circuit_map)))


def _node(name: str) -> str:
    return "input" if name == "embedding" else name


def _comes_after(reader: str, cleaner: str) -> bool:
    return reader == "logits" or int(reader[1:].split(".")[0].split("<")[0]) > int(cleaner[1:])


def circuit_graph(circuit_map: "dict[str, Any]", layers: int, heads: int, width: int, parallel: bool) -> "dict[str, Any]":
    """The graph in EAP-IG's JSON: an edge's score is 1 where it is in the circuit, else 0."""
    edges = true_edges(circuit_map)
    used = {name.split("->")[0] for name in edges} | {name.split("->")[1].split("<")[0] for name in edges}
    return {
        "cfg": {"n_layers": layers, "n_heads": heads, "parallel_attn_mlp": parallel, "d_model": width},
        "nodes": {name: {"in_graph": name in used} for name in [*node_names(layers, heads), "logits"]},
        "edges": {
            edge_name(*each): {"score": float(edge_name(*each) in edges), "in_graph": edge_name(*each) in edges}
            for each in possible_edges(layers, heads, parallel)
        },
    }
