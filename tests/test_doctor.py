"""`flask doctor` finds what is wrong, says what to do, and never shows a secret."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from scripts.bootstrap import ROOT
from tests.conftest import environ as environment_of
from tests.support.clock import Clock
from tests.support.commands import run
from tests.support.mail_server import MailServer, serving_mail
from tests.support.servers import RedisServer, free_port
from tests.test_commands import environment as terminal
from webapp import create_app
from webapp.cli import without_settings
from webapp.cli.checks import redis as redis_checks
from webapp.cli.checks.finding import Level
from webapp.cli.checks.keys import check_keys
from webapp.cli.checks.settings import check_settings
from webapp.config import ConfigError, Settings
from webapp.core.keys import generate_pem
from webapp.store.sql.models import db

Found = dict[str, dict[str, str]]

GOOD = {
    "WEBAPP_SECRET_KEY": "bNq0ZJ5vZ3lTn7yXWcRkUeHsMfPgDaAo",
    "WEBAPP_ACCESS_TOKEN_KEYS": "a1:" + "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU",
    "WEBAPP_REFRESH_TOKEN_KEYS": "r1:" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU",
    "WEBAPP_BASE_URL": "https://evergreen.example",
    "WEBAPP_COOKIE_SECURE": "true",
    "WEBAPP_TRUSTED_PROXIES": "1",
}


def examined(app: Flask) -> tuple[int, Found]:
    """Exit status, and what was found, by the name of its check."""
    result = run(app, "doctor", "--json")
    document = json.loads(result.stdout)
    found = {finding["check"]: finding for finding in document["findings"]}
    assert document["problems"] == len(of_level("problem", found))
    assert document["warnings"] == len(of_level("warning", found))
    return result.exit_code, found


def of_level(level: str, found: Found) -> list[str]:
    return [check for check, finding in found.items() if finding["level"] == level]


@pytest.fixture
def production(environment: dict[str, str]) -> dict[str, str]:
    Path(environment["WEBAPP_INSTANCE_PATH"]).chmod(0o700)
    own = {"WEBAPP_MODE": "production", "WEBAPP_BCRYPT_ROUNDS": "12"}
    return environment | GOOD | own


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A server of this test alone, to be set up badly."""
    (tmp_path / "redis").mkdir()
    server = RedisServer(tmp_path / "redis").start()
    yield server
    server.stop()


def test_a_host_that_is_set_up_well_has_no_problem(
    production: dict[str, str], own_redis: RedisServer
) -> None:
    redis = own_redis.client()
    redis.config_set("appendonly", "yes")
    more = {
        "REDIS_URL": own_redis.url,
        "WEBAPP_MAIL_FROM": "no-reply@evergreen.example",
    }
    with serving_mail(MailServer()) as mail:
        status, found = examined(create_app(production | more | {"WEBAPP_MAIL_URL": mail.url()}))
    assert (status, of_level("problem", found), of_level("warning", found)) == (0, [], [])
    assert found.keys() >= {"sql.migrations", "redis.persistence", "clock.redis", "mail.server"}
    assert found["mail.sender"]["found"] == "e-mails come from no-reply@evergreen.example"
    assert mail.letters == []


def test_a_sender_that_the_mail_server_does_not_take(production: dict[str, str]) -> None:
    class Strict(MailServer):
        async def handle_MAIL(self, *_: Any) -> str:  # noqa: N802 - aiosmtpd looks for this name
            return "553 not yours"

    with serving_mail(Strict()) as mail:
        own = {"WEBAPP_MAIL_URL": mail.url(), "WEBAPP_MAIL_FROM": "a@foreign.example"}
        _, found = examined(create_app(production | own))
    assert found["mail.server"]["level"] == "ok"
    assert found["mail.sender"]["found"] == "the mail server refused the sender: 553"


