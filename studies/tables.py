"""What a study's results come to: tables that are put into pages, and figures.

A study's file says which tables go where: `"tables": [{"page": "README.md", "part": "text", "show": ["last", "course", "watched"]}]`. The page has
a place for the part, between `<!-- text: written by studies/run.py -->` and `<!-- end of text -->`.
"""

import statistics

MEASURES = {
    "loss": lambda point: point["loss"]["all"],
    "loss on copyable targets": lambda point: point["loss"].get("copyable", point["loss"].get("copied")),
    "attention, least of the programmed heads": lambda point: min(
        head["previous" if "previous" in name else "copied"] for name, head in point["programmed"].items()
    ),
    "copying accuracy": lambda point: point["copying"]["accuracy"],
}
# how many points of a course are shown
SHOWN = 6


def mean(values):
    values = [value for value in values if value is not None]
    return statistics.fmean(values) if values else None


def number(values):
    """A mean, and how far apart the seeds are."""
    values = [value for value in values if value is not None]
    if not values:
        return ""
    apart = f" (± {(max(values) - min(values)) / 2:.3f})" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.3f}{apart}"


def markdown(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def last(results):
    """The last point of every arm, means over seeds."""
    rows = []
    for arm, runs in results.items():
        points = [run["curve"][-1] for run in runs]
        measured = [number([measure(point) for point in points]) for measure in MEASURES.values()]
        rows.append([f"`{arm}`", len(runs), f"{points[0]['step']:,}", *measured])
    return markdown(["arm", "seeds", "steps", *MEASURES], rows)


def course(results):
    """Attention and copying accuracy over time."""
    every = [point["step"] for point in next(iter(results.values()))[0]["curve"]]
    chosen = sorted({every[round(i * (len(every) - 1) / (SHOWN - 1))] for i in range(SHOWN)})
    rows = []
    for arm, runs in results.items():
        at = {point["step"]: [each for run in runs for each in run["curve"] if each["step"] == point["step"]] for point in runs[0]["curve"]}
        cells = []
        for step in chosen:
            attention, accuracy = (
                mean([MEASURES[name](point) for point in at.get(step, [])]) for name in ("attention, least of the programmed heads", "copying accuracy")
            )
            cells.append("" if attention is None else f"{attention:.2f}, {accuracy:.2f}")
        rows.append([f"`{arm}`", *cells])
    return markdown(["attention, accuracy at step", *(f"{step:,}" for step in chosen)], rows)


def watched(results):
    """What the monitor said while the seeded arms trained, and what drift says of the checkpoints that they left."""
    rows = []
    for arm, runs in results.items():
        for run in runs:
            if "watched" not in run:
                continue
            found = run["watched"]
            words = [text.split("known to work, at ", 1)[-1] for text in found["warnings"]]
            margin = found["monitor"][-1]["margin"]
            (circuit,) = found["drift"]["circuits"]
            seed = f" {run['seed']}" if len(runs) > 1 else ""
            rows.append([f"`{arm}`{seed}", "; ".join(words) or "nothing", f"{margin:.2f}", circuit["course"]])
    return markdown(["arm", "the monitor warned", "margin at the end", "drift: the circuit"], rows)


def swept(results):
    """The last point of every arm at every learning rate that it was run at; means over seeds."""
    rates = sorted({run["training"]["learningRate"] for runs in results.values() for run in runs})
    arms = list(dict.fromkeys(arm.split("@")[0] for arm in results))
    rows = []
    for arm in arms:
        cells = []
        for rate in rates:
            runs = [run for name, each in results.items() if name.split("@")[0] == arm for run in each if run["training"]["learningRate"] == rate]
            points = [run["curve"][-1] for run in runs]
            loss, attention = (number([MEASURES[name](point) for point in points]) for name in ("loss", "attention, least of the programmed heads"))
            cells.append(f"{loss}; {attention}" if runs else "")
        if sum(map(bool, cells)) > 1:
            rows.append([f"`{arm}`", *cells])
    return markdown(["loss; attention at a rate of", *(f"{rate:g}" for rate in rates)], rows)


def at_one_rate(results):
    """Without the arms of a sweep, which have a table and a figure of their own."""
    return {arm: runs for arm, runs in results.items() if "@" not in arm}


TABLES = {
    "last": lambda results: last(at_one_rate(results)),
    "course": lambda results: course(at_one_rate(results)),
    "watched": lambda results: watched(at_one_rate(results)),
    "swept": swept,
}


def with_part(page, part, text):
    start, end = f"<!-- {part}: written by studies/run.py -->", f"<!-- end of {part} -->"
    before, _, rest = page.partition(start)
    _, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"the page has no place between {start} and {end}")
    return f"{before}{start}\n\n{text}\n\n{end}{after}"


def write_tables(study, results, folder):
    """Puts the tables into the pages that the study names."""
    for each in study.get("tables", []):
        shown = {arm: runs for arm, runs in results.items() if arm in each.get("arms", results)}
        path = folder / each["page"]
        path.write_text(with_part(path.read_text(), each["part"], "\n\n".join(TABLES[name](shown) for name in each["show"])))


def plots(results, path):
    """The course of every arm, and where rates were swept what they end at."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    if at_one_rate(results) != results:
        plot_rates(results, path.with_name(f"{path.stem}-rates{path.suffix}"), pyplot)
    results = at_one_rate(results)
    figure, axes = pyplot.subplots(2, 2, figsize=(10, 6.5), sharex=True)
    for axis, (title, measure) in zip(axes.flat, MEASURES.items(), strict=True):
        for arm, runs in results.items():
            steps = [point["step"] for point in runs[0]["curve"]]
            values = [[measure(run["curve"][i]) for run in runs] for i in range(len(steps))]
            axis.plot(steps, [mean(each) for each in values], label=arm)
            if len(runs) > 1:
                axis.fill_between(steps, [min(each) for each in values], [max(each) for each in values], alpha=0.2)
        axis.set_title(title, fontsize=10)
        axis.grid(alpha=0.3)
    axes[0][0].legend(fontsize=8)
    for axis in axes[1]:
        axis.set_xlabel("step")
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90, metadata={"Software": None})
    pyplot.close(figure)


def plot_rates(results, path, pyplot):
    figure, axes = pyplot.subplots(1, 2, figsize=(10, 3.6))
    chosen = ("loss", "attention, least of the programmed heads")
    arms = dict.fromkeys(arm.split("@")[0] for arm in results if "@" in arm)
    for axis, name in zip(axes, chosen, strict=True):
        for arm in arms:
            runs = [run for each, all_runs in results.items() if each.split("@")[0] == arm for run in all_runs]
            rates = sorted({run["training"]["learningRate"] for run in runs})
            values = [[MEASURES[name](run["curve"][-1]) for run in runs if run["training"]["learningRate"] == rate] for rate in rates]
            (line,) = axis.plot(rates, [mean(each) for each in values], label=arm)
            for rate, each in zip(rates, values, strict=True):
                axis.plot([rate] * len(each), each, ".", color=line.get_color())
        axis.set_xscale("log")
        axis.set_title(f"{name}, at the end", fontsize=10)
        axis.set_xlabel("learning rate")
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=90, metadata={"Software": None})
    pyplot.close(figure)
