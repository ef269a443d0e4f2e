"""What the library lets out of its inside while the layout changes is an outage, and no error."""

from pathlib import Path

import pytest
import redis

from webapp.store.redis.client import create_client
from webapp.store.redis.cluster import Cluster


@pytest.mark.parametrize("kind", [TypeError, ValueError, KeyError, AttributeError])
def test_a_connection_that_another_thread_is_closing(
    monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    def asked(_: object) -> redis.RedisCluster:
        raise kind("argument must be an int, or have a fileno() method.")

    monkeypatch.setattr(Cluster, "_cluster", asked)
    client = create_client("redis+cluster://127.0.0.1:1", Path("/nowhere"))
    with pytest.raises(redis.ConnectionError):
        client.get("key")
