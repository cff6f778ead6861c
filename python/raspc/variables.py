"""What the map says of the variables that circuits keep in the stream: which are of compiled circuits, and what each is called."""

# circuits that were compiled compare their variables with each other, to parts in a hundred and finer: they all go by one name
COMPILED = "compiled"
_ENCODINGS = ("features", "one-hot", "counter")


def compiled_dims(circuit_map):
    """The dimensions of circuits that were compiled: those with features of values, or classes of tokens."""
    held = {dim for variable in circuit_map.get("variables", []) if variable["encoding"] in _ENCODINGS for dim in variable["dims"]}
    return {dim for circuit in circuit_map.get("circuits", []) if held.intersection(circuit["dims"]) for dim in circuit["dims"]}


def labelled(circuit_map):
    """Each variable with what it is called here: names of circuits that were grafted one beside the other may be the same."""
    compiled, taken, found = compiled_dims(circuit_map), {}, []
    for variable in circuit_map.get("variables", []):
        name = variable["name"]
        taken[name] = taken.get(name, 0) + (not compiled.intersection(variable["dims"]))
        own = name if taken[name] < 2 else f"{name} {taken[name]}"
        found.append((COMPILED if compiled.intersection(variable["dims"]) else own, variable))
    return found
