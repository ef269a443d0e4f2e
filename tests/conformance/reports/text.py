"""For a terminal: one line a check, and what was seen below a failure."""

from ..run import Outcome, Report, Result

MARKS = {
    Outcome.PASSED: "pass",
    Outcome.FAILED: "FAIL",
    Outcome.NOT_APPLICABLE: "n/a ",
    Outcome.ERROR: "ERR ",
}


def render_text(report: Report) -> str:
    lines = [report.name, *map(render_result, report.results), "", summary(report)]
    return "\n".join(lines) + "\n"


def render_result(result: Result) -> str:
    line = f"{MARKS[result.outcome]}  {result.check.name:<28}  {result.check.title}"
    if result.outcome is Outcome.NOT_APPLICABLE:
        return f"{line} ({result.seen})"
    if not result.seen:
        return line
    so = f"\n      so:   {result.check.felt}" if result.outcome is Outcome.FAILED else ""
    return f"{line}\n      seen: {result.seen}{so}"


def summary(report: Report) -> str:
    counts = [f"{report.count(outcome)} {outcome}" for outcome in Outcome if report.count(outcome)]
    return f"{report.name}: {', '.join(counts)}"
