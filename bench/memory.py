"""What a session takes in Redis, when there are many."""

import secrets
import time
from collections.abc import Callable, Mapping

import redis

from webapp.core.tokens import new_token_id
from webapp.store.sessions import RedisEntries

from . import report
from .contenders import BLOCKLIST, SERVER_SESSION, Contender, Entrant
from .servers import redis_server
from .visitor import Visitor

SESSIONS = 100_000
TTL = 30 * 24 * 3600

Write = Callable[[redis.Redis], None]


def show(entrants: Mapping[Contender, Entrant]) -> None:
    kinds: dict[str, Write] = {
        "Evergreen, a session": evergreen,
        "Flask-Login + Flask-Session, a session": copies_of_session(entrants[SERVER_SESSION]),
        "Flask-JWT-Extended, a revoked token": copies_of_revocation(entrants[BLOCKLIST]),
    }
    rows = [[name, f"{bytes_each(write):.0f}"] for name, write in kinds.items()]
    report.table(f"Redis memory at {SESSIONS:,} entries", ["", "bytes each"], rows)


def bytes_each(write: Write) -> float:
    with redis_server() as url:
        client = redis.Redis.from_url(url)
        before = client.info("memory")["used_memory"]
        pipeline = client.pipeline(transaction=False)
        for number in range(SESSIONS):
            write(pipeline)
            if number % 1000 == 999:
                pipeline.execute()
        assert client.dbsize() == SESSIONS
        return (client.info("memory")["used_memory"] - before) / SESSIONS


def evergreen(client: redis.Redis) -> None:
    RedisEntries(client).start(new_token_id(), now=int(time.time()), browser="!ab", ttl=TTL)


def copies_of_session(entrant: Entrant) -> Write:
    return copies(entrant, lambda: Visitor(entrant.app).sign_in())


def copies_of_revocation(entrant: Entrant) -> Write:
    return copies(entrant, lambda: Visitor(entrant.app).sign_in().sign_out())


def copies(entrant: Entrant, act: Callable[[], object]) -> Write:
    """Entries like the one that the scheme itself writes, under names as long as its own."""
    client = redis.Redis.from_url(entrant.redis_url)
    before = set(client.keys())
    act()
    (key,) = set(client.keys()) - before
    value, ttl = client.get(key), client.ttl(key)
    prefix, _, name = key.partition(b":")

    def write(target: redis.Redis) -> None:
        target.set(prefix + b":" + secrets.token_hex(32)[: len(name)].encode(), value, ex=ttl)

    return write
