"""Circuit discovery as a baseline: four ways to score every edge of a model, each {edge name: score}.

The measure is the clean answer's logit less the corrupted one's (`metric`); a score is how far it falls if an edge carries what it carries on
the corrupted input, averaged over the pairs: measured (activation patching), or estimated by gradients (attribution patching, EAP), which
integrated gradients take along the way from the corrupted embeddings to the clean ones (EAP-IG).
"""

import json
import random

import torch
from families import Run
from raspc.graph import edge_name, possible_edges

STEPS = 5
ROWS = 2048


def metric(logits, pairs):
    """[rows]: the logit of the right answer less that of the wrong one, at the place where they differ; pairs follow one another in the rows."""
    found = []
    for row, each in enumerate(logits):
        pair = pairs[row % len(pairs)]
        at = each[pair["position"]]
        wrong = at[pair["wrong_answers"][0]] if pair["wrong_answers"] else 0
        found.append(pair["sign"] * (at[pair["answers"][0]] - wrong))
    return torch.stack(found)


def ids(pairs, which):
    return torch.tensor([pair[which] for pair in pairs])


class Differences:
    """Both runs of all pairs, and what each node writes differently on the corrupted input."""

    def __init__(self, sites, pairs):
        self.sites, self.pairs = sites, pairs
        self.clean, self.corrupt = Run(sites, ids(pairs, "clean")), Run(sites, ids(pairs, "corrupt"))
        self.edges = possible_edges(sites.layers, sites.heads, sites.parallel)
        self._of = {source: self.corrupt.written(source) - self.clean.written(source) for source in dict.fromkeys(each[0] for each in self.edges)}

    def along(self, source, target):
        return self.clean.carried(source, target, self._of[source])


def by_chance(sites, pairs):
    # other numbers for each model, and the same ones again
    chosen = random.Random(json.dumps(pairs))
    return {edge_name(*each): chosen.random() for each in possible_edges(sites.layers, sites.heads, sites.parallel)}


def activation_patching(sites, pairs):
    """Each edge alone: its reader sees what its writer writes on the corrupted input, and everything else as it was."""
    found = Differences(sites, pairs)
    with torch.no_grad():
        before, scores = metric(found.clean.logits, pairs), {}
        at_once = max(1, ROWS // len(pairs))
        for first in range(0, len(found.edges), at_once):
            edges = found.edges[first : first + at_once]
            after = metric(_patched(sites, found, edges), pairs).view(len(edges), len(pairs))
            scores.update({edge_name(*each): float((before - one).mean()) for each, one in zip(edges, after, strict=True)})
    return scores


def _patched(sites, found, edges):
    """The logits with each edge patched: the rows of the first edge, of the second, and so on."""
    size, changes = len(found.pairs), {}
    for place, (source, target, letter) in enumerate(edges):
        module, columns, reads = sites.reader(target, letter)
        value = reads(found.clean.stream(target) + found.along(source, target))
        changes.setdefault(module, []).append((slice(place * size, (place + 1) * size), columns, value))

    def replace(rows):
        def put(_, __, out):
            out = out.clone()
            for where, columns, value in rows:
                out[where, :, columns] = value
            return out

        return put

    replaced = {module: replace(rows) for module, rows in changes.items()}
    return Run(sites, ids(found.pairs, "clean").repeat(len(edges), 1), replaced=replaced).logits


def attribution_patching(sites, pairs):
    found = Differences(sites, pairs)
    return _attributed(sites, found, [_slopes(sites, found, None)])


def integrated_gradients(sites, pairs, steps=STEPS):
    found = Differences(sites, pairs)
    clean, corrupt = found.clean.writes["input"], found.corrupt.writes["input"]
    starts = (corrupt + (clean - corrupt) * step / steps for step in range(1, steps + 1))
    return _attributed(sites, found, [_slopes(sites, found, start) for start in starts])


def _attributed(sites, found, runs):
    scores = {}
    for source, target, letter in found.edges:
        slope = sum(slopes[target, letter] for slopes in runs) / len(runs)
        change = (found.along(source, target) * slope).sum((1, 2))
        scores[edge_name(source, target, letter)] = float(-change.detach().mean())
    return scores


def _slopes(sites, found, start):
    """How much the measure changes with what each reader sees: its gradient, through that reader alone."""
    run = Run(sites, ids(found.pairs, "clean"), start=start, gradients=True)
    readers = list(dict.fromkeys((target, letter) for _, target, letter in found.edges))
    outputs = {reader: run.module_output(*reader) for reader in readers}
    modules = {id(out): out for out in outputs.values()}
    gradients = torch.autograd.grad(metric(run.logits, found.pairs).sum(), list(modules.values()), allow_unused=True, materialize_grads=True)
    arriving, slopes = dict(zip(modules, gradients, strict=True)), {}
    for target, letter in readers:
        _, columns, reads = sites.reader(target, letter)
        seen = run.stream(target).detach().requires_grad_()
        slopes[target, letter] = torch.autograd.grad(reads(seen), seen, arriving[id(outputs[target, letter])][..., columns])[0]
    return slopes


METHODS = {
    "activation patching": activation_patching,
    "attribution patching with integrated gradients": integrated_gradients,
    "attribution patching": attribution_patching,
    "random": by_chance,
}
