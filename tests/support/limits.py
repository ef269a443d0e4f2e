"""The app's limits of time: to a busy machine everything is an outage, so most tests have longer
ones. What tests an outage is marked `impatient` and has those of production.
"""

import pytest

from webapp.store.redis import client, deadlines, invalidation_feed
from webapp.store.sql import database, postgres

LONGER = 20
LIMITS = [
    (client, "ANSWER_TIMEOUT"),
    (client, "CONNECT_TIMEOUT"),
    (client, "POOL_TIMEOUT"),
    (database, "LOCK_WAIT"),
    (invalidation_feed, "MAX_SILENCE"),
    (postgres, "ANSWER_TIMEOUT"),
    (postgres, "CONNECT_TIMEOUT"),
    (postgres, "STATEMENT_TIMEOUT"),
    (deadlines, "ANSWER_TIMEOUT"),
    (deadlines, "CONNECT_TIMEOUT"),
    (deadlines, "LIMIT"),
]


def extend_limits(patch: pytest.MonkeyPatch) -> None:
    for module, name in LIMITS:
        patch.setattr(module, name, getattr(module, name) * LONGER)
