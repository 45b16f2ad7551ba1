"""Line charts as SVG: a few lines of text, no library."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

COLOURS = ("#2364aa", "#d1495b", "#3d8b53", "#8a5fbf", "#c07c1c")
WIDTH, HEIGHT = 860, 260
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 46, 34


@dataclass(frozen=True)
class Chart:
    """A title, lines of `(x, y)` points by their names, dashed limits by theirs; `ticks` name places on the x axis."""

    title: str
    lines: Mapping[str, Sequence[tuple[float, float]]]
    limits: Mapping[str, float] = field(default_factory=dict)
    ticks: Mapping[str, float] = field(default_factory=dict)


def page(charts: Sequence[Chart]) -> str:
    """The charts, one below the other."""
    body = "".join(f'<g transform="translate(0 {n * HEIGHT})">{_chart(chart)}</g>' for n, chart in enumerate(charts))
    size = f'width="{WIDTH}" height="{HEIGHT * len(charts)}" viewBox="0 0 {WIDTH} {HEIGHT * len(charts)}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">'
        f'<rect width="100%" height="100%" fill="#fff"/>{body}</svg>\n'
    )


def _chart(chart: Chart) -> str:
    points = [point for line in chart.lines.values() for point in line]
    first, last = min(x for x, _ in points), max(x for x, _ in points)
    top = 1.08 * max([y for _, y in points] + list(chart.limits.values()) + [1e-9])

    def x(value: float) -> float:
        return LEFT + (value - first) / ((last - first) or 1) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM)

    parts = [f'<text x="{LEFT}" y="18" font-size="14" font-weight="bold">{_text(chart.title)}</text>']
    for share in (0, 0.25, 0.5, 0.75, 1):
        at, value = y(share * top), share * top
        parts.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end" fill="#444">{_number(value)}</text>')
    for name, value in chart.ticks.items():
        parts.append(f'<path d="M{x(value):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#bbb" stroke-dasharray="2 3"/>')
        parts.append(
            f'<text x="{x(value):.1f}" y="{HEIGHT - 14}" text-anchor="middle" fill="#444">{_text(name)}</text>'
        )
    for name, value in chart.limits.items():
        parts.append(f'<path d="M{LEFT} {y(value):.1f}H{WIDTH - RIGHT}" stroke="#222" stroke-dasharray="7 4"/>')
        parts.append(f'<text x="{WIDTH - RIGHT}" y="{y(value) - 4:.1f}" text-anchor="end">{_text(name)}</text>')
    beside = LEFT
    for n, (name, line) in enumerate(chart.lines.items()):
        colour = COLOURS[n % len(COLOURS)]
        path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        parts.append(f'<path d="M{beside} 34h18" stroke="{colour}" stroke-width="3"/>')
        parts.append(f'<text x="{beside + 23}" y="38">{_text(name)}</text>')
        beside += 45 + 7 * len(name)
    return "".join(parts)


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