def test_each_finding_is_one_line_with_what_to_do(app: Flask) -> None:
    *lines, counted = run(app, "doctor").stdout.splitlines()
    assert counted.startswith(f"{len(lines)} checks, ")
    for line in lines:
        level, _, rest = line.partition(" ")
        assert level in list(Level)
        assert (" → " in rest) == (level != "ok")


def test_it_shows_no_secret_whatever_is_wrong(production: dict[str, str]) -> None:
    nowhere = f"hunter2@127.0.0.1:{free_port()}"
    wrong = {
        "DATABASE_URL": f"postgresql://ada:{nowhere}/x",
        "REDIS_URL": f"redis://:{nowhere}/0",
        "WEBAPP_MAIL_URL": f"smtp://ada:{nowhere}",
        "WEBAPP_REFRESH_TOKEN_KEYS": "r1:" + "cmVmcmVz" * 6,
    }
    result = run(create_app(production | wrong), "doctor")
    assert result.exit_code == 1
    for secret in ("hunter2", GOOD["WEBAPP_SECRET_KEY"], "YWJjZGVm", "cmVmcmVz"):
        assert secret not in result.output
    for server in ("sql.reachable", "redis.reachable", "mail.server", "keys.refresh"):
        assert f"problem  {server}: " in result.stdout


class TestWithoutSettings:
    """There is no app then; the commands come all the same."""

    def bare(self, environ: dict[str, str]) -> Flask:
        with pytest.raises(ConfigError) as refusal:
            create_app(environ)
        return without_settings(refusal.value, environ)

    def test_it_names_every_wrong_one_and_goes_on(self, production: dict[str, str]) -> None:
        wrong = {"PORT": "http", "WEBAPP_SECRET_KEY": "", "WEBAPP_ACCES_TOKEN_TTL": "60"}
        result = run(self.bare(production | wrong), "doctor")
        assert result.exit_code == 1
        for name in wrong:
            assert name in result.stdout
        assert "ok       sql.migrations" in result.stdout
        assert "ok       redis.reachable" in result.stdout
        assert GOOD["WEBAPP_ACCESS_TOKEN_KEYS"][3:] not in result.output

    def test_what_hangs_on_a_wrong_one_is_left_out(self, production: dict[str, str]) -> None:
        app = self.bare(production | {"DATABASE_URL": "nonsense"})
        _, found = examined(app)
        assert not [check for check in found if check.startswith("sql.")]

    def test_every_other_command_repeats_it(self, production: dict[str, str]) -> None:
        result = run(self.bare(production | {"PORT": "http"}), "users", "list")
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith("Error: PORT: must be a whole number")

    def test_keys_are_made_on_a_new_host(self, tmp_path: Path) -> None:
        done = flask(tmp_path, "keys", "generate", "a1")
        assert (done.returncode, done.stderr) == (0, "")
        assert Settings.from_environ(GOOD | {"WEBAPP_ACCESS_TOKEN_KEYS": done.stdout.strip()})

    def test_but_nothing_is_served(self, tmp_path: Path) -> None:
        done = flask(tmp_path, "run", "--port", str(free_port()))
        assert done.returncode == 2
        assert done.stderr.startswith("Evergreen: WEBAPP_SECRET_KEY")
        assert done.stderr.count("\n") == 1

    def test_an_instance_folder_that_cannot_be_made_is_one_line(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        app = self.bare(GOOD | {"WEBAPP_INSTANCE_PATH": str(tmp_path / "file" / "folder")})
        assert "problem  settings: WEBAPP_INSTANCE_PATH" in run(app, "doctor").stdout


def flask(instance: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "app", *arguments],
        env=terminal(instance),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def settings(**changed: Any) -> Settings:
    names = {name.upper(): str(value) for name, value in changed.items()}
    return Settings.from_environ(GOOD | {f"WEBAPP_{name}": text for name, text in names.items()})


def complaints(**changed: Any) -> list[str]:
    """The findings for these settings that good settings do not have."""
    found = check_settings(settings(**changed))
    return [f"{each.level} {each.check}" for each in found if each.level is not Level.OK]


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({}, None),
        ({"mode": "development"}, "warning settings.mode"),
        ({"cookie_secure": "false"}, "problem settings.cookies"),
        ({"cookie_secure": "auto"}, None),
        ({"ratelimit_enabled": "false"}, "problem settings.ratelimit_enabled"),
        ({"bcrypt_rounds": 16}, "warning settings.bcrypt_rounds"),
        ({"password_min_length": 8}, "warning settings.password_min_length"),
        ({"trusted_proxies": 3}, "warning settings.trusted_proxies"),
        ({"trusted_proxies": 0}, "warning settings.trusted_proxies"),
        ({"access_token_ttl": "1h"}, "warning settings.lifetimes"),
        ({"session_idle_ttl": "60d"}, "warning settings.lifetimes"),
        ({"session_max_age": "20d"}, "warning settings.lifetimes"),
        ({"refresh_grace": "5m"}, "warning settings.lifetimes"),
        ({"session_idle_ttl": "5m"}, "warning settings.lifetimes"),
    ],
)
def test_settings_that_are_allowed_and_unwise(
    changed: dict[str, Any], complaint: str | None
) -> None:
    found = complaints(**changed)
    assert set(found) == ({complaint} if complaint else set())


