"""Secure is the default, and a wrong setting stops the start with one line that names it."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from flask import Flask

from tests.support.browser import Browser
from tests.support.commands import run
from webapp import create_app
from webapp.cli import without_settings
from webapp.cli.checks.finding import Finding
from webapp.config import ConfigError, Settings
from webapp.config_types import env_name
from webapp.development import DEMO

SECRETS = {
    "WEBAPP_SECRET_KEY": "s" * 32,
    "WEBAPP_ACCESS_TOKEN_KEYS": "a1:" + "YWNjZXNz" * 6,
    "WEBAPP_REFRESH_TOKEN_KEYS": "r1:" + "cmVmcmVz" * 6,
}


def test_production_is_the_default_and_names_the_secrets_that_are_missing() -> None:
    with pytest.raises(ConfigError) as refusal:
        Settings.from_environ({"WEBAPP_SECRET_KEY": "s" * 32})
    assert str(refusal.value) == (
        "WEBAPP_ACCESS_TOKEN_KEYS, WEBAPP_REFRESH_TOKEN_KEYS: must be set in production"
    )


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("WEBAPP_ACCESS_TOKEN_TTL", "soon", "must be from 1 to"),
        ("WEBAPP_ACCESS_TOKEN_TTL", "2d", "must be from 1 to"),
        ("WEBAPP_ACCESS_TOKEN_KEYS", "a1:c2hvcnQ", "shorter than 256 bits"),
        ("WEBAPP_ACCESS_TOKEN_KEYS", "nothing", "written as name:key"),
        ("WEBAPP_SECRET_KEY", "short", "at least 32"),
        ("WEBAPP_MODE", "staging", "one of development, production"),
        ("WEBAPP_COOKIE_SECURE", "maybe", "auto, true or false"),
        ("WEBAPP_METRICS_TOKEN", "fifteen-letters", "at least 16 characters"),
        ("WEBAPP_METRICS_TOKEN", "sixteen and spaces", "letters, digits and signs"),
        ("WEBAPP_LOG_FORMAT", "xml", "one of auto, json, text"),
        ("WEBAPP_BCRYPT_ROUNDS", "9", "at least 10 in production"),
        ("WEBAPP_ACCES_TOKEN_TTL", "60", "did you mean WEBAPP_ACCESS_TOKEN_TTL?"),
        ("PORT", "http", "whole number"),
        ("REDIS_URL", "localhost:6379", "must start with redis://"),
        ("REDIS_URL", "redis://host:port/0", "redis-py"),
        ("REDIS_URL", "redis://host?colour=green", "redis-py"),
        ("DATABASE_URL", "not a url", "SQLAlchemy"),
        ("DATABASE_URL", "oracle9://host/db", "SQLAlchemy"),
        ("WEBAPP_ACCESS_TOKEN_KEYS", SECRETS["WEBAPP_REFRESH_TOKEN_KEYS"], "must not be those"),
        ("WEBAPP_ACCESS_TOKEN_KEYS", "a1:" + "+/" * 22, "not base64url"),
    ],
)
def test_a_wrong_setting_is_named_with_what_would_be_right(
    name: str, value: str, complaint: str
) -> None:
    with pytest.raises(ConfigError) as refusal:
        Settings.from_environ(SECRETS | {name: value})
    line = str(refusal.value)
    assert line.startswith("WEBAPP_REFRESH_TOKEN_KEYS" if "those" in complaint else name)
    assert complaint in line
    assert "\n" not in line


# Whatever is wrong with it, nothing of it may be shown: "hunter2" and "ter2" are passwords.
NONSENSE = [
    *("hunter2", "hunter2\nhunter2", "a\0hunter2", "hunter2\udcff", "~nosuchuser/hunter2"),
    *("http://[hunter2", "-5", "nan", "m", "\uff11\uff12", "\u0663m", "9" * 5000, "//", "://", "@"),
]
# Every text is good for these, or almost.
FREE = {
    *("jwt_issuer", "jwt_audience", "metrics_token", "instance_path", "secret_key"),
    "secret_key_fallbacks",
    "site_name",
}
WRONG = {
    "REDIS_URL": [
        *("rediss://h?ssl_cert_reqs=CERT_NONE", "redis://h?ssl_cert_reqs=none"),
        *("redis://h?protocol=9", "redis://h?retry_on_error=ter2", "redis://h?socket_timeout=nan"),
        *("redis://:hun#ter2@h/1", "redis://:hun/ter2@h/1", "redis://:hun?ter2@h/1"),
        *("redis://:hun[ter2@h/1", "redis://h:hunter2/0", "redis://:hunter2@h:99999/0"),
        *("redis://h:0", "redis://h:-1", "redis://h/prod", "redis://h/1/2", "redis://h/-1"),
        *("redis://h/\uff11", "redis://h?db=hunter2", "redis://h/1?db=2", "redis://h ost/0"),
        *("redis://", "redis:///0", "redis://h..x", "redis://" + "a" * 64, "redis://[::1"),
        *("unix://", "unix://relative/path", "unix:///x?db=hunter2"),
        *("rediss://h?ssl_ca_certs=/nosuch/hunter2", "redis+sentinel://h..x:1/name"),
        *("rediss+cluster://h:1?ssl_keyfile=/nosuch/hunter2", "redis+cluster://:hun#ter2@h:1"),
    ],
    "DATABASE_URL": [
        *("sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite+pysqlite://"),
        *("sqlite:///%3Amemory%3A", "sqlite:///file::memory:?uri=true"),
        *("sqlite:///file:x?mode=memory&uri=true", "sqlite:///file:x?mode=memory"),
        *("sqlite:///x.db?timeout=ter2", "sqlite://ter2/x", "sqlite:////nosuch/hunter2.db"),
        *("sqlite:////", "sqlite+aiosqlite:///x", "mysql://h/d", "mysql+hunter2://h/d"),
        *("hunter2://h/d", "postgresql+asyncpg://h/d", "postgresql+psycopg_async://h/d"),
        *("postgresql+psycopg2://h/d", "postgresql://u:hun@ter2@h/d", "postgresql://h:hunter2/d"),
        *("postgresql://h:99999/d", "postgresql://h:-1/d", "postgresql://h:0/d"),
        *("postgresql://ho st/d", "postgresql://h..x/d", "postgresql://[::1/d"),
        *("postgresql://h/d?hunter2=1", "postgresql://h/d?port=hunter2", "postgresql:h/d"),
        *("postgresql://h/d?host=h..x", "postgresql://h/d#ter2"),
    ],
    "WEBAPP_BASE_URL": [
        *("https://u:hunter2@e.example", "https://e.example:hunter2", "https://e.example:99999"),
        *("https://e.example:0", "https://e.example:", "https://:443", "https://", "e.example"),
        *("https://e x.example", "https://e.example/a b", "https://e.ex\nample", "ftp://e.example"),
        *("https://e.example?", "https://e.example?ter2", "https://e.example#ter2"),
        *("https://e..example", "https://[::1", "https://[ter2]", "https://e.example\\evil"),
        *("https://e.example/../x", "https://e.example//x", "https://e.example/%"),
        *("https://ü..example", "https://-e.example"),
    ],
    "WEBAPP_MAIL_URL": [
        *("smtp://h:0", "smtp://h:99999", "smtp://ho st", "smtp://h..x", "smtp://u@h"),
        *("smtp://u:hun#ter2@h", "smtp://u:hun/ter2@h", "smtp://u:hun?ter2@h", "smtp://[ter2"),
        *("smtp://u:hunter2@h:hunter2", "http://hunter2", "outbox"),
    ],
    "WEBAPP_INSTANCE_PATH": ["~nosuchuser", "/dev/null/hunter2", "/proc/hunter2", "/" + "x" * 300],
    "WEBAPP_SECURITY_CONTACT": ["hunter2", "javascript:hunter2", "https://x hunter2"],
    "WEBAPP_ACCESS_TOKEN_KEYS": ["a1:@/nosuch/hunter2", "a1:@/tmp", "hunter2:hunter2", ","],
    "WEBAPP_JWT_ISSUER": NONSENSE[1:4],
    "WEBAPP_SECRET_KEY": ["hunter2" * 8 + "\udcff", *NONSENSE[:4]],
}


def assert_shows_nothing(line: str, name: str) -> None:
    assert line.startswith(f"{name}: ")
    assert line.isprintable()
    assert "ter2" not in line


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_a_wrong_address_is_one_line_that_shows_nothing_of_it(
    tmp_path: Path, name: str, value: str
) -> None:
    environ = SECRETS | {"REDIS_URL": "redis://h", "WEBAPP_INSTANCE_PATH": str(tmp_path)}
    with pytest.raises(ConfigError) as refusal:
        create_app(environ | {name: value})
    assert_shows_nothing(str(refusal.value), name)


@pytest.mark.parametrize("value", NONSENSE)
def test_nonsense_in_every_setting_is_a_line_for_each(value: str) -> None:
    names = [env_name(option.name) for option in fields(Settings) if option.name not in FREE]
    _, complaints = Settings.load_lenient(SECRETS | dict.fromkeys(names, value))
    assert len(complaints) >= len(names)
    for name, line in zip(names, complaints, strict=False):
        assert_shows_nothing(line, name)


@pytest.mark.parametrize("value", [*NONSENSE[:6], "/proc/hunter2"])
@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "WEBAPP_INSTANCE_PATH", "PORT"])
def test_doctor_and_keys_work_with_nonsense(tmp_path: Path, name: str, value: str) -> None:
    if name == "WEBAPP_INSTANCE_PATH" and "\n" not in value:
        value = f"~nosuchuser/{value}"
    servers = {"REDIS_URL": "redis://127.0.0.1:1", "WEBAPP_INSTANCE_PATH": str(tmp_path)}
    environ = SECRETS | servers | {name: value}
    with pytest.raises(ConfigError) as refusal:
        create_app(environ)
    app = without_settings(refusal.value, environ)
    looked = run(app, "doctor")
    assert (looked.exit_code, type(looked.exception)) == (1, SystemExit)
    assert f"settings: {name}: " in looked.stdout
    assert "hunter2" not in looked.output
    assert run(app, "keys", "generate", "a1").stdout.startswith("a1:")


def test_a_check_that_fails_in_its_own_way_hides_no_other(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> Iterator[Finding]:
        raise LookupError("hunter2")
        yield

    monkeypatch.setattr("webapp.cli.checks.check_files", fail)
    looked = run(create_app(environment), "doctor")
    assert "problem  files: this check failed with LookupError" in looked.stdout
    assert "ok       redis.reachable" in looked.stdout
    assert "hunter2" not in looked.output


def test_a_misspelt_name_with_a_line_break_is_one_line() -> None:
    with pytest.raises(ConfigError) as refusal:
        Settings.from_environ(SECRETS | {"WEBAPP_X\nY\udcff": "1"})
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize("value", [*WRONG["WEBAPP_BASE_URL"][:4], "https://ü\xa0.example"])
def test_an_address_without_a_password_is_refused_without_advice_on_passwords(value: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        Settings.from_environ(SECRETS | {"WEBAPP_BASE_URL": value})
    assert "must be an address like https://example.com" in str(refusal.value)
    assert "%3A" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("WEBAPP_BASE_URL", "HTTPS://E.example/", "https://e.example"),
        (
            "WEBAPP_BASE_URL",
            "https://straße.example:8443/app/",
            "https://xn--strae-oqa.example:8443/app",
        ),
        ("WEBAPP_BASE_URL", "http://[::1]:5000", "http://[::1]:5000"),
        ("REDIS_URL", "redis://:hun:t@r%2@h/1", "redis://:hun:t@r%2@h/1"),
        ("REDIS_URL", "rediss://[::1]?ssl_cert_reqs=none", "rediss://[::1]?ssl_cert_reqs=none"),
        ("REDIS_URL", "unix://:pass@/run/redis.sock?db=3", "unix://:pass@/run/redis.sock?db=3"),
        ("DATABASE_URL", "postgres://h/d", "postgresql+psycopg://h/d"),
        ("DATABASE_URL", "sqlite:///own.db", "sqlite:///own.db"),
        ("WEBAPP_SECURITY_CONTACT", "mailto:s@e.example", "mailto:s@e.example"),
    ],
)
def test_what_is_right_is_taken_in_its_normal_form(name: str, value: str, read: str) -> None:
    settings = Settings.from_environ(SECRETS | {name: value})
    assert getattr(settings, name.removeprefix("WEBAPP_").lower()) == read


@pytest.mark.parametrize("password", ["hun#ter2", "hun/ter2", "hun?ter2", "hun:ter2", "hun%ter2"])
def test_signs_in_a_database_password_reach_the_server(password: str) -> None:
    url = Settings.from_environ(
        SECRETS | {"DATABASE_URL": f"postgresql://u:{password}@h/d"}
    ).sql_url
    assert (url.password, url.host, url.database) == (password, "h", "d")


def test_a_broken_file_of_secrets_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{")
    environ = {"WEBAPP_MODE": "development", "WEBAPP_INSTANCE_PATH": str(tmp_path)}
    with pytest.raises(ConfigError, match="WEBAPP_INSTANCE_PATH: can't be used"):
        create_app(environ)


def test_durations_may_carry_a_unit() -> None:
    settings = Settings.from_environ(SECRETS | {"WEBAPP_REFRESH_TOKEN_TTL": "14d"})
    assert settings.refresh_token_ttl == 14 * 86400


def test_development_makes_its_secrets_once_and_for_its_owner_alone(
    environment: dict[str, str],
) -> None:
    first, second = create_app(environment), create_app(environment)
    assert first.secret_key == second.secret_key
    kept = Path(environment["WEBAPP_INSTANCE_PATH"]) / "secrets.json"
    assert kept.stat().st_mode & 0o777 == 0o600


def test_the_demo_account_exists_in_development_only(
    app: Flask, environment: dict[str, str]
) -> None:
    assert app.config["DEMO_ACCOUNT"] is not None
    Browser(app).sign_in(*DEMO)
    production = environment | SECRETS | {"WEBAPP_MODE": "production", "WEBAPP_BCRYPT_ROUNDS": "10"}
    there = Browser(create_app(production))
    assert "Demo account" not in there.get("/login").text
    answer = there.post("/login", email=DEMO.email, password=DEMO.password)
    assert "do not match an account" in answer.text
