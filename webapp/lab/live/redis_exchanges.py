"""Recorded exchanges in Redis: a capped stream `lab:<sid>` for each recorded session."""

import json
import re
from typing import Any

import redis

from webapp.core.text import Message
from webapp.lab.diagram.steps import Step
from webapp.store.redis.errors import translate_redis_errors

from .exchanges import START, Exchange, StoredEntry

# Prefixes of the keys that hold generations: of real sessions, and of sandboxes.
SESSION_PREFIX, SANDBOX_PREFIX = "session:", "lab-session:"
# The number of newest exchanges stored for a session, and seconds after the newest.
MAX_EXCHANGES, EXCHANGES_TTL = 100, 900
PLACE = re.compile(r"[0-9]{1,15}-[0-9]{1,9}")


class RedisExchangeLog:
    """Implements `ExchangeLog`."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def add(self, sid: str, exchange: Exchange) -> None:
        with translate_redis_errors():
            fields: Any = {"exchange": json.dumps(_pack(exchange))}
            self._redis.xadd(_key(sid), fields, maxlen=MAX_EXCHANGES)
            self._redis.expire(_key(sid), EXCHANGES_TTL)

    def after(self, sid: str, place: str) -> list[Exchange]:
        """Exchanges after the one with the id `place`; all of them if it is no id of a stream."""
        last_id = place if PLACE.fullmatch(place) else START
        with translate_redis_errors():
            streams: Any = self._redis.xread({_key(sid): last_id})
        entries = streams[0][1] if streams else []
        return [_read(place, fields["exchange"]) for place, fields in entries]

    def entry(self, sid: str) -> StoredEntry | None:
        with translate_redis_errors():
            text: Any = self._redis.get(SESSION_PREFIX + sid)
            ttl: Any = self._redis.ttl(SESSION_PREFIX + sid)
        return StoredEntry(text, ttl) if text else None


def _read(place: str, text: str) -> Exchange:
    facts = json.loads(text)
    steps = tuple(Step(**_unpack(step)) for step in facts.pop("steps"))
    return Exchange(**_unpack(facts) | {"steps": steps, "place": place})


def _pack(value: Any) -> Any:
    """For JSON. A message keeps its template: its reader may have another language by then."""
    if isinstance(value, Message):
        return [value.template, _pack(value.values)]
    if isinstance(value, Exchange | Step):
        return _pack(vars(value))
    if isinstance(value, tuple):
        return [_pack(each) for each in value]
    return {name: _pack(each) for name, each in value.items()} if isinstance(value, dict) else value


def _unpack(value: Any) -> Any:
    """The inverse of `_pack`, for all but the steps: a list is a message."""
    if isinstance(value, list):
        return Message(value[0], **_unpack(value[1]))
    if isinstance(value, dict):
        return {name: _unpack(each) for name, each in value.items()}
    return value


def _key(sid: str) -> str:
    return f"lab:{sid}"
