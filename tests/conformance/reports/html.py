"""One HTML page with a sequence picture of each failure; it needs no other file."""

from html import escape

from ..run import Outcome, Report, Result
from .sequence import render_sequence
from .text import summary

STYLE = """
:root { color-scheme: light dark; --line: #8888; --bad: light-dark(#b3261e, #ff8a80);
  --good: light-dark(#1b6e3c, #7ddc9f); }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
article { border-top: 1px solid var(--line); padding: 1rem 0; }
h2 { font-size: 1.05rem; margin: 0; } p { margin: .25rem 0; overflow-wrap: anywhere; }
.outcome { float: right; font-weight: 600; } .failed, .error { color: var(--bad); }
.passed { color: var(--good); } small { opacity: .75; }
.picture { overflow-x: auto; } svg { display: block; margin-top: .75rem; font: 13px system-ui; }
svg text { fill: currentColor; } svg line { stroke: var(--line); }
svg .refused { fill: var(--bad); } svg .arrow { stroke: currentColor; }
"""

ORDER = (Outcome.ERROR, Outcome.FAILED, Outcome.PASSED, Outcome.NOT_APPLICABLE)


def render_html(report: Report) -> str:
    worst_first = sorted(report.results, key=lambda each: ORDER.index(each.outcome))
    articles = "\n".join(map(article, worst_first))
    title = escape(f"Conformance of {report.name}")
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{title}</title>\n'
        f"<style>{STYLE}</style>\n<h1>{title}</h1>\n<p>{escape(summary(report))}</p>\n"
        f"{articles}\n</html>\n"
    )


def article(result: Result) -> str:
    check, outcome = result.check, result.outcome
    kind = outcome.value.replace(" ", "-")
    parts = [
        f'<p class="outcome {kind}">{outcome}</p><h2>{escape(check.title)}</h2>',
        f"<p><small>{escape(check.name)}{escape(f' · {check.source}' if check.source else '')}"
        "</small></p>",
    ]
    if result.seen:
        parts.append(f"<p>{escape(result.seen)}</p>")
    if outcome is Outcome.FAILED:
        parts.append(f"<p>For the user: {escape(check.felt)}</p>")
        parts.append(f'<div class="picture">{render_sequence(result.exchanges)}</div>')
    return f"<article>{''.join(parts)}</article>"
