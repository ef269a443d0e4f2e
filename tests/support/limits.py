"""The app's limits of time: to a busy machine everything is an outage, so most tests have longer
ones. What tests an outage is marked `impatient` and has those of production.
"""

import pytest

from webapp.store import connect, database, feed, postgres, timely

LONGER = 20
LIMITS = [
    (connect, "ANSWER_TIMEOUT"),
    (connect, "CONNECT_TIMEOUT"),
    (connect, "POOL_TIMEOUT"),
    (database, "LOCK_WAIT"),
    (feed, "HEARD"),
    (postgres, "ANSWER_TIMEOUT"),
    (postgres, "CONNECT_TIMEOUT"),
    (postgres, "STATEMENT_TIMEOUT"),
    (timely, "ANSWER_TIMEOUT"),
    (timely, "CONNECT_TIMEOUT"),
    (timely, "LIMIT"),
]


def extend_limits(patch: pytest.MonkeyPatch) -> None:
    for module, name in LIMITS:
        patch.setattr(module, name, getattr(module, name) * LONGER)
