"""What starting the app costs, and how much Redis memory a session takes."""

import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import redis

from scripts.bootstrap import ROOT
from webapp.core.tokens import new_token_id
from webapp.store.redis.generations import RedisGenerations

from . import report
from .client import Client
from .entrants import BARE, BLOCKLIST, EVERGREEN, SERVER_SESSION, Field, Prepared
from .rounds import Spread
from .servers import redis_server

STARTS = 5
# Python's own start is over before the clock starts.
PROGRAM = """
import sys, time
cpu, wall = time.process_time(), time.perf_counter()
from importlib import import_module
import_module(sys.argv[1]).create_app(*sys.argv[2:])
print((time.process_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000)
"""
SESSIONS = 100_000
TTL = 30 * 24 * 3600

Write = Callable[[redis.Redis], None]


def show_start(field: Field) -> None:
    shown = [each for each in field if each in (BARE, EVERGREEN) or each.module == "security"]
    runs = [{each: start(each.module, field[each]) for each in shown} for _ in range(STARTS)]
    report.table(
        f"Start: imports and create_app() in a new process (median, min-max of {STARTS})",
        ["", "CPU ms", "ms by the clock"],
        [
            [
                each.name,
                *(report.spread(Spread.of(run[each][i] for run in runs), 0) for i in (0, 1)),
            ]
            for each in shown
        ],
    )


def start(module: str, prepared: Prepared) -> list[float]:
    """Milliseconds: CPU, wall."""
    arguments = [f"bench.peers.{module}", prepared.redis_url, prepared.sql_url]
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [float(number) for number in done.stdout.split()]


def show_redis_memory(field: Field) -> None:
    kinds: dict[str, Write] = {
        "Evergreen, a session": write_session,
        "Flask-Login + Flask-Session, a session": copies_of_session(field[SERVER_SESSION]),
        "Flask-JWT-Extended, a revoked token": copies_of_revocation(field[BLOCKLIST]),
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
        used: int = client.info("memory")["used_memory"] - before
        return used / SESSIONS


def write_session(client: redis.Redis) -> None:
    RedisGenerations(client).start(new_token_id(), now=int(time.time()), browser="!ab", ttl=TTL)


def copies_of_session(peer: Prepared) -> Write:
    return copies(peer, lambda: Client(peer.app).sign_in())


def copies_of_revocation(peer: Prepared) -> Write:
    return copies(peer, lambda: Client(peer.app).sign_in().sign_out())


def copies(peer: Prepared, act: Callable[[], object]) -> Write:
    """Copy the one key that `act` writes, under random names of the same length."""
    client: Any = redis.Redis.from_url(peer.redis_url)
    before = set(client.keys())
    act()
    (key,) = set(client.keys()) - before
    value, ttl = client.get(key), client.ttl(key)
    prefix, _, name = key.partition(b":")

    def write(target: redis.Redis) -> None:
        target.set(prefix + b":" + secrets.token_hex(32)[: len(name)].encode(), value, ex=ttl)

    return write
