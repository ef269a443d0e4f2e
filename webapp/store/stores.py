"""All stores of an app, made together: they share one Redis client and one clock."""

import time
from collections.abc import Callable

import redis

from .memory_rate_limits import MemoryCounters
from .redis.clock import RedisClock
from .redis.generations import RedisEntries
from .redis.invalidation_feed import RedisFeed
from .redis.lock import RedisTurns
from .redis.rate_limits import RedisCounters
from .redis.saved_forms import RedisDrafts
from .sql.clients import SqlClients
from .sql.devices import SqlDevices
from .sql.email_changes import SqlEmailChanges
from .sql.retention import SqlAttic
from .sql.security_events import SqlEvents
from .sql.session_ends import SqlSessionEnds
from .sql.session_queries import SqlOverview
from .sql.sessions import SqlRecords
from .sql.users import SqlUsers


class Stores:
    """Each attribute serves a port of the core. The SQL engine belongs to the app's context."""

    def __init__(
        self,
        client: redis.Redis,
        *,
        is_embedded: bool,
        doubt_lasts: int,
        now: Callable[[], float] | None = None,
    ) -> None:
        """`is_embedded`: the client's server runs on this host, and so has the same clock.

        `doubt_lasts`: seconds for which the feed's invalidations hold. `now`: another clock, for
        tests.
        """
        self.redis, self.entries = client, RedisEntries(client)
        if not now and not is_embedded:
            now = clock = RedisClock(client)
            self.entries = RedisEntries(client, require_right=clock.require_right)
        self.now = now or time.time
        self.feed = RedisFeed(client, doubt_lasts=doubt_lasts)
        self.drafts, self.turns = RedisDrafts(client), RedisTurns(client)
        self.counters, self.local_counters = RedisCounters(client), MemoryCounters()
        self.users, self.devices, self.clients = SqlUsers(), SqlDevices(), SqlClients()
        self.records, self.session_queries = SqlRecords(), SqlOverview()
        self.ends, self.email_changes = SqlSessionEnds(), SqlEmailChanges()
        self.events, self.attic = SqlEvents(), SqlAttic()
