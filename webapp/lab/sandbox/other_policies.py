"""What other apps do with a refresh token, as entries that the same engine can ask.

They keep their state in one place, so what that has lost is lost: nobody heals it. The app
around them, its hook, its access tokens and its tombstones are the same, so that what differs
is the rule alone. Entries are written as ours are in Redis.
"""

import threading
from abc import ABC, abstractmethod

from webapp.core.end_reasons import EndReason
from webapp.core.ports import GenerationResult, Outcome

UNKNOWN = GenerationResult(Outcome.ENDED, reason=EndReason.UNKNOWN)

# Seconds. Supabase's default ("reuse interval"); Auth0 and others let one choose.
LEEWAY = 10


class OneStore(ABC):
    """Serves `core.stores.Entries`; what a token may still do is up to each policy."""

    def __init__(self) -> None:
        self._entries: dict[str, str] = {}
        self._lock = threading.Lock()

    def start(self, sid: str, *, now: int, browser: str, ttl: int) -> None:
        self._entries[sid] = f"0 {now} 0{browser}"

    def redeem(
        self, sid: str, gen: int, *, now: int, grace: int, browser: str, ttl: int
    ) -> GenerationResult:
        with self._lock:
            newest, rotated_at, refusal = self._look_up(sid)
            if refusal:
                return refusal
            if gen > newest:
                return UNKNOWN  # only we can sign it, and yet it is not there
            answer = self._decide(gen, newest, rotated_at, now)
            if answer.outcome is Outcome.REUSED:
                self._entries[sid] = f"ended {answer.reason}"
            else:
                self._entries[sid] = f"{answer.gen} {answer.rotated_at} 0{browser}"
            return answer

    @abstractmethod
    def _decide(self, gen: int, newest: int, rotated_at: int, now: int) -> GenerationResult:
        """What generation `gen` may do, if it is the newest or an older one."""

    def confirm(self, sid: str, gen: int) -> GenerationResult:
        newest, rotated_at, refusal = self._look_up(sid)
        return refusal or GenerationResult(Outcome.ALIVE, newest, rotated_at)

    def _look_up(self, sid: str) -> tuple[int, int, GenerationResult | None]:
        first, *rest = self._entries.get(sid, "").split() or [""]
        if not first:
            return 0, 0, UNKNOWN
        if first == "ended":
            return 0, 0, GenerationResult(Outcome.ENDED, reason=rest[0])
        return int(first), int(rest[0]), None

    def last_seen(self, sids: list[str]) -> dict[str, int]:
        found = {sid: self._look_up(sid) for sid in sids}
        return {sid: rotated_at for sid, (_, rotated_at, refusal) in found.items() if not refusal}

    def write_tombstone(self, sid: str, reason: str, *, ttl: int) -> None:
        self.put(sid, f"ended {reason}", ttl=ttl)

    def read(self, sid: str) -> str:
        return self._entries.get(sid, "")

    def put(self, sid: str, entry: str, *, ttl: int) -> None:
        self._entries[sid] = entry


class NoRotation(OneStore):
    """One token from login to logout, for whoever has it (Flask-JWT-Extended's examples)."""

    def _decide(self, gen: int, newest: int, rotated_at: int, now: int) -> GenerationResult:
        return GenerationResult(Outcome.REPEATED, newest, rotated_at)


class NoGrace(OneStore):
    """Rotation to the letter of RFC 9700 section 4.14.2: who comes with a used one is a thief."""

    def _decide(self, gen: int, newest: int, rotated_at: int, now: int) -> GenerationResult:
        if gen < newest:
            return GenerationResult(Outcome.REUSED, reason=EndReason.REUSE)
        return GenerationResult(Outcome.ROTATED, newest + 1, now)


class Leeway(NoGrace):
    """The previous token is good for ten seconds more, and gets the same successor.

    The same, as Supabase hands out the one that is the newest then; Auth0 makes one more each time.
    (Supabase also gives the newest to its parent at any time. This does not.)
    """

    def _decide(self, gen: int, newest: int, rotated_at: int, now: int) -> GenerationResult:
        if gen == newest - 1 and now - rotated_at <= LEEWAY:
            return GenerationResult(Outcome.REPEATED, newest, rotated_at)
        return super()._decide(gen, newest, rotated_at, now)
