"""pytest plugin: one test for each check of an adapter.

pytest -p tests.conformance.pytest_plugin --conformance-adapter package.module:Class
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

from .adapter import Adapter
from .check import Check
from .checks import ALL
from .run import Outcome, Result, carry_out
from .schedules import random_schedules
from .server import PATIENCE


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance", "does a sign-in survive?")
    group.addoption("--conformance-adapter", metavar="MODULE:CLASS")
    group.addoption(
        "--conformance-patience",
        type=float,
        default=PATIENCE,
        metavar="SECONDS",
        help="the longest real wait of a check (default: %(default)s)",
    )
    group.addoption("--conformance-random", type=int, default=0, metavar="SCHEDULES")


def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    place = config.getoption("--conformance-adapter")
    if not place:
        return
    adapter = load(place)
    config.add_cleanup(adapter.close)
    count = config.getoption("--conformance-random")
    checks = [*ALL, *([random_schedules(count)] if count else [])]
    group = Group.from_parent(session, name="conformance", nodeid="conformance")
    items.extend(
        CheckItem.from_parent(group, name=check.name, check=check, adapter=adapter)
        for check in checks
    )


def load(place: str) -> Adapter:
    """Raises pytest.UsageError."""
    module, _, name = place.partition(":")
    try:
        adapter = getattr(import_module(module), name)()
    except (ImportError, AttributeError) as error:
        raise pytest.UsageError(f"--conformance-adapter {place}: {error}") from None
    if not isinstance(adapter, Adapter):
        raise pytest.UsageError(f"--conformance-adapter {place}: it is no Adapter")
    return adapter


class Group(pytest.Collector):
    def collect(self) -> Iterator[pytest.Item]:
        return iter(())


class CheckItem(pytest.Item):
    def __init__(self, *, check: Check, adapter: Adapter, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.check, self.adapter = check, adapter

    def runtest(self) -> None:
        patience = self.config.getoption("--conformance-patience")
        result = carry_out(self.check, self.adapter, patience)
        if result.outcome is Outcome.NOT_APPLICABLE:
            pytest.skip(result.seen)
        if result.outcome is not Outcome.PASSED:
            raise CheckFailed(result)

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None
    ) -> str:
        if not isinstance(excinfo.value, CheckFailed):
            return str(excinfo.getrepr())
        result = excinfo.value.result
        steps = [
            f"  {each.actor:<12} {each.request}  →  {each.response}".rstrip(" →")
            for each in result.exchanges
        ]
        return "\n".join([f"{result.check.title}: {result.seen}", *steps])

    def reportinfo(self) -> tuple[str, None, str]:
        return "conformance", None, self.check.name


class CheckFailed(Exception):
    def __init__(self, result: Result) -> None:
        super().__init__(result.seen)
        self.result = result
