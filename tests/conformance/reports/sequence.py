"""A sequence picture: one lane for each actor and the server, one row for each exchange."""

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from itertools import groupby

from ..server import Exchange

# Pixels.
MARGIN, LANE, ROW, TOP = 45, 225, 42, 46
# Rows shown: the end of a long run tells what went wrong.
MOST = 40
SERVER = "server"


def render_sequence(exchanges: Sequence[Exchange]) -> str:
    """An SVG. Equal rows are one; of more than `MOST` rows, the first are left out."""
    rows = [count_equal(list(each)) for _, each in groupby(exchanges)]
    shown = rows[-MOST:]
    actors = list(dict.fromkeys(each.actor for each in shown if each.response)) or ["you"]
    lanes = {actor: MARGIN + LANE * number for number, actor in enumerate([*actors, SERVER])}
    height = TOP + ROW * len(shown) + 10
    parts = [lane(name, x, height) for name, x in lanes.items()]
    for number, exchange in enumerate(shown):
        parts.append(row(exchange, lanes, TOP + ROW * number + ROW // 2))
    label = "; ".join(f"{each.actor}: {each.request} → {each.response}" for each in shown)
    width = 2 * MARGIN + LANE * len(actors)
    return (
        f'<svg width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )


def count_equal(equal: Sequence[Exchange]) -> Exchange:
    first = equal[0]
    times = f" × {len(equal)}" if len(equal) > 1 else ""  # noqa: RUF001 - the sign for "times"
    return replace(first, request=f"{first.request}{times}")


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