def test_secure_cookies_over_plain_http_would_stop_each_sign_in() -> None:
    assert complaints(base_url="http://evergreen.example") == [
        "problem settings.cookies",
        "problem settings.base_url",
    ]
    assert complaints(base_url="http://localhost:5000") == ["warning settings.base_url"]


class TestKeys:
    def found(self, **changed: Any) -> list[str]:
        checked = check_keys(settings(**changed))
        return [f"{each.level} {each.check}" for each in checked if each.level is not Level.OK]

    def test_random_ones_are_fine(self) -> None:
        assert self.found() == []

    def test_typed_ones_are_not(self) -> None:
        assert self.found(access_token_keys="a1:" + "YWNjZXNz" * 6) == ["problem keys.access"]
        assert self.found(secret_key="s" * 32) == ["problem settings.secret_key"]

    def test_a_secret_that_is_a_signing_key_too(self) -> None:
        key = GOOD["WEBAPP_REFRESH_TOKEN_KEYS"].partition(":")[2]
        assert self.found(secret_key=key) == ["problem settings.secret_key"]

    def test_a_key_that_both_kinds_of_tokens_share(self) -> None:
        shared = GOOD["WEBAPP_REFRESH_TOKEN_KEYS"]
        assert self.found(access_token_keys=shared, mode="development") == ["problem keys.apart"]

    def test_a_file_that_all_users_of_the_machine_can_read(self, tmp_path: Path) -> None:
        pem = tmp_path / "k1.pem"
        pem.write_bytes(generate_pem("ES256"))
        ring = {"access_token_keys": f"k1:@{pem}", "access_token_algorithm": "ES256"}
        pem.chmod(0o644)
        assert self.found(**ring) == ["problem keys.access"]
        pem.chmod(0o600)
        assert self.found(**ring) == []

    def test_the_commands(self, production: dict[str, str]) -> None:
        app = create_app(production)
        listed = json.loads(run(app, "keys", "list", "--json").stdout)
        assert listed[0] == {"use": "access", "kid": "a1", "algorithm": "HS256", "signs": True}
        assert "r1" in run(app, "keys", "list").stdout
        assert run(app, "keys", "check").exit_code == 0
        weak = create_app(production | {"WEBAPP_SECRET_KEY": "s" * 32})
        assert run(weak, "keys", "check").exit_code == 1


