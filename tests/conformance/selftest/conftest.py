"""The kit waits here on a clock that the test moves: nothing sleeps."""

import pytest


class FakeTime:
    """In place of the module `time`. `tick`: seconds that pass with each look at the clock."""

    def __init__(self, tick: float = 0) -> None:
        self._now = 0.0
        self._tick = tick

    def monotonic(self) -> float:
        self._now += self._tick
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds


@pytest.fixture(autouse=True)
def fake_time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    fake = FakeTime()
    for module in ("server", "checks.parallel"):
        monkeypatch.setattr(f"tests.conformance.{module}.time", fake)
    return fake
