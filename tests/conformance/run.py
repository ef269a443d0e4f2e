"""Run checks against a server, and gather the results."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from .adapter import Aborted, Adapter, NotSupported, Refused, Unavailable
from .check import Check
from .checks import ALL
from .server import PATIENCE, SIGN_IN_FAILS, Exchange, Failed, Server, SignInFailed, clean


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"
    ERROR = "error"
    """The check could not be carried out, such as without a sign-in."""


@dataclass(frozen=True)
class Result:
    check: Check
    outcome: Outcome
    seen: str
    """What was seen, or why the check is not applicable; "" for a pass."""
    exchanges: tuple[Exchange, ...]
    seconds: float = 0


@dataclass(frozen=True)
class Report:
    name: str
    results: tuple[Result, ...]

    def count(self, outcome: Outcome) -> int:
        return sum(result.outcome is outcome for result in self.results)

    @property
    def exit_status(self) -> int:
        """0: no check failed; 1: one failed; 2: one could not be carried out, or all were n/a."""
        if self.count(Outcome.ERROR) or not (
            self.count(Outcome.PASSED) or self.count(Outcome.FAILED)
        ):
            return 2
        return 1 if self.count(Outcome.FAILED) else 0


def run(
    adapter: Adapter,
    checks: Iterable[Check] = ALL,
    patience: float = PATIENCE,
    on_result: Callable[[Result], None] = lambda _: None,
) -> Report:
    """Each check in turn. `patience`: the longest real wait of a check, in seconds."""
    results = []
    for check in checks:
        results.append(carry_out(check, adapter, patience))
        on_result(results[-1])
        if all(each.seen.startswith(SIGN_IN_FAILS) for each in results[-2:]) and len(results) > 1:
            break  # the server is gone, or its rate limit is reached
    return Report(adapter.name, tuple(results))


def carry_out(check: Check, adapter: Adapter, patience: float = PATIENCE) -> Result:
    server = Server(adapter, patience)
    outcome, seen = Outcome.PASSED, ""
    began = time.monotonic()
    try:
        require_operations(check, adapter)
        adapter.reset()
        check.run(server)
    except Failed as failure:
        outcome, seen = Outcome.FAILED, str(failure)
    except NotSupported as reason:
        outcome, seen = Outcome.NOT_APPLICABLE, str(reason)
    except SignInFailed as error:
        outcome, seen = Outcome.ERROR, str(error)
    except (Refused, Unavailable) as error:
        outcome, seen = Outcome.ERROR, f"{server.last_request()} → {error}"
    except Aborted:
        raise
    except Exception as error:
        # An adapter's own mistake must not end the run: the other results would be lost.
        outcome, seen = Outcome.ERROR, f"{type(error).__name__}: {error}"
    seconds = time.monotonic() - began
    return Result(check, outcome, clean(seen), tuple(server.exchanges), seconds)


def require_operations(check: Check, adapter: Adapter) -> None:
    """Raises NotSupported before the first request."""
    reasons = [reason for name in check.needs if (reason := adapter.missing(name))]
    if reasons:
        raise NotSupported("; ".join(reasons))
