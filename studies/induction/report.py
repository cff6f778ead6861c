"""From results/ to figures/*.svg and to the tables in README.md: `python report.py`, by the standard library alone."""

import json
import re
import statistics
from pathlib import Path

from chart import Bars, Panel, figure

HERE = Path(__file__).resolve().parent
# arm: what it is called, its colour and its dash
ARMS = {
    "unseeded": ("unseeded", "#7d8590", None),
    "free": ("seeded, free", "#2f81f7", None),
    "frozen": ("seeded, frozen", "#d18616", None),
    "protected": ("seeded, frozen and protected", "#2da44e", None),
    "scrambled": ("scrambled control", "#cf4a5e", "6 4"),
}
COPIES = (0.5, 0.8, 0.9)
LEGEND = list(ARMS.values())
# name, the part of the targets that copying can know, title
EXPERIMENTS = (
    ("repeats", "copied", "Repeats"),
    ("text", "copyable", "Text"),
    ("text-slow", "copyable", "Text, slow"),
    ("gpt2-small", "copyable", "GPT-2 small"),
)


def load(experiment):
    """{arm: its results by seed}"""
    results = {arm: [] for arm in ARMS}
    for path in sorted((HERE / "results" / experiment).glob("*-*.json")):
        result = json.loads(path.read_text())
        results[result["arm"]].append(result)
    return {arm: each for arm, each in results.items() if each}


def follow(results, value, first=0):
    """Mean, lowest and highest over the seeds, at every point of the curve from `first` on."""
    curve = []
    for points in zip(*(result["curve"][first:] for result in results), strict=True):
        values = [value(point) for point in points]
        curve.append((points[0]["tokens"], statistics.mean(values), min(values), max(values)))
    return curve


def panel(results, title, y, value, low=None, high=None, arms=ARMS, first=0):
    drawn = Panel(title, "training tokens", y, low, high)
    for arm in arms:
        if arm in results:
            drawn.line(follow(results[arm], value, first), *ARMS[arm][1:])
    return drawn


def reached(result, value, level, falling):
    """Tokens at which a curve first gets to a level, between two measurements by a straight line; None if it does not."""
    before = None
    for point in result["curve"]:
        here = value(point)
        if here <= level if falling else here >= level:
            if before is None:
                return point["tokens"]
            tokens, there = before
            return tokens + (point["tokens"] - tokens) * (there - level) / ((there - here) or 1)
        before = (point["tokens"], here)
    return None


def spread(values, form):
    if len(values) == 1:
        return form(values[0])
    return f"{form(statistics.mean(values))} ± {form(statistics.stdev(values))}"


def tokens_cell(results, value, level, falling):
    found = [reached(result, value, level, falling) for result in results]
    there = [tokens for tokens in found if tokens is not None]
    if not there:
        return "not reached"
    text = spread(there, lambda tokens: f"{tokens / 1000:,.0f}k")
    return text if len(there) == len(found) else f"{text} ({len(there)} of {len(found)})"


def copying_cell(results, level):
    """When copying gets to an accuracy, and whether it is lost again before the end."""
    text = tokens_cell(results, accuracy, level, False)
    if all(accuracy(result["curve"][0]) >= level for result in results):
        text = "from the start"
    had = [result for result in results if reached(result, accuracy, level, False) is not None]
    lost = sum(accuracy(result["curve"][-1]) < level for result in had)
    return text if lost == 0 else f"{text}, then lost" if lost == len(had) else f"{text}, lost in {lost}"


def loss(point):
    return point["loss"]["all"]


def accuracy(point):
    return point["copying"]["accuracy"]


def at(result, share):
    """The point of the curve at a share of the budget."""
    last = result["curve"][-1]["tokens"]
    return min(result["curve"], key=lambda point: abs(point["tokens"] - share * last))


def main_table(results, part):
    """An arm a row: losses, tokens to the unseeded arm's losses, tokens to copying."""
    half, final = (statistics.mean(loss(at(result, share)) for result in results["unseeded"]) for share in (0.5, 1))
    head = [
        "arm",
        "seeds",
        "loss at the start",
        "loss at the end",
        f"{part} targets at the end",
        f"tokens to a loss of {half:.3f}",
        f"to {final:.3f}",
        *(f"tokens to copy accuracy {level}" for level in COPIES),
        "copy accuracy at the end",
    ]
    rows = []
    for arm, each in results.items():
        rows.append(
            [
                ARMS[arm][0],
                str(len(each)),
                spread([loss(result["curve"][0]) for result in each], "{:.3f}".format),
                spread([loss(result["curve"][-1]) for result in each], "{:.3f}".format),
                spread([result["curve"][-1]["loss"][part] for result in each], "{:.3f}".format),
                tokens_cell(each, loss, half, True),
                tokens_cell(each, loss, final, True),
                *(copying_cell(each, level) for level in COPIES),
                spread([accuracy(result["curve"][-1]) for result in each], "{:.3f}".format),
            ]
        )
    return table(head, rows)


