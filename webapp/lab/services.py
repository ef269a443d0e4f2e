"""Services that the container gives to the lab."""

from dataclasses import dataclass

from webapp.store.redis.generations import RedisGenerations
from webapp.store.stores import Stores

from .diagram.matrix import Matrix
from .live.exchanges import ExchangeLog
from .live.redis_exchanges import SANDBOX_PREFIX, RedisExchangeLog
from .live.tracing_proxy import traced
from .sandbox.fault_injection import Inspectable


@dataclass(frozen=True)
class LabServices:
    exchanges: ExchangeLog
    entries: Inspectable
    """Generations of sandbox sessions: on the real Redis, under a key prefix of their own."""
    matrix: Matrix


def trace_stores(stores: Stores) -> LabServices:
    """Trace the two stores that a refresh uses, and give the lab its own storage."""
    stores.generations = traced(stores.generations, "redis")
    stores.session_repository = traced(stores.session_repository, "sql")
    sandbox = RedisGenerations(stores.redis, SANDBOX_PREFIX)
    return LabServices(RedisExchangeLog(stores.redis), sandbox, Matrix())
