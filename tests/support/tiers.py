"""The quick tier runs every feature once; what only `--all` runs is counted and named."""

from collections import Counter

import pytest

QUICK = pytest.StashKey[Counter[str]]()


# What they test is the same on every database: they bring no SQL of their own.
ONE_DATABASE = (
    "tests/browser/",
    "tests/faults/test_failover.py",
    "tests/faults/test_killed_worker.py",
    "tests/lab/",
    "tests/mail/",
    "tests/test_development.py",
    "tests/test_without_lab.py",
    "tests/web/test_behind_nginx.py",
    "tests/web/test_forgeries.py",
    "tests/web/test_guessing.py",
    "tests/web/test_security_headers.py",
    "tests/web/test_lab.py",
    "tests/web/test_logs.py",
    "tests/web/test_metrics.py",
    "tests/web/test_openapi.py",
)


def add_option(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick", action="store_true", help="without the tests that are marked as thorough"
    )


def runs_on_postgresql(item: pytest.Item) -> bool:
    names: tuple[str, ...] = getattr(item, "fixturenames", ())
    return "any_database" in names and not item.nodeid.startswith(ONE_DATABASE)


def select_quick(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Drop what is marked `thorough`, by itself or with its module, and not `quick`."""
    left: Counter[str] = Counter()
    kept, dropped = [], []
    for item in items:
        mark = item.get_closest_marker("thorough")
        if mark and not item.get_closest_marker("quick"):
            left[mark.args[0]] += 1
            dropped.append(item)
        else:
            kept.append(item)
    left["second database"] = sum(map(runs_on_postgresql, items))
    config.stash[QUICK] = left
    config.hook.pytest_deselected(items=dropped)
    items[:] = kept


def send_to_controller(config: pytest.Config) -> None:
    """Only xdist's workers collect, and only its controller writes."""
    if QUICK in config.stash and hasattr(config, "workeroutput"):
        config.workeroutput["left"] = dict(config.stash[QUICK])


def receive_from_worker(config: pytest.Config, output: dict[str, dict[str, int]]) -> None:
    if "left" in output:  # the same from every worker
        config.stash[QUICK] = Counter(output["left"])


def write_summary(terminal: pytest.TerminalReporter, config: pytest.Config) -> None:
    left = config.stash.get(QUICK, Counter())
    if left:
        kinds = ", ".join(f"{kind} {count}" for kind, count in left.most_common())
        terminal.write_line(f"left for --all: {left.total()} tests ({kinds})")