class TestServers:
    def test_a_clock_that_is_off(self, app: Flask, clock: Clock) -> None:
        clock.advance(20)
        assert examined(app)[1]["clock.redis"]["level"] == "warning"
        clock.advance(-100)
        status, found = examined(app)
        assert (status, found["clock.redis"]["level"]) == (1, "problem")
        assert "behind" in found["clock.redis"]["found"]

    def test_a_clock_that_redis_corrects_is_off_all_the_same(
        self, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() + 100)
        assert examined(create_app(environment))[1]["clock.redis"]["level"] == "problem"

    def test_tables_that_are_behind(self, app: Flask) -> None:
        newest = set_version(app, "0004")
        finding = examined(app)[1]["sql.migrations"]
        set_version(app, newest)
        assert (finding["level"], finding["advice"]) == ("problem", "flask --app app db upgrade")

    def test_it_makes_no_database(self, tmp_path: Path, production: dict[str, str]) -> None:
        new = production | {"WEBAPP_INSTANCE_PATH": str(tmp_path / "new"), "DATABASE_URL": ""}
        assert examined(create_app(new))[1]["sql.reachable"]["level"] == "problem"
        assert list((tmp_path / "new").iterdir()) == []

    def test_files_that_all_users_of_the_machine_can_read(self, production: dict[str, str]) -> None:
        folder = Path(production["WEBAPP_INSTANCE_PATH"])
        folder.chmod(0o755)
        (folder / "secrets.json").chmod(0o644)
        finding = examined(create_app(production))[1]["files.private"]
        assert finding["level"] == "problem"
        assert "secrets.json" in finding["found"]
        assert finding["advice"] == f"chmod 700 {folder}"

    def test_a_redis_that_throws_away_what_it_should_keep(
        self, production: dict[str, str], own_redis: RedisServer
    ) -> None:
        app = create_app(production | {"REDIS_URL": own_redis.url})
        redis = own_redis.client()
        redis.config_set("maxmemory-policy", "allkeys-lru")
        assert examined(app)[1]["redis.eviction"]["level"] == "warning"
        redis.config_set("maxmemory", "100mb")
        status, found = examined(app)
        assert (status, found["redis.eviction"]["level"]) == (1, "problem")
        assert found["redis.persistence"]["level"] == "warning"

    def test_a_redis_that_takes_no_writes(
        self, production: dict[str, str], own_redis: RedisServer
    ) -> None:
        own_redis.client().config_set("min-replicas-to-write", "1")
        found = examined(create_app(production | {"REDIS_URL": own_redis.url}))[1]
        assert found["redis.writable"]["level"] == "problem"
        assert found["clock.redis"]["level"] == "ok"

    @pytest.mark.parametrize(
        ("info", "levels"),
        [
            ({"redis_version": "6.2.7"}, {"redis.version": "ok"}),
            ({"redis_version": "6.0.16"}, {"redis.version": "problem"}),
            ({"redis_version": "7.2.4", "valkey_version": "7.2.5"}, {"redis.version": "problem"}),
            ({"redis_version": "7.2.4", "valkey_version": "8.0.1"}, {"redis.version": "ok"}),
            ({"role": "slave"}, {"redis.role": "problem"}),
            ({"connected_slaves": 1}, {"redis.replicas": "warning"}),
            ({"connected_slaves": 1, "min_slaves_good_slaves": 1}, {"redis.replicas": "ok"}),
            ({"aof_enabled": 1, "aof_last_write_status": "err"}, {"redis.persistence": "problem"}),
        ],
    )
    def test_what_a_redis_says_of_itself(
        self, info: dict[str, Any], levels: dict[str, str]
    ) -> None:
        found = {each.check: each.level for each in redis_checks.check_server(info)}
        assert found | levels == found


def set_version(app: Flask, version: str) -> str:
    """Of the tables; what it was before."""
    with app.app_context():
        before: str = db.session.scalar(db.text("SELECT version_num FROM alembic_version"))
        setting = db.text("UPDATE alembic_version SET version_num = :version")
        db.session.execute(setting, {"version": version})
        db.session.commit()
    return before


def test_a_development_machine_has_warnings_and_no_problem(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    status, found = examined(create_app(environment_of(tmp_path / "new", redis_server.url)))
    assert (status, of_level("problem", found)) == (0, [])
    assert "settings.mode" in of_level("warning", found)
