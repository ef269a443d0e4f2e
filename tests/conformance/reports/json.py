"""For programs."""

import json
from dataclasses import asdict

from ..run import Outcome, Report, Result


def render_json(report: Report) -> str:
    document = {
        "server": report.name,
        "counts": {outcome.value: report.count(outcome) for outcome in Outcome},
        "exit_status": report.exit_status,
        "checks": [entry(result) for result in report.results],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def entry(result: Result) -> dict[str, object]:
    return {
        "name": result.check.name,
        "title": result.check.title,
        "source": result.check.source,
        "outcome": result.outcome.value,
        "seen": result.seen,
        "seconds": round(result.seconds, 3),
        "exchanges": [asdict(exchange) for exchange in result.exchanges],
    }
