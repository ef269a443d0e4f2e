"""All stores of an app. They share one Redis client and one clock."""

import time
from collections.abc import Callable

import redis

from .memory_rate_limits import MemoryRateLimits
from .redis.challenges import RedisUsedChallenges
from .redis.clock import RedisClock
from .redis.generations import RedisGenerations
from .redis.invalidation_feed import RedisInvalidationFeed
from .redis.lock import RedisLock
from .redis.rate_limits import RedisRateLimits
from .redis.saved_forms import RedisSavedForms
from .sql.clients import SqlClients
from .sql.devices import SqlDevices
from .sql.email_changes import SqlEmailChanges
from .sql.factors import SqlFactors
from .sql.retention import SqlRetention
from .sql.security_events import SqlEvents
from .sql.session_ends import SqlSessionEnds
from .sql.session_notes import SqlSessionNotes
from .sql.session_queries import SqlSessionQueries
from .sql.sessions import SqlSessions
from .sql.statistics import SqlStatistics
from .sql.users import SqlUsers


class Stores:
    """Each attribute implements a port of the core. The SQL engine is from the app context."""

    def __init__(
        self,
        client: redis.Redis,
        *,
        is_embedded: bool,
        invalidation_ttl: int,
        now: Callable[[], float] | None = None,
    ) -> None:
        """`is_embedded`: the client's server runs on this host, and so has the same clock.

        `invalidation_ttl`: seconds for which invalidations are valid. `now`: a clock for tests.
        """
        self.redis, self.generations = client, RedisGenerations(client)
        if not now and not is_embedded:
            now = clock = RedisClock(client)
            self.generations = RedisGenerations(client, check_clock=clock.check_synchronised)
        self.now = now or time.time
        self.feed = RedisInvalidationFeed(client, invalidation_ttl=invalidation_ttl)
        self.saved_forms, self.lock = RedisSavedForms(client), RedisLock(client)
        self.rate_limits, self.local_rate_limits = RedisRateLimits(client), MemoryRateLimits()
        self.used_challenges = RedisUsedChallenges(client)
        self.users, self.devices, self.clients = SqlUsers(), SqlDevices(), SqlClients()
        self.factors = SqlFactors()
        self.session_repository, self.session_queries = SqlSessions(), SqlSessionQueries()
        self.session_notes = SqlSessionNotes()
        self.session_ends, self.email_changes = SqlSessionEnds(), SqlEmailChanges()
        self.events, self.retention = SqlEvents(), SqlRetention()
        self.statistics = SqlStatistics()
