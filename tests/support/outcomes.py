"""What honest clients write down: every wrong answer, and how long they waited."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field

WRONG = ["wrong logout", "wrong stay", "cookies cleared", "status 500"]


@dataclass(frozen=True)
class Answered:
    """Seconds of time.monotonic(); `status` is 0 where no answer came."""

    at: float
    took: float
    status: int


@dataclass
class Tally:
    answers: list[Answered] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)
    began: float = field(default_factory=time.monotonic)
    fault: str = ""
    fault_ended: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answered(self, asked_at: float, status: int) -> None:
        now = time.monotonic()
        self.answers.append(Answered(now, now - asked_at, status))

    def happened(self, event: str) -> None:
        with self._lock:
            self.events[event] += 1

    def went_wrong(self, what: str, example: str) -> None:
        with self._lock:
            self.wrong[what] += 1
            self.examples.append(f"{what}: {example}")

    def having_status(self, *wanted: int) -> list[Answered]:
        return [each for each in self.answers if each.status in wanted]

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.answers) / max(0.001, time.monotonic() - self.began)

    def percentile(self, share: float) -> float:
        """Seconds, of the requests that were answered."""
        waits = sorted(each.took for each in self.answers if each.status)
        return waits[int(share * (len(waits) - 1))] if waits else 0.0

    @property
    def refusing(self) -> float:
        """Seconds from the first 503 to the last."""
        times = [each.at for each in self.having_status(503)]
        return max(times) - min(times) if times else 0.0

    @property
    def recovery(self) -> float:
        """Seconds after the end of the fault until all clients were served again."""
        failed = [each.at for each in self.having_status(0, 503)]
        return max([self.fault_ended, *failed]) - self.fault_ended if self.fault_ended else 0.0
