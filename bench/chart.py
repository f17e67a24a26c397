"""Bars as an SVG that reads on light and on dark pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, LABEL, BAR, GAP, TITLE = 860, 230, 16, 4, 34
COLORS = {"Varvel": "#2f7ed8", "bare": "#9aa0a6"}
OTHERS = "#d9822b"
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#24292f}.t{font-weight:600}"
    "@media(prefers-color-scheme:dark){text{fill:#d0d7de}}"
)


@dataclass(frozen=True)
class Bar:
    """A value, its least and its most."""

    label: str
    value: float
    least: float
    most: float
    text: str


def drawn(title: str, groups: Sequence[tuple[str, Sequence[Bar]]]) -> str:
    """A chart in which the bars of each group are drawn to one scale, the longest in full."""
    height, parts = 8, []
    for heading, bars in groups:
        parts.append(_text(0, height + 16, heading, "t"))
        height += TITLE - 8
        longest = max(bar.most for bar in bars)
        for bar in bars:
            parts.append(_bar(bar, height, (WIDTH - LABEL - 150) / longest))
            height += BAR + GAP
        height += 8
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
        f"<title>{escape(title)}</title><style>{STYLE}</style>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def _bar(bar: Bar, top: int, scale: float) -> str:
    color = next((c for name, c in COLORS.items() if bar.label.startswith(name)), OTHERS)
    middle, end = top + BAR / 2, LABEL + bar.value * scale
    least, most = LABEL + bar.least * scale, LABEL + bar.most * scale
    return (
        _text(8, top + 12, bar.label)
        + f'<rect x="{LABEL}" y="{top}" width="{bar.value * scale:.1f}" height="{BAR}" '
        f'fill="{color}"/><path d="M{least:.1f} {middle}H{most:.1f}" stroke="#57606a"/>'
        + _text(max(end, most) + 6, top + 12, bar.text)
    )


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{named}>{escape(text)}</text>'
