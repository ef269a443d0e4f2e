"""A bar plot for the README, light or dark as the reader's browser is."""

from html import escape

from . import report
from .rounds import Spread

WIDTH, LEFT, RIGHT, TOP, ROW = 720, 230, 90, 58, 26
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2937 }
.title { font-weight: 600; font-size: 15px }
.note { font-size: 11px; fill: #6b7280 }
.bar { fill: #9ca3af } .own { fill: #15803d } .spread { stroke: #1f2937 }
@media (prefers-color-scheme: dark) {
  text { fill: #e5e7eb } .note { fill: #9ca3af }
  .bar { fill: #6b7280 } .own { fill: #22c55e } .spread { stroke: #e5e7eb }
}
"""


def plot(ratios: list[tuple[str, Spread]]) -> str:
    height = TOP + ROW * len(ratios) + 24
    bars = "".join(bar(number, *each) for number, each in enumerate(ratios))
    title = "A signed-in page: requests per second, bare Flask = 1 (more is better)"
    note = f"CPU time in one process; median, with min-max. {report.machine()}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">'
        f"<title>{title}</title><style>{STYLE}</style>"
        f'<text x="8" y="24" class="title">{title}</text>{bars}'
        f'<text x="8" y="{height - 8}" class="note">{escape(note)}</text></svg>\n'
    )


def bar(number: int, name: str, ratio: Spread) -> str:
    y = TOP - 14 + ROW * number
    scale = WIDTH - LEFT - RIGHT
    kind = "own" if name == "Evergreen" else "bar"
    low, high = (LEFT + scale * value for value in (ratio.low, ratio.high))
    return (
        f'<text x="{LEFT - 10}" y="{y + 13}" text-anchor="end">{escape(name)}</text>'
        f'<rect x="{LEFT}" y="{y}" width="{scale * ratio.median:.1f}" height="18" class="{kind}"/>'
        f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y + 9}" y2="{y + 9}" class="spread"/>'
        f'<text x="{high + 8:.1f}" y="{y + 13}">{ratio.median:.2f}</text>'
    )
