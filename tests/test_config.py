"""Secure is the default, and a wrong setting stops the start with one line that names it."""

from pathlib import Path

import pytest
from flask import Flask

from tests.support.browser import Browser
from webapp import create_app
from webapp.config import ConfigError, Settings
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
