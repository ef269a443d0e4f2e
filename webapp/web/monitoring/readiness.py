"""Readiness: checks SQL, Redis and the migrations in parallel, with a time limit.

Any number of requests is cheap: a result is valid for a second, one thread at a time makes a new
one, and a check that hangs is not started again.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate

OK = "ok"
# Seconds that a part has to answer.
LIMIT = 0.8
# Seconds that an answer is good for.
FRESH = 1.0
# While a new answer is looked for, an old one will do for so many seconds more.
STALE = 3.0

CheckFunction = Callable[[], str]

log = logging.getLogger(__name__)


class Readiness:
    def __init__(
        self, parts: Mapping[str, CheckFunction], clock: Callable[[], float] = time.monotonic
    ):
        """Each part says OK, or in plain words what is wrong."""
        self._parts = {name: Check(ask) for name, ask in parts.items()}
        self._clock = clock
        self._looking = threading.Lock()
        self._known: dict[str, str] = {}
        self._at = float("-inf")

    def answer(self) -> dict[str, str]:
        """Part → OK, or what is wrong with it. Takes less than a second."""
        if self._age() >= FRESH:
            if self._looking.acquire(blocking=False):
                try:
                    self._look()
                finally:
                    self._looking.release()
            elif self._age() >= STALE:
                with self._looking:  # until the running check has ended
                    pass
        return self._known

    def _age(self) -> float:
        return self._clock() - self._at

    def _look(self) -> None:
        asked = {name: part.ask() for name, part in self._parts.items()}
        until = time.monotonic() + LIMIT
        found = {name: result_of(future, until) for name, future in asked.items()}
        if found != self._known and set(found.values()) != {OK}:
            wrong = [f"{name}: {words}" for name, words in found.items() if words != OK]
            log.warning("not ready: %s", "; ".join(wrong))
        self._known, self._at = found, self._clock()


class Check:
    def __init__(self, ask: CheckFunction) -> None:
        self._ask = ask
        self._asked: Future[str] | None = None

    def ask(self) -> "Future[str]":
        """In a thread of its own, that may hang; not in a second one while it does."""
        if self._asked is None or self._asked.done():
            answer: Future[str] = Future()
            threading.Thread(target=self._run, args=(answer,), daemon=True).start()
            self._asked = answer
        return self._asked

    def _run(self, answer: "Future[str]") -> None:
        try:
            answer.set_result(self._ask())
        except Exception as error:
            log.warning("a part can't be asked whether it is ready: %s", type(error).__name__)
            answer.set_result("can't be asked")


def result_of(answer: "Future[str]", until: float) -> str:
    try:
        return answer.result(max(0.0, until - time.monotonic()))
    except TooLate:
        return f"no answer within {LIMIT:g} seconds"
