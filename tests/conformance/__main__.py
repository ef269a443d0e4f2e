"""Point the conformance checks at a server: `python3 -m tests.conformance`."""

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

from .adapter import Aborted, Adapter, NotSupported, Refused, Unavailable
from .check import Check
from .checks import ALL
from .command import BadUsage, adapter_from, parse
from .reports import FORMATS
from .reports.text import render_result, summary
from .run import Report, Result, run
from .schedules import random_schedules
from .server import Server, SignInFailed, clean


def main(arguments: list[str]) -> int:
    """0: no check failed; 1: one failed; 2: it could not be carried out."""
    options = parse(arguments)
    try:
        return carry_out(options).exit_status
    except (BadUsage, Aborted) as error:
        print(f"python3 -m tests.conformance: {error}", file=sys.stderr)
        return 2


def carry_out(options: argparse.Namespace) -> Report:
    """Raises BadUsage and Aborted."""
    checks = checks_of(options)
    adapter = adapter_from(options)
    require_writable(options.output)
    is_live = not options.output and options.format == "text"
    try:
        require_tokens(adapter)
        if is_live:
            print(adapter.name)
        report = run(adapter, checks, options.patience, print_now if is_live else lambda _: None)
    finally:
        adapter.close()
    if is_live:
        print(f"\n{summary(report)}")
    elif options.output:
        Path(options.output).write_text(FORMATS[options.format](report))
        print(summary(report))
    else:
        print(FORMATS[options.format](report), end="")
    return report


def print_now(result: Result) -> None:
    print(render_result(result), flush=True)


def checks_of(options: argparse.Namespace) -> list[Check]:
    """Raises BadUsage."""
    if options.random and not find_spec("hypothesis"):
        raise BadUsage("--random needs Hypothesis: pip install hypothesis")
    checks = [check for check in ALL if not options.only or check.name in options.only]
    return [*checks, *([random_schedules(options.random)] if options.random else [])]


def require_writable(output: str | None) -> None:
    """Before the run, not after it. Raises BadUsage."""
    try:
        if output:
            Path(output).open("a").close()
    except OSError as error:
        raise BadUsage(f"--output {output}: {error.strerror}") from None


def require_tokens(adapter: Adapter) -> None:
    """One line about wrong URLs and fields, instead of a failure of each check. Raises Aborted."""
    server = Server(adapter)
    adapter.reset()
    try:
        tokens = server.refresh(server.login())
        if not adapter.missing("call"):
            server.call(tokens)
    except SignInFailed as error:
        raise Aborted(str(error)) from None
    except (Refused, Unavailable) as error:
        request = server.last_request().partition(" with ")[0]
        raise Aborted(f"the first {request} fails: {clean(error)}") from None
    except (NotSupported, TypeError) as error:
        raise Aborted(str(error)) from None


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
