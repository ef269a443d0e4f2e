"""Addresses of several servers, read exactly or refused with one line that says why."""

import pytest

from tests.test_config import SECRETS
from webapp.config import ConfigError, Settings
from webapp.store.redis.urls import RedisUrl


def test_sentinels() -> None:
    url = RedisUrl.parse("redis+sentinel://one:26379,[::1]:26380/prime/3")
    assert (url.kind, url.tls, url.name, url.db) == ("sentinel", False, "prime", 3)
    assert url.nodes == [("one", 26379), ("::1", 26380)]
    assert (url.username, url.password) == (None, None)


def test_a_cluster_over_tls_with_a_password() -> None:
    url = RedisUrl.parse(
        "rediss+cluster://ada:p%40ss%3A%2F@10.0.0.1:7000,node.example:7001?ssl_ca_certs=/ca.pem"
    )
    assert (url.kind, url.tls) == ("cluster", True)
    assert url.nodes == [("10.0.0.1", 7000), ("node.example", 7001)]
    assert (url.username, url.password) == ("ada", "p@ss:/")
    assert url.options == {"ssl_ca_certs": "/ca.pem"}


def test_sentinels_have_a_password_of_their_own() -> None:
    url = RedisUrl.parse("redis+sentinel://:theirs@one:1/prime?sentinel_password=ours")
    assert (url.username, url.password) == (None, "theirs")
    assert url.options == {"sentinel_password": "ours"}


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("redis+sentinel://one:26379", "name under which the sentinels know the master"),
        ("redis+sentinel://one:26379/", "name under which the sentinels know the master"),
        ("redis+sentinel://one/prime", "each server must be host:port"),
        ("redis+sentinel://one:26379,/prime", "each server must be host:port"),
        ("redis+sentinel:///prime", "each server must be host:port"),
        ("redis+sentinel://one:99999/prime", "each server must be host:port"),
        ("redis+sentinel://::1:26379/prime", "each server must be host:port"),
        ("redis+sentinel://one:26379/prime/zero", "only the number of a database"),
        ("redis+sentinel://one:1/prime?colour=green", "unknown option; here are sentinel_"),
        ("redis+cluster://one:7000/1", "a cluster has no names or numbered databases"),
        ("redis+cluster://one:7000?ssl_ca_certs=/ca", "unknown option; there is none"),
        ("redis+cluster://one:7000#part", "must be like redis+sentinel://host:port,host:port/name"),
        ("redis+cluster:one:7000", "must start with redis://"),
        ("redis+raft://one:7000", "redis+sentinel:// or redis+cluster://"),
    ],
)
def test_a_wrong_one_stops_the_start_with_one_line(url: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        Settings.from_environ(SECRETS | {"REDIS_URL": url})
    assert str(refusal.value).startswith("REDIS_URL: ")
    assert complaint in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "url",
    [
        "redis+cluster://ada:hunter2@one",
        "redis+cluster://:hunter2?x@one:1",
        "redis+sentinel://:a/b/hunter2@one:1/name",
        "redis+sentinel://:a?hunter2=x@one:1/name",
    ],
)
def test_no_complaint_and_no_repr_shows_a_password(url: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        Settings.from_environ(SECRETS | {"REDIS_URL": url})
    assert "hunter2" not in str(refusal.value)
    assert "hunter2" not in repr(RedisUrl.parse("redis+cluster://ada:hunter2@one:1"))
