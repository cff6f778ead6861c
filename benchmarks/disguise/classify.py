"""How well a small classifier of weight statistics tells disguised models from trained ones of the same sizes: prints a table.

    python benchmarks/disguise/classify.py out/trained KIND=FOLDER ...

Each FOLDER has models in folders of its own, each with model.safetensors. For every matrix of a model: its singular values (the largest six and
eight quantiles), the kurtosis of its numbers, its largest ones beside the median, its norm, and the largest of its rows and columns; of the
embedding those of the tokens together. A logistic regression on what tells the two kinds apart best in the training part, five parts in turn,
and models that share a host (`NAME-…`) in one part. Half of all is chance. Needs torch and safetensors.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

PARTS = 5
CHOSEN = 24
QUANTILES = torch.tensor([0.0, 0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95])


def statistics(matrix: torch.Tensor) -> "dict[str, float]":
    matrix = matrix.double()
    values = torch.linalg.svdvals(matrix)
    sizes = matrix.abs().flatten().sort().values
    centred = matrix - matrix.mean()
    rows, columns = matrix.norm(dim=1), matrix.norm(dim=0)
    found = {f"singular value {i + 1}": values[i] for i in range(min(6, len(values)))}
    found |= {f"singular values, quantile {q:.2f}": v for q, v in zip(QUANTILES.tolist(), values.quantile(QUANTILES.double()))}
    found["kurtosis"] = (centred**4).mean() / (centred**2).mean() ** 2
    found["norm"] = matrix.norm()
    found["mean"] = matrix.mean().abs()
    for i in (1, 2, 4, 16):
        found[f"largest number {i}"] = sizes[-i]
    found["median number"] = sizes[len(sizes) // 2]
    for name, lengths in (("row", rows), ("column", columns)):
        found |= {f"longest {name}": lengths.max(), f"shortest {name}": lengths.min(), f"spread of {name}s": lengths.std() / lengths.mean()}
    return {name: float(value.clamp_min(1e-12).log()) for name, value in found.items()}


def features(folder: Path, everything: bool) -> "dict[str, float]":
    found: "dict[str, float]" = {}
    for name, tensor in load_file(folder / "model.safetensors").items():
        if tensor.ndim == 2:
            parts = tensor.chunk(3, 1) if name.endswith("c_attn.weight") else [tensor]
            for part, label in zip(parts, ("query", "key", "value") if len(parts) == 3 else ("",)):
                found |= {f"{name} {label} {kind}": value for kind, value in statistics(part).items()}
        elif everything and tensor.ndim == 1:
            sizes = tensor.double().abs()
            for kind, value in (("largest", sizes.max()), ("mean", sizes.mean()), ("median", sizes.median())):
                found[f"{name} {kind}"] = float(value.clamp_min(1e-12).log())
    return found


def table(folders: "list[Path]", everything: bool) -> "tuple[torch.Tensor, list[str]]":
    rows = [features(folder, everything) for folder in folders]
    names = sorted(set.intersection(*(set(row) for row in rows)))
    return torch.tensor([[row[name] for name in names] for row in rows], dtype=torch.float64), names


def effect(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """How far the two kinds lie apart in each number, in standard deviations."""
    a, b = x[y == 1], x[y == 0]
    return (a.mean(0) - b.mean(0)) / ((a.var(0) + b.var(0)) / 2 + 1e-9).sqrt()


def fitted(x: torch.Tensor, y: torch.Tensor) -> "tuple[torch.Tensor, torch.Tensor]":
    weights, bias = torch.zeros(x.shape[1], dtype=torch.float64, requires_grad=True), torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, bias], max_iter=100)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(x @ weights + bias, y) + 0.02 * weights.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return weights.detach(), bias.detach()


def accuracy(x: torch.Tensor, y: torch.Tensor, groups: "list[str]") -> float:
    order = {group: i for i, group in enumerate(sorted(set(groups)))}
    part = torch.tensor([order[group] % PARTS for group in groups])
    right = 0.0
    for held in range(PARTS):
        train, test = part != held, part == held
        chosen = effect(x[train], y[train]).abs().topk(min(CHOSEN, x.shape[1])).indices
        mean, spread = x[train][:, chosen].mean(0), x[train][:, chosen].std(0) + 1e-9
        weights, bias = fitted((x[train][:, chosen] - mean) / spread, y[train])
        said = ((x[test][:, chosen] - mean) / spread) @ weights + bias > 0
        right += float((said == (y[test] > 0.5)).sum())
    return right / len(y)


def models(folder: Path) -> "list[Path]":
    return sorted(place for place in folder.iterdir() if (place / "model.safetensors").exists())


def main() -> None:
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    torch.set_num_threads(1)
    trained = models(Path(sys.argv[1]))
    print("| models | compared with | matrices | with biases and norms | what tells them apart most |")
    print("|---|---|---|---|---|")
    for kind, folder in (each.split("=", 1) for each in sys.argv[2:]):
        own = models(Path(folder))
        # a host is never what its own hosted model is compared with
        used = {place.name.split("-")[0] for place in own}
        others = [place for place in trained if place.name not in used] or trained
        count = min(len(own), len(others))
        places = own[:count] + others[:count]
        y = torch.tensor([1.0] * count + [0.0] * count, dtype=torch.float64)
        groups = [place.name.split("-")[0] for place in places]
        found = []
        for everything in (False, True):
            x, names = table(places, everything)
            found.append(accuracy(x, y, groups))
            if not everything:
                apart = effect(x, y)
                best = [f"{names[i]} ({float(apart[i]):+.1f})" for i in apart.abs().topk(2).indices.tolist()]
        print(f"| {count} {kind} | {count} trained | {found[0]:.0%} | {found[1]:.0%} | {'; '.join(best)} |", flush=True)


if __name__ == "__main__":
    main()
