"""Line and bar charts as SVG text, by the standard library alone. Legible on light and dark pages: they bring their own card."""

from html import escape

STYLE = """
  .card { fill: #ffffff; stroke: #d0d7de }
  .axis { stroke: #8c959f; fill: none }
  .grid { stroke: #d0d7de; stroke-dasharray: 2 3 }
  text { font: 12px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: #1f2328 }
  .title { font-size: 14px; font-weight: 600 }
  .tick { fill: #59636e; font-size: 11px }
  @media (prefers-color-scheme: dark) {
    .card { fill: #151b23; stroke: #3d444d }
    .axis { stroke: #656c76 }
    .grid { stroke: #3d444d }
    text { fill: #f0f6fc }
    .tick { fill: #9198a1 }
  }
"""
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 40, 44


def number(value):
    """As few digits as tell it apart."""
    if abs(value) >= 1e6:
        return f"{value / 1e6:g}M"
    if abs(value) >= 1e4:
        return f"{value / 1e3:g}k"
    return f"{value:g}"


def ticks(low, high, count=5):
    """Round numbers between two values."""
    span = (high - low) or 1
    unit = 10 ** (len(f"{int(span / count):d}") - 1) if span >= count else 1.0
    while span / unit < count:
        unit /= 10
    step = next(unit * factor for factor in (1, 2, 5, 10, 20, 50, 100) if span / (unit * factor) <= count)
    first = -(-low // step) * step
    return [round(first + i * step, 10) for i in range(int((high - first) / step + 1e-9) + 1)]


class Panel:
    """One pair of axes. Lines have points (x, y, lowest, highest), with a band between the last two."""

    def __init__(self, title, x, y, low=None, high=None):
        self.title, self.x, self.y, self.low, self.high = title, x, y, low, high
        self.lines, self.levels = [], []

    def line(self, points, colour, dash=None):
        self.lines.append((points, colour, dash))
        return self

    def level(self, value, label):
        self.levels.append((value, label))
        return self

    def draw(self, left, top, width, height):
        points = [point for line, _, _ in self.lines for point in line]
        right = max(x for x, *_ in points)
        low = min(low for *_, low, _ in points) if self.low is None else self.low
        high = max(high for *_, high in points) if self.high is None else self.high
        inner, tall = width - LEFT - RIGHT, height - TOP - BOTTOM

        def place(x, y):
            return left + LEFT + inner * x / right, top + TOP + tall * (high - y) / ((high - low) or 1)

        parts = [f'<text class="title" x="{left + LEFT}" y="{top + 22}">{escape(self.title)}</text>']
        for value in ticks(low, high):
            x, y = place(0, value)
            parts.append(f'<path class="grid" d="M{x:.1f} {y:.1f}h{inner:.1f}"/>')
            parts.append(f'<text class="tick" x="{x - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">{number(value)}</text>')
        for value in ticks(0, right):
            x, y = place(value, low)
            parts.append(f'<path class="axis" d="M{x:.1f} {y:.1f}v4"/>')
            parts.append(f'<text class="tick" x="{x:.1f}" y="{y + 17:.1f}" text-anchor="middle">{number(value)}</text>')
        x, y = place(0, low)
        parts.append(f'<path class="axis" d="M{x:.1f} {y - tall:.1f}v{tall:.1f}h{inner:.1f}"/>')
        parts.append(f'<text class="tick" x="{x + inner / 2:.1f}" y="{y + 34:.1f}" text-anchor="middle">{escape(self.x)}</text>')
        middle = top + TOP + tall / 2
        parts.append(
            f'<text class="tick" x="{left + 14}" y="{middle:.1f}" text-anchor="middle" transform="rotate(-90 {left + 14} {middle:.1f})">{escape(self.y)}</text>'
        )
        for value, label in self.levels:
            x, y = place(0, value)
            parts.append(f'<path class="axis" stroke-dasharray="5 4" d="M{x:.1f} {y:.1f}h{inner:.1f}"/>')
            parts.append(f'<text class="tick" x="{x + inner:.1f}" y="{y - 5:.1f}" text-anchor="end">{escape(label)}</text>')
        # what leaves the axes is cut off
        clip = f"inside-{left}-{top}"
        parts.append(f'<clipPath id="{clip}"><rect x="{left + LEFT}" y="{top + TOP - 2}" width="{inner}" height="{tall + 4}"/></clipPath>')
        parts.append(f'<g clip-path="url(#{clip})">')
        for line, colour, dash in self.lines:
            upper = [place(x, highest) for x, _, _, highest in line]
            lower = [place(x, lowest) for x, _, lowest, _ in line]
            parts.append(f'<path fill="{colour}" fill-opacity=".16" d="M{path(upper + lower[::-1])}z"/>')
        for line, colour, dash in self.lines:
            style = f' stroke-dasharray="{dash}"' if dash else ""
            parts.append(
                f'<path fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"{style} d="M{path([place(x, y) for x, y, _, _ in line])}"/>'
            )
        return [*parts, "</g>"]


class Bars:
    """Groups of bars with the spread as a thin line; values (mean, lowest, highest)."""

    def __init__(self, title, y, groups):
        self.title, self.y, self.groups, self.series = title, y, groups, []

    def bars(self, values, colour):
        self.series.append((values, colour))
        return self

    def draw(self, left, top, width, height):
        inner, tall = width - LEFT - RIGHT, height - TOP - BOTTOM
        low = min(0, *(lowest for values, _ in self.series for _, lowest, _ in values))
        high = max(0, *(highest for values, _ in self.series for *_, highest in values)) or 1

        def at(y):
            return top + TOP + tall * (high - y) / (high - low)

        parts = [f'<text class="title" x="{left + LEFT}" y="{top + 22}">{escape(self.title)}</text>']
        for value in ticks(low, high):
            parts.append(f'<path class="grid" d="M{left + LEFT} {at(value):.1f}h{inner}"/>')
            parts.append(f'<text class="tick" x="{left + LEFT - 6}" y="{at(value) + 4:.1f}" text-anchor="end">{number(value)}</text>')
        middle = top + TOP + tall / 2
        parts.append(
            f'<text class="tick" x="{left + 14}" y="{middle:.1f}" text-anchor="middle" transform="rotate(-90 {left + 14} {middle:.1f})">{escape(self.y)}</text>'
        )
        room = inner / len(self.groups)
        each = room * 0.8 / len(self.series)
        for g, group in enumerate(self.groups):
            parts.append(f'<text class="tick" x="{left + LEFT + room * (g + 0.5):.1f}" y="{top + height - BOTTOM + 18}" text-anchor="middle">{escape(group)}</text>')
            for s, (values, colour) in enumerate(self.series):
                mean, lowest, highest = values[g]
                x = left + LEFT + room * (g + 0.1) + each * s
                y, y0 = sorted((at(mean), at(0)))
                parts.append(f'<rect x="{x + 1:.1f}" y="{y:.1f}" width="{each - 2:.1f}" height="{max(y0 - y, 0.8):.1f}" fill="{colour}"/>')
                parts.append(f'<path class="axis" d="M{x + each / 2:.1f} {at(highest):.1f}V{at(lowest):.1f}"/>')
        parts.append(f'<path class="axis" d="M{left + LEFT} {at(0):.1f}h{inner}"/>')
        return parts


def path(points):
    return "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def figure(panels, legend, caption, width=430, height=300, columns=2):
    """Panels in rows, with a legend of (label, colour, dash) below them. The caption is for those who cannot see it."""
    rows = -(-len(panels) // columns)
    full, tall = width * min(columns, len(panels)), height * rows + 34
    parts = []
    for i, panel in enumerate(panels):
        parts += panel.draw(i % columns * width, i // columns * height, width, height)
    x = LEFT
    for label, colour, dash in legend:
        style = f' stroke-dasharray="{dash}"' if dash else ""
        parts.append(f'<path stroke="{colour}" stroke-width="3"{style} d="M{x} {tall - 20}h22"/>')
        parts.append(f'<text x="{x + 28}" y="{tall - 16}">{escape(label)}</text>')
        x += 28 + 7.2 * len(label) + 16
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {full} {tall}" width="{full}" height="{tall}" role="img" aria-label="{escape(caption)}">',
            f"<style>{STYLE}</style>",
            f'<rect class="card" x=".5" y=".5" width="{full - 1}" height="{tall - 1}" rx="8"/>',
            *parts,
            "</svg>\n",
        ]
    )
