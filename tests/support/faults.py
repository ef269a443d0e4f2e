"""What befalls a site: each fault begins, lasts as long as its `with`, and is over."""

import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from .app_server import AppServer
from .environment import Site
from .proxy import DELAYED, REFUSED, REPLIES_CUT, REPLIES_LOST, SILENT

# Bytes: whatever is written beyond meets a disk that is full.
FULL = 1

Fault = Callable[[], AbstractContextManager[object]]


def of_all_kinds(site: Site, server: AppServer) -> dict[str, Fault]:
    """What may befall this site, by its name in a table."""
    return {
        "nothing": moment,
        "Redis killed -9": lambda: redis_killed(site),
        "replica behind promoted": lambda: redis_behind(site),
        "FLUSHALL": lambda: redis_emptied(site),
        "Redis hangs": lambda: redis_hanging(site),
        "network silent": lambda: site.proxy.having(SILENT),
        "Redis 300 ms late": lambda: site.proxy.having(DELAYED),
        "30 % of replies lost": lambda: site.proxy.having(REPLIES_LOST),
        "30 % of replies cut": lambda: site.proxy.having(REPLIES_CUT),
        "Redis refuses": lambda: site.proxy.having(REFUSED),
        "Redis out of memory": lambda: redis_out_of_memory(site),
        "Redis' disk full": lambda: redis_disk_full(site),
        "SQL down": lambda: sql_gone(site),
        "SQL locked": lambda: sql_locked(site),
        "SQL's disk full": lambda: sql_disk_full(server),
        "worker killed -9": lambda: worker_killed(server),
        "worker stands still": lambda: worker_stopped(server),
        "rolling restart": lambda: reloaded(server),
    }


@contextmanager
def redis_killed(site: Site) -> Iterator[None]:
    """With -9; then it reads its append-only file."""
    site.redis.stop()
    yield
    site.redis.start()


@contextmanager
def redis_behind(site: Site) -> Iterator[None]:
    """What was written meanwhile is lost: a replica without it is promoted."""
    snapshot = site.redis.snapshot()
    yield
    with site.proxy.having(REFUSED):
        site.redis.roll_back(snapshot)


@contextmanager
def redis_emptied(site: Site) -> Iterator[None]:
    site.redis.client().flushall()
    yield
    site.redis.client().flushall()


@contextmanager
def redis_hanging(site: Site) -> Iterator[None]:
    site.redis.pause()
    yield
    site.redis.resume()


@contextmanager
def redis_out_of_memory(site: Site) -> Iterator[None]:
    site.redis.client().config_set("maxmemory", "1")
    yield
    site.redis.client().config_set("maxmemory", "0")


@contextmanager
def redis_disk_full(site: Site) -> Iterator[None]:
    with disk_full(site.redis.pid):
        yield


@contextmanager
def sql_gone(site: Site) -> Iterator[None]:
    """No statement can be answered: the tables are not there."""
    with site.sql() as sql:
        sql.execute("ALTER TABLE users RENAME TO users_away")
        yield
        sql.execute("ALTER TABLE users_away RENAME TO users")


@contextmanager
def sql_locked(site: Site) -> Iterator[None]:
    """Another process writes, and takes its time."""
    with site.sql() as sql:
        sql.execute("BEGIN IMMEDIATE")
        yield
        sql.execute("ROLLBACK")


@contextmanager
def sql_disk_full(server: AppServer) -> Iterator[None]:
    """SQLite writes when it commits: that is where it fails."""
    with disk_full(*server.workers()):
        yield


@contextmanager
def worker_killed(server: AppServer) -> Iterator[None]:
    server.signal_worker(signal.SIGKILL)
    yield


@contextmanager
def worker_stopped(server: AppServer) -> Iterator[None]:
    worker = server.signal_worker(signal.SIGSTOP)
    yield
    server.signal_worker(signal.SIGCONT, worker)


@contextmanager
def reloaded(server: AppServer) -> Iterator[None]:
    server.reload()
    yield


@contextmanager
def disk_full(*pids: int) -> Iterator[None]:
    """Reading goes on. (Those processes have to ignore SIGXFSZ, as Python does.)"""
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (FULL, resource.RLIM_INFINITY))
    yield
    for pid in pids:
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)


@contextmanager
def moment() -> Iterator[None]:
    """Nothing befalls it."""
    yield