def table(head, rows):
    return "\n".join(["| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows]])


def programmed(result):
    """The programmed heads as (layer, head), by their names."""
    return {name.split(" ", 1)[1]: tuple(map(int, name.split(" ", 1)[0].split("."))) for name in result["curve"][0]["programmed"]}


def head_rows(result, step):
    return next(examined for examined in result["examined"] if examined["step"] == step)["heads"]


def loss_without(result, which):
    """What the loss rises by without a programmed head, or without the most important other one, at the end."""
    places = programmed(result)
    rows = head_rows(result, result["examined"][-1]["step"])
    if which in places:
        return next(row["ablation"]["loss"] for row in rows if (row["layer"], row["head"]) == places[which])
    return max(row["ablation"]["loss"] for row in rows if (row["layer"], row["head"]) not in places.values())


def strongest_other(result, what):
    """The largest share that any head without a program gives to the previous position or to the copied one, at the end."""
    places = programmed(result).values()
    rows = head_rows(result, result["examined"][-1]["step"])
    return max(row[what] for row in rows if (row["layer"], row["head"]) not in places)


def heads_table(results, names):
    """What the programmed heads have become, and whether others do their work."""
    head = ["arm", "previous-token head", "induction head", "without the former", "without the latter", "without the worst other", "other heads: previous", "copied"]
    head += ["cosine of entries", "query-key", "value-output", "gradient norm, mean", "largest"]
    rows = []
    previous, induction = names
    for arm, each in results.items():
        share = lambda name, what, result: next(v for k, v in result["curve"][-1]["programmed"].items() if k.endswith(f" {name}"))[what]  # noqa: E731
        digits = "{:.2f}".format
        row = [
            ARMS[arm][0],
            spread([share(previous, "previous", result) for result in each], digits),
            spread([share(induction, "copied", result) for result in each], digits),
            *(spread([loss_without(result, which) for result in each], digits) for which in (previous, induction, "other")),
            *(spread([strongest_other(result, what) for result in each], digits) for what in ("previous", "copied")),
        ]
        if arm == "unseeded":
            row += ["", "", ""]
        else:
            drift = [result["examined"][-1]["drift"] for result in each]
            row.append(spread([d["entries"] for d in drift], digits))
            for part in ("queryKey", "valueOutput"):
                row.append(" / ".join(spread([v[part] for d in drift for k, v in d["heads"].items() if k.endswith(f" {name}")], digits) for name in names))
        steps = [[point["gradient"] for point in result["curve"][1:]] for result in each]
        row.append(spread([statistics.mean(point["mean"] for point in points) for points in steps], digits))
        row.append(spread([max(point["largest"] for point in points) for points in steps], "{:.1f}".format))
        rows.append(row)
    return table(head, rows)


def draw(experiment, part, title):
    results = load(experiment)
    if not results:
        return
    names = order(next(iter(results.values()))[0])
    write(
        f"{experiment}.svg",
        figure(
            [
                panel(results, f"{title}: loss", "nats a token", loss, first=1),
                panel(results, f"Loss on {part} targets", "nats a token", lambda p: p["loss"][part], first=1),
                panel(results, "Copying repeated random tokens", "accuracy", accuracy, 0, 1),
                panel(results, "Gradient norm before clipping at 1", "mean of the steps between", lambda p: p["gradient"]["mean"], 0, first=1),
            ],
            LEGEND,
            f"{title}: losses, copying and gradient norms of all arms",
        ),
    )

    def attends(name, what):
        return lambda p: next(value for key, value in p["programmed"].items() if key.endswith(f" {name}"))[what]

    write(
        f"{experiment}-heads.svg",
        figure(
            [
                panel(results, "The previous-token head's weight there", "share of attention", attends(names[0], "previous"), 0, 1),
                panel(results, "The induction head's weight on what to copy", "share of attention", attends(names[1], "copied"), 0, 1),
                panel(results, "Scale of the stream before the last norm", "root mean square", lambda p: p["scale"][-1], 0),
                ablations(results, names),
            ],
            LEGEND,
            f"{title}: attention of the programmed heads, the stream's scale, and what the loss rises by without a head",
        ),
    )


def order(result):
    """The names of the programmed heads, the earlier layer first."""
    return [name for name, _ in sorted(programmed(result).items(), key=lambda item: item[1])]


def ablations(results, names):
    bars = Bars("Loss without a head, at the end", "nats a token", ["previous token", "induction", "worst other"])
    for arm, each in results.items():
        values = [[loss_without(result, which) for result in each] for which in (*names, "other")]
        bars.bars([(statistics.mean(v), min(v), max(v)) for v in values], ARMS[arm][1])
    return bars


def write(name, svg):
    (HERE / "figures").mkdir(exist_ok=True)
    (HERE / "figures" / name).write_text(svg)


def front(repeats, text):
    """The README's picture."""
    shown = [arm for arm in ("unseeded", "free", "frozen", "scrambled") if arm in repeats]
    write(
        "front.svg",
        figure(
            [
                panel(repeats, "Two layers: copying what repeats", "accuracy", accuracy, 0, 1, shown),
                panel(text, "GPT-2 small: loss on held-out text", "nats a token", loss, None, text_top(text), shown, first=1),
            ],
            [ARMS[arm] for arm in shown],
            "A seeded model copies from the first step and keeps it where the data repeats; on text a seeded GPT-2 small needs a third of the tokens to a loss",
        ),
    )


def text_top(results):
    """The loss soon after the start: what comes before would flatten the rest."""
    return max(loss(at(result, 0.15)) for result in results["unseeded"])


def main():
    readme = (HERE / "README.md").read_text()
    tables = {}
    for experiment, part, title in EXPERIMENTS:
        results = load(experiment)
        if results:
            draw(experiment, part, title)
            tables[experiment] = main_table(results, part)
            tables[f"{experiment} heads"] = heads_table(results, order(next(iter(results.values()))[0]))
    for name, text in tables.items():
        readme = re.sub(rf"(<!-- {name} -->\n).*?(<!-- end -->)", lambda match, text=text: match[1] + text + "\n" + match[2], readme, flags=re.S)
    (HERE / "README.md").write_text(readme)
    if load("repeats") and load("gpt2-small"):
        front(load("repeats"), load("gpt2-small"))


if __name__ == "__main__":
    main()
