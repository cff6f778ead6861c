"""Clean and corrupted inputs of a compiled model: what differs between the two is what one variable decides.

Of each pair the outputs differ, and holding one named variable, on the clean input, to its values of the corrupted one gives the corrupted
outputs: all that the corruption does goes through that variable. Drawn by a fixed seed; the meaning of the map says what is right.
"""

import random

TRIES = 60
PAIRS = 16


def pairs_of(m, count=PAIRS, seed=1):
    """{pairs, variables}: the pairs in the form of auto-circuit's prompts, and for each variable whether any pair changes it."""
    chosen = random.Random(seed)
    values = [token["value"] for token in m.map["vocabulary"]]
    decided = [name for name in m.variables if m.node(name) is not None and m.kind(name) != "indices"]
    found, changed = [], set()
    while decided and len(found) < count:
        for name in list(decided):
            pair = _pair(m, name, values, chosen)
            if pair is None:
                # nothing on which it alone decides
                decided.remove(name)
                continue
            changed.update(pair.pop("changed"))
            if len(found) < count:
                found.append(pair)
    return {"pairs": found, "variables": {name: name in changed for name in m.variables}}


def _pair(m, name, values, chosen):
    size = m.map["context"]
    for _ in range(TRIES):
        some = chosen.sample(values, min(len(values), chosen.randint(2, 4)))
        clean = [chosen.choice(some) for _ in range(size)]
        corrupt = list(clean)
        for _ in range(chosen.randint(1, 2)):
            corrupt[chosen.randrange(size)] = chosen.choice(some)
        pair = None if clean == corrupt else _judged(m, name, clean, corrupt)
        if pair is not None:
            return pair
    return None


def _judged(m, name, clean, corrupt):
    try:
        before, after = m.meaning(clean), m.meaning(corrupt)
        outputs = [(output, node) for output, node in zip(m.map["outputs"], m.map["meaning"]["outputs"], strict=True)]
        said = [(before.value(node), after.value(node)) for _, node in outputs]
        held = {name: dict(enumerate(after.value(m.node(name))))}
        if any(m.program.value(output["name"], clean, held) != wanted for (output, _), (_, wanted) in zip(outputs, said, strict=True)):
            return None
        changed = [each for each in m.variables if m.node(each) is not None and before.value(m.node(each)) != after.value(m.node(each))]
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return None  # an input on which the program fails
    for (output, _), (right, wrong) in zip(outputs, said, strict=True):
        places = [position for position in range(len(clean)) if right[position] != wrong[position]]
        if places:
            return {
                "clean": m.encode(clean)[0].tolist(),
                "corrupt": m.encode(corrupt)[0].tolist(),
                "position": places[-1] + 1,
                **_answers(output, right[places[-1]], wrong[places[-1]]),
                "variable": name,
                "changed": changed,
            }
    return None


def _answers(output, right, wrong):
    """Logits whose difference falls as the corruption takes over; of a number that is read off one logit there is only that, and its sign."""
    if output["kind"] == "numeric":
        return {"answers": [output["logit"]], "wrong_answers": [], "sign": 1 if (right > wrong) == (output["scale"] > 0) else -1}
    ids = {entry["value"]: entry["id"] for entry in output["logits"]}
    return {"answers": [ids[right]], "wrong_answers": [ids[wrong]], "sign": 1}
