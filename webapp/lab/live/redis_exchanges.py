"""Recorded exchanges in Redis: a capped stream `lab:<sid>` for each session that is watched."""

import json
import re
from dataclasses import asdict
from typing import Any

import redis

from webapp.lab.diagram.steps import Step
from webapp.store.redis.errors import translate_redis_errors

from .exchanges import START, Exchange, Kept

# Prefixes of the keys that hold generations: of real sessions, and of sandboxes.
ENTRIES, SANDBOXES = "session:", "lab-session:"
# The newest exchanges of a session that are kept, and for how many seconds after the newest.
KEPT, KEPT_FOR = 100, 900
PLACE = re.compile(r"[0-9]{1,15}-[0-9]{1,9}")


class RedisExchangeLog:
    """Serves `lab.trail.Trail`."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def add(self, sid: str, exchange: Exchange) -> None:
        with translate_redis_errors():
            self._redis.xadd(_key(sid), {"exchange": json.dumps(asdict(exchange))}, maxlen=KEPT)
            self._redis.expire(_key(sid), KEPT_FOR)

    def after(self, sid: str, place: str) -> list[Exchange]:
        """Exchanges after the one with the id `place`; all of them if it is no id of a stream."""
        known = place if PLACE.fullmatch(place) else START
        with translate_redis_errors():
            found: Any = self._redis.xread({_key(sid): known})
        entries = found[0][1] if found else []
        return [_read(place, fields["exchange"]) for place, fields in entries]

    def entry(self, sid: str) -> Kept | None:
        with translate_redis_errors():
            text: Any = self._redis.get(ENTRIES + sid)
            ttl: Any = self._redis.ttl(ENTRIES + sid)
        return Kept(text, ttl) if text else None


def _read(place: str, text: str) -> Exchange:
    facts = json.loads(text)
    steps = tuple(Step(**step) for step in facts.pop("steps"))
    return Exchange(**facts | {"steps": steps, "place": place})


def _key(sid: str) -> str:
    return f"lab:{sid}"
