"""Refresh token policies of other apps, as generation stores for the same session code.

They keep their state in one store, so lost state is not healed. Hook, access tokens and tombstones
are those of this app, so that only the policy differs. Entries have the format of redeem.lua.
"""

import threading
from abc import ABC, abstractmethod

from webapp.core.end_reasons import EndReason
from webapp.core.ports import GenerationResult, Outcome

UNKNOWN = GenerationResult(Outcome.ENDED, reason=EndReason.UNKNOWN)

# Seconds. The default of Supabase ("reuse interval"); a setting in Auth0 and others.
LEEWAY = 10


class OneStore(ABC):
    """Implements `core.ports.GenerationStore`; a subclass decides the outcome of a redeem."""

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
                return UNKNOWN  # the signature is authentic, so the store has lost this generation
            result = self._decide(gen, newest, rotated_at, now)
            if result.outcome is Outcome.REUSED:
                self._entries[sid] = f"ended {result.reason}"
            else:
                self._entries[sid] = f"{result.gen} {result.rotated_at} 0{browser}"
            return result

    @abstractmethod
    def _decide(self, gen: int, newest: int, rotated_at: int, now: int) -> GenerationResult:
        """The outcome for generation `gen`, the newest or an older one."""

    def confirm(self, sid: str, gen: int) -> GenerationResult:
        newest, rotated_at, refusal = self._look_up(sid)
        return refusal or GenerationResult(Outcome.ALIVE, newest, rotated_at)

    def _look_up(self, sid: str) -> tuple[int, int, GenerationResult | None]:
        first, *fields = self._entries.get(sid, "").split() or [""]
        if not first:
            return 0, 0, UNKNOWN
        if first == "ended":
            return 0, 0, GenerationResult(Outcome.ENDED, reason=fields[0])
        return int(first), int(fields[0]), None

    def last_seen(self, sids: list[str]) -> dict[str, int]:
        entries = {sid: self._look_up(sid) for sid in sids}
        return {sid: rotated_at for sid, (_, rotated_at, refusal) in entries.items() if not refusal}

    def write_tombstone(self, sid: str, reason: str, *, ttl: int) -> None:
        self.put(sid, f"ended {reason}", ttl=ttl)

    def read(self, sid: str) -> str:
        return self._entries.get(sid, "")

    def put(self, sid: str, entry: str, *, ttl: int) -> None:
        self._entries[sid] = entry


class NoRotation(OneStore):
    """One refresh token from sign-in to sign-out (the examples of Flask-JWT-Extended)."""

    def _decide(self, gen: int, newest: int, rotated_at: int, now: int) -> GenerationResult:
        return GenerationResult(Outcome.REPEATED, newest, rotated_at)


class NoGrace(OneStore):
    """Strict rotation (RFC 9700 section 4.14.2): a used token ends the session."""

    def _decide(self, gen: int, newest: int, rotated_at: int, now: int) -> GenerationResult:
        if gen < newest:
            return GenerationResult(Outcome.REUSED, reason=EndReason.REUSE)
        return GenerationResult(Outcome.ROTATED, newest + 1, now)


class Leeway(NoGrace):
    """The previous token stays valid for ten seconds, and gets the same successor.

    Supabase returns its newest token then; Auth0 creates another one each time. Supabase also
    returns the newest token to its parent at any time, which this policy leaves out.
    """

    def _decide(self, gen: int, newest: int, rotated_at: int, now: int) -> GenerationResult:
        if gen == newest - 1 and now - rotated_at <= LEEWAY:
            return GenerationResult(Outcome.REPEATED, newest, rotated_at)
        return super()._decide(gen, newest, rotated_at, now)
