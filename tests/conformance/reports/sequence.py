"""A sequence picture: one lane for each actor and the server, one row for each exchange."""

from collections.abc import Sequence
from html import escape

from ..server import Exchange

LANE, ROW, TOP = 260, 42, 46
# Rows shown: the end of a long run tells what went wrong.
MOST = 40
SERVER = "server"


def render_sequence(exchanges: Sequence[Exchange]) -> str:
    """An SVG; rows before the last `MOST` are left out, and their number is given."""
    shown = exchanges[-MOST:]
    actors = list(dict.fromkeys(each.actor for each in shown if each.actor)) or ["you"]
    lanes = {actor: LANE // 2 + LANE * number for number, actor in enumerate([*actors, SERVER])}
    height = TOP + ROW * len(shown) + 10
    parts = [lane(name, x, height) for name, x in lanes.items()]
    for number, exchange in enumerate(shown):
        parts.append(row(exchange, lanes, TOP + ROW * number + ROW // 2))
    label = f"{len(exchanges)} steps" + (f", the last {MOST}" if len(exchanges) > MOST else "")
    width = LANE * len(lanes)
    return (
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )


def lane(name: str, x: int, height: int) -> str:
    return (
        f'<text x="{x}" y="18" text-anchor="middle" font-weight="600">{escape(name)}</text>'
        f'<line x1="{x}" y1="28" x2="{x}" y2="{height}"/>'
    )


def row(exchange: Exchange, lanes: dict[str, int], y: int) -> str:
    if not exchange.response:
        return (
            f'<text x="8" y="{y}" font-style="italic">'
            f"{escape(f'{exchange.actor} {exchange.request}'.strip())}</text>"
        )
    x, end = lanes[exchange.actor], lanes[SERVER]
    kind = "" if exchange.good else ' class="refused"'
    return (
        f'<line class="arrow" x1="{x}" y1="{y}" x2="{end}" y2="{y}"/>'
        f'<circle cx="{end}" cy="{y}" r="4" fill="currentColor"{kind}/>'
        f'<text x="{x + 6}" y="{y - 5}">{escape(exchange.request)}</text>'
        f'<text x="{end - 8}" y="{y + 15}" text-anchor="end"{kind}>'
        f"{escape(exchange.response)}</text>"
    )
