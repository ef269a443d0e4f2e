"""Point the conformance checks at a server: `python3 -m tests.conformance`."""

import sys
from pathlib import Path

from .adapter import Aborted, Adapter, Refused, Unavailable
from .checks import ALL
from .command import BadUsage, adapter_from, parse
from .reports import FORMATS
from .reports.text import render_result, summary
from .run import run
from .schedules import random_schedules


def main(arguments: list[str]) -> int:
    """0: no check failed; 1: one failed; 2: it could not be carried out."""
    options = parse(arguments)
    try:
        checks = [check for check in ALL if not options.only or check.name in options.only]
        if options.random:
            checks.append(random_schedules(options.random))
        adapter = adapter_from(options)
        require_sign_in(adapter)
        live = not options.output and options.format == "text"
        if live:
            print(adapter.name)
        report = run(
            adapter,
            checks,
            options.patience,
            lambda result: print(render_result(result), flush=True) if live else None,
        )
        adapter.close()
    except (BadUsage, Aborted) as error:
        print(f"python3 -m tests.conformance: {error}", file=sys.stderr)
        return 2
    if options.output:
        Path(options.output).write_text(FORMATS[options.format](report))
    if options.output or live:
        print(f"\n{summary(report)}" if live else summary(report))
    else:
        print(FORMATS[options.format](report), end="")
    return report.exit_status


def require_sign_in(adapter: Adapter) -> None:
    """One line instead of an error for each check. Raises Aborted."""
    adapter.reset()
    try:
        adapter.login()
    except (Refused, Unavailable) as error:
        raise Aborted(f"the sign-in fails: {error}") from None


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
