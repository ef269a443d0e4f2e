"""Generations of sessions in Redis: one small key each, changed by two scripts.

`session:<sid>` holds `<gen> <rotated_at> <confirmed><device>`, or the tombstone `ended <reason>`
(see redeem.lua). Redis holds nothing else of a session, so a loss of its data ends no session.
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
        """`prefix` of the keys: the lab's sandboxes have their own.

        `check_clock` raises redis.RedisError if a time is not that of Redis.
        """
        self._redis = client
        # Not for a cluster: if one server hangs, the others may still answer.
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
        entries = {sid: value.split() for sid, value in zip(sids, values, strict=True) if value}
        return {sid: int(parts[1]) for sid, parts in entries.items() if parts[0] != "ended"}

    def write_tombstone(self, sid: str, reason: str, *, ttl: int) -> None:
        self.put(sid, f"ended {reason}", ttl=ttl)

    def read(self, sid: str) -> str:
        """The raw entry, for display; empty if there is none."""
        with translate_redis_errors():
            entry: Any = self._redis.get(self._key(sid))
        return entry or ""

    def put(self, sid: str, entry: str, *, ttl: int) -> None:
        """Replace an entry; an empty one deletes it."""
        with translate_redis_errors():
            if entry:
                self._redis.set(self._key(sid), entry, ex=ttl)
            else:
                self._redis.delete(self._key(sid))

    def _key(self, sid: str) -> str:
        return self._prefix + sid

    def _run_script(self, script: Script, sid: str, *args: int | str) -> GenerationResult:
        """Run a script, with the circuit breaker: any request may need this."""
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
