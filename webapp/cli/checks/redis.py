"""Redis or Valkey: there, new enough, set up to lose nothing, near, and in time."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import redis

from webapp.config import Settings
from webapp.core.errors import first_line
from webapp.store.redis.client import create_client

from .finding import Finding, ok, problem, warning
from .latency_and_clock import clock, latency

LEAST_REDIS, LEAST_VALKEY = (6, 2), (8, 0)
PROBE, PROBE_LASTS = "doctor:probe", 60

Info = dict[str, Any]


def check_redis(settings: Settings, now: Callable[[], float]) -> Iterator[Finding]:
    try:
        client = create_client(settings.redis_url, settings.instance_path / "redis")
        yield from servers(client, settings.redis_url or "")
        yield permitted("redis.writable", lambda: writable(client))
        yield permitted(
            "redis.latency", lambda: latency("redis.latency", lambda: client.get(PROBE))
        )
        yield permitted(
            "clock.redis",
            lambda: clock("clock.redis", lambda: seconds(client), now, settings.jwt_leeway),
        )
    except (redis.RedisError, OSError, ValueError) as error:
        advice = "start it, or correct REDIS_URL; until then a refresh is a 503, never a logout"
        yield problem("redis.reachable", f"it can't be used: {first_line(error)}", advice)


def servers(client: Any, url: str) -> Iterator[Finding]:
    """What each says of itself, if the user may ask."""
    try:
        found = infos(client, url)
    except redis.exceptions.NoPermissionError:
        yield ok("redis.reachable", "it answers")
        found_out = "not checked: version, eviction, persistence, replicas (no permission for INFO)"
        yield warning("redis.info", found_out, "+info for this user, or look on the server itself")
        return
    yield ok("redis.reachable", f"{len(found)} answering" if len(found) > 1 else "it answers")
    for name, info in found.items():
        for each in check_server(info):
            yield replace(each, found=f"{name}: {each.found}") if name else each


def permitted(check: str, look: Callable[[], Finding]) -> Finding:
    """The app needs these commands. Of the keys only the doctor's own is tried."""
    try:
        return look()
    except redis.exceptions.NoPermissionError as error:
        lacking = problem if "the '" in str(error) else warning
        advice = "the user's permissions as docs/operations.md lists them (Redis)"
        return lacking(check, f"not checked: {first_line(error)}", advice)


def infos(client: Any, url: str) -> dict[str, Info]:
    """What each server says of itself that takes writes: a cluster has several, with names."""
    if url.startswith("redis+cluster"):
        replies: dict[str, Info] = client.info(target_nodes="primaries")
        return replies
    return {"": client.info()}


def check_server(info: Info) -> Iterator[Finding]:
    yield version(info)
    yield eviction(info)
    yield persistence(info)
    if info.get("role") == "slave":
        yield problem("redis.role", "a replica, which takes no writes", "name its master")
    elif info.get("connected_slaves"):
        yield replicas(info)


def version(info: Info) -> Finding:
    valkey = info.get("valkey_version")
    name, number = ("Valkey", valkey) if valkey else ("Redis", info.get("redis_version", "0"))
    least = LEAST_VALKEY if valkey else LEAST_REDIS
    found = f"{name} {number}"
    if tuple(int(part) for part in str(number).split(".")[:2]) < least:
        wanted = f"{name} {'.'.join(map(str, least))} or newer is needed"
        return problem("redis.version", found, wanted)
    return ok("redis.version", found)


def eviction(info: Info) -> Finding:
    """A tombstone that is thrown away is a logout that only SQL remembers."""
    check, policy = "redis.eviction", str(info.get("maxmemory_policy", "unknown"))
    if policy == "noeviction":
        return ok(check, policy)
    advice = "maxmemory-policy noeviction: what it throws away are sessions, guesses and ends"
    if info.get("maxmemory"):
        return problem(check, f"{policy}, once memory is full", advice)
    return warning(check, f"{policy}, though no memory limit is set", advice)


def persistence(info: Info) -> Finding:
    check = "redis.persistence"
    if not info.get("aof_enabled"):
        found = "no AOF: a restart forgets who has used which token, so a thief may go unnoticed"
        return warning(check, found, "appendonly yes, appendfsync everysec")
    if info.get("aof_last_write_status", "ok") != "ok":
        return problem(check, "the AOF can't be written", "look for a full disk on its host")
    return ok(check, "AOF")


def replicas(info: Info) -> Finding:
    """INFO lists good replicas only if min-replicas-to-write is set."""
    check, found = "redis.replicas", f"{info['connected_slaves']} replicas"
    if "min_slaves_good_slaves" in info:
        return ok(check, f"{found}, and no writes without them")
    advice = "min-replicas-to-write 1, min-replicas-max-lag 10: a master that is cut off stops"
    return warning(check, f"{found}, and writes that none of them has", advice)


def writable(client: Any) -> Finding:
    """Full, or without the replicas that it waits for, it can be read and not written."""
    try:
        client.set(PROBE, "", ex=PROBE_LASTS)
    except redis.exceptions.NoPermissionError:
        raise
    except redis.ResponseError as error:
        advice = "give it room (disk, maxmemory) and its replicas: no user can sign in or out"
        return problem("redis.writable", first_line(error), advice)
    return ok("redis.writable", "it takes writes")


def seconds(client: Any) -> float:
    reply = client.time()
    whole, micro = next(iter(reply.values())) if isinstance(reply, dict) else reply
    return float(whole) + float(micro) / 1_000_000
