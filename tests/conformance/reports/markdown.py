"""For a README or an issue: a table, and a table of several servers side by side."""

from collections.abc import Sequence, Set

from ..checks import GROUPS
from ..run import Outcome, Report, Result
from .text import summary

MARKS = {
    Outcome.PASSED: "pass",
    Outcome.FAILED: "**fail**",
    Outcome.NOT_APPLICABLE: "n/a",
    Outcome.ERROR: "error",
}


def render_markdown(report: Report) -> str:
    rows = [[each.check.title, MARKS[each.outcome], each.seen] for each in report.results]
    return f"{summary(report)}\n\n{table(['event', 'result', 'seen'], rows)}"


def side_by_side(reports: Sequence[Report]) -> str:
    """One row a check, one column a server; a line of counts below."""
    by_check: dict[str, list[Result | None]] = {}
    for column, report in enumerate(reports):
        for result in report.results:
            row = by_check.setdefault(result.check.title, [None] * len(reports))
            row[column] = result
    rows = [
        [title, *(MARKS[each.outcome] if each else "" for each in row)]
        for title, row in by_check.items()
    ]
    rows.append(["passed, of those that apply", *map(share, reports)])
    return table(["", *(report.name for report in reports)], rows)


def by_group(reports: Sequence[Report]) -> str:
    """One row a server, one column a group of checks: how many passed, of those that apply."""
    rows = [
        [report.name, *(share(report, {each.name for each in group}) for group in GROUPS.values())]
        for report in reports
    ]
    rows = [[*row, share(report)] for row, report in zip(rows, reports, strict=True)]
    return table(["", *GROUPS, "all"], rows)


def share(report: Report, names: Set[str] | None = None) -> str:
    """`3 of 4`; "" if none of the named checks applies."""
    outcomes = [each.outcome for each in report.results if not names or each.check.name in names]
    passed, failed = outcomes.count(Outcome.PASSED), outcomes.count(Outcome.FAILED)
    return f"{passed} of {passed + failed}" if passed + failed else ""


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(escape(cell) for cell in line)} |\n" for line in lines)


def escape(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", " ")
