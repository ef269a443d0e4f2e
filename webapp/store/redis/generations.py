"""Sessions in Redis: one small key each, changed only by two scripts.

`session:<sid>` holds `<gen> <rotated_at> <confirmed><device>`, or `ended <reason>`
as a tombstone (what they mean: redeem.lua). Nothing else about a
session is kept here, so losing it loses nobody.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
from redis.commands.core import Script

from webapp.core.ports import GenerationResult, Outcome

from .circuit_breaker import OPEN_SECONDS, CircuitBreaker
from .cluster import Cluster
from .errors import translate_redis_errors

FOLDER = Path(__file__).parent


class RedisGenerations:
    """Serves `core.ports.GenerationStore`."""

    def __init__(
        self,
        client: redis.Redis,
        prefix: str = "session:",
        check_clock: Callable[[float], None] = lambda now: None,
    ) -> None:
        """`prefix`: what keys begin with; sandboxes of the lab have one of their own.

        `check_clock`: raises redis.RedisError if the time by which to decide is wrong.
        """
        self._redis = client
        # A cluster has several servers: one that hangs says nothing of the others.
        self._circuit_breaker = CircuitBreaker(0 if isinstance(client, Cluster) else OPEN_SECONDS)
        self._prefix = prefix
        self._check_clock = check_clock
        self._redeem = client.register_script((FOLDER / "redeem.lua").read_text())
        self._confirm = client.register_script((FOLDER / "confirm.lua").read_text())

    def start(self, sid: str, *, now: int, browser: str, ttl: int) -> None:
        with translate_redis_errors():
            self._check_clock(now)
            self._redis.set(self._key(sid), f"0 {now} 0{browser}", ex=ttl)

    def redeem(
        self, sid: str, gen: int, *, now: int, grace: int, browser: str, ttl: int
    ) -> GenerationResult:
        with translate_redis_errors():
            self._check_clock(now)
        return self._run_script(self._redeem, sid, gen, now, grace, browser, ttl)

    def confirm(self, sid: str, gen: int) -> GenerationResult:
        return self._run_script(self._confirm, sid, gen)

    def last_seen(self, sids: list[str]) -> dict[str, int]:
        with translate_redis_errors():
            values: list[Any] = self._redis.mget([self._key(sid) for sid in sids]) if sids else []
        found = {sid: value.split() for sid, value in zip(sids, values, strict=True) if value}
        return {sid: int(parts[1]) for sid, parts in found.items() if parts[0] != "ended"}

    def write_tombstone(self, sid: str, reason: str, *, ttl: int) -> None:
        self.put(sid, f"ended {reason}", ttl=ttl)

    def read(self, sid: str) -> str:
        """An entry as it stands, for people to look at; empty if there is none."""
        with translate_redis_errors():
            entry: Any = self._redis.get(self._key(sid))
        return entry or ""

    def put(self, sid: str, entry: str, *, ttl: int) -> None:
        """Replace an entry; by an empty one: forget it."""
        with translate_redis_errors():
            if entry:
                self._redis.set(self._key(sid), entry, ex=ttl)
            else:
                self._redis.delete(self._key(sid))

    def _key(self, sid: str) -> str:
        return self._prefix + sid

    def _run_script(self, script: Script, sid: str, *args: int | str) -> GenerationResult:
        """What every request may need: so nobody waits for it who can know that it is in vain."""
        with translate_redis_errors():
            self._circuit_breaker.check()
            try:
                reply: list[Any] = script(keys=[self._key(sid)], args=list(args))
            except redis.TimeoutError:
                self._circuit_breaker.trip()
                raise
        outcome = Outcome(reply[0])
        if outcome in (Outcome.ENDED, Outcome.REUSED):
            return GenerationResult(outcome, reason=reply[1])
        gen, rotated_at = reply[1:] or (0, 0)
        return GenerationResult(outcome, gen, rotated_at)
