"""Measure Evergreen and its peers: `python3 -m bench`.

Without a study: what the sign-in adds to a page, refreshes, start and Redis memory, in about
two minutes. docs/benchmarks.md explains the figures. All servers listen on 127.0.0.1 alone, and
all files are in a temporary folder.
"""

import argparse
import logging
import sys
from importlib import import_module

from scripts.bootstrap import ensure

# Name: module, its argument, default, help.
STUDIES = {
    "attack": ("attack", "seconds", 90, "six attacks beside 20 honest clients, so long each"),
    "conformance": (
        "conformance",
        "runs",
        3,
        "the conformance kit against Evergreen and well-known servers, so many times",
    ),
    "ends": ("ends", "sessions", 100_000, "the end of all sessions of one user"),
    "login-load": ("login_load", "seconds", 30, "pages while eight clients log in"),
    "million": ("million", "sessions", 1_000_000, "the same requests with many sessions stored"),
    "soak": ("soak", "minutes", 30, "200 honest clients, and a fault each minute"),
}


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    ensure("bench")
    logging.disable(logging.WARNING)  # the app logs each sign-in, and the end of each Redis
    if options.study:
        module, argument, _, _ = STUDIES[options.study]
        import_module(f"bench.{module}").run(getattr(options, argument))
    elif options.full:
        import_module("bench.behind_granian").run()
    else:
        compare()
    return 0


def compare() -> None:
    from . import footprint, refresh, report, signed_in_page
    from .entrants import prepared_entrants

    print(f"Measured: {report.machine()}")
    with prepared_entrants() as field:
        refresh_costs, refresh_counts = refresh.measured(field)
        signed_in_page.show(field, refresh_costs)
        refresh.show(refresh_costs, refresh_counts)
        footprint.show_start(field)
        footprint.show_redis_memory(field)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m bench", description=__doc__)
    parser.add_argument(
        "--full", action="store_true", help="the pages behind a running server, by wrk"
    )
    studies = parser.add_subparsers(dest="study", metavar="STUDY")
    for name, (_, argument, default, text) in STUDIES.items():
        study = studies.add_parser(name, help=text)
        study.add_argument(argument, type=int, nargs="?", default=default)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
