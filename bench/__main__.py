"""The bench command: `python3 -m bench` measures the app against its peers.

`--full` measures them behind the server as well, with wrk. `storm`, `million`, `ends`, `slow`,
`attack`, `faults` and `soak` are studies of their own. Everything listens on this machine alone,
and writes to a temporary folder.
"""

import argparse
import logging
import sys
from pathlib import Path

from scripts.bootstrap import ensure


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    ensure("tests" if options.study == "faults" else "bench")
    logging.disable(logging.INFO)  # the app tells of each sign-in
    if options.study == "storm":
        from . import storm

        storm.run(options.seconds)
    elif options.study == "lab":
        from . import lab

        lab.run(options.seconds)
    elif options.study == "million":
        from . import million

        million.run(options.sessions)
    elif options.study == "ends":
        from . import ends

        ends.run(options.sessions)
    elif options.study == "slow":
        from . import slow

        slow.run(options.seconds)
    elif options.study == "attack":
        from . import attack

        attack.run(options.seconds)
    elif options.study == "faults":
        from . import faults

        return faults.run()
    elif options.study == "soak":
        from . import soak

        soak.run(options.minutes)
    else:
        from . import quick

        quick.run(with_wrk=options.full, svg_file=options.svg)
    return 0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="with wrk, against a running server")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="plot the signed-in pages")
    studies = parser.add_subparsers(dest="study", metavar="STUDY")
    storm = studies.add_parser("storm", help="eight clients log in without pause")
    storm.add_argument("seconds", type=int, nargs="?", default=30)
    lab = studies.add_parser("lab", help="fifty open lab pages, and others who log in")
    lab.add_argument("seconds", type=int, nargs="?", default=20)
    million = studies.add_parser(
        "million", help="a million sessions; DATABASE_URL: in an empty one"
    )
    million.add_argument("sessions", type=int, nargs="?", default=1_000_000)
    ends = studies.add_parser("ends", help="the end of all sessions of one user")
    ends.add_argument("sessions", type=int, nargs="?", default=100_000)
    slow = studies.add_parser("slow", help="400 slow headers, 400 slow bodies")
    slow.add_argument("seconds", type=int, nargs="?", default=20)
    attack = studies.add_parser("attack", help="six attacks beside 20 honest clients")
    attack.add_argument("seconds", type=int, nargs="?", default=90)
    studies.add_parser("faults", help="what honest clients notice of each fault: a table")
    soak = studies.add_parser("soak", help="200 honest clients, and a fault each minute")
    soak.add_argument("--minutes", type=int, default=30)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
