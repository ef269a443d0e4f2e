"""Every setting: its name, its default, and what changing it does.

`REDIS_URL`, `DATABASE_URL` and `PORT` are named as platforms give them; all
others carry the prefix `WEBAPP_`. A wrong value stops the start with one line.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL, make_url

from .config_types import (
    DAY,
    HOUR,
    MINUTE,
    YES,
    automatic_flag,
    choice,
    contact,
    database_url,
    flag,
    folder,
    http_address,
    key_ring,
    mail_address,
    number,
    one_line,
    redis_url,
    seconds,
    secret,
    watcher_token,
)
from .core.keys import ALGORITHMS, KeyRing
from .core.passwords import DEFAULT_MIN_LENGTH
from .core.tokens import MAX_ACCESS_TTL, MAX_REFRESH_TTL
from .core.urls import Unreadable
from .mail.delivery import parse_mail_url

ROOT = Path(__file__).parent.parent
PREFIX = "WEBAPP_"
PLATFORM_NAMES = {"REDIS_URL", "DATABASE_URL", "PORT"}
# Read by others than the app: scripts/bootstrap.py.
FOREIGN_NAMES = {"WEBAPP_BOOTSTRAP"}


class ConfigError(ValueError):
    """A setting is missing or wrong. The message is one line that says which, and why."""


@contextmanager
def using(name: str) -> Iterator[None]:
    """Any error inside is a wrong setting: ConfigError, without any part of its value.

    For the reading of settings, and for what is made of them: libraries have many exceptions,
    and quote what they were given.
    """
    try:
        yield
    except ConfigError:
        raise
    except Unreadable as error:
        raise ConfigError(f"{name}: {error}") from None
    except OSError as error:
        raise ConfigError(f"{name}: can't be used: {error.strerror}") from None
    except Exception as error:
        raise ConfigError(f"{name}: can't be used ({type(error).__name__})") from None


def setting(default: Any, parse: Callable[[str], Any], doc: str) -> Any:
    return field(default=default, metadata={"parse": parse, "doc": doc})


@dataclass(frozen=True, kw_only=True)
class Settings:
    mode: str = setting(
        "production",
        choice("development", "production"),
        "Development makes its own secrets, runs the migrations and has a demo account. "
        "`python3 app.py` and `flask --debug` choose it by themselves.",
    )
    instance_path: Path = setting(
        ROOT / "instance", folder, "Where the database, the embedded Redis and secrets live."
    )
    port: int = setting(5000, number(1, 65535), "Where `python3 app.py` listens.")
    database_url: str = setting(
        "", database_url, "SQL database. Without it: SQLite in the instance folder."
    )
    database_connections: int = setting(
        20,
        number(1, 200),
        "How many a worker keeps open at most. It serves 16 requests at a time; all workers "
        "together must stay below PostgreSQL's max_connections.",
    )
    redis_url: str | None = setting(
        None,
        redis_url,
        "Redis or Valkey: `redis://`, `rediss://`, `unix://`, or several servers as in "
        "store/redis_url.py. Without it: an embedded server in the instance folder.",
    )
    secret_key: str = setting(
        "",
        secret,
        "Signs form tokens, messages for the next page, mailed links and device cookies. Changing "
        "it voids those.",
    )
    access_token_keys: KeyRing | None = setting(
        None,
        key_ring,
        "`kid:key`. The first signs, all verify. To change it: add the new one last, on all hosts; "
        "then move it first; drop the old one after ACCESS_TOKEN_TTL.",
    )
    refresh_token_keys: KeyRing | None = setting(
        None,
        key_ring,
        "As above; dropping a key ends the sign-ins whose tokens it has signed: wait "
        "REFRESH_TOKEN_TTL.",
    )
    access_token_algorithm: str = setting(
        "HS256",
        choice(*ALGORITHMS),
        "What the first access key has to be. All but HS256 let other services verify tokens "
        "with the public keys at /.well-known/jwks.json, without any secret.",
    )
    access_token_ttl: int = setting(
        300, seconds(1, MAX_ACCESS_TTL), "How long an access token lives. Shorter: more refreshes."
    )
    refresh_token_ttl: int = setting(
        30 * DAY,
        seconds(1, MAX_REFRESH_TTL),
        "How long a kept sign-in survives without being used.",
    )
    session_idle_ttl: int = setting(
        12 * HOUR, seconds(1, MAX_REFRESH_TTL), "The same without “Keep me signed in”."
    )
    session_max_age: int = setting(
        90 * DAY,
        seconds(1, 10 * MAX_REFRESH_TTL),
        "After this the password is asked for, used or not.",
    )
    refresh_grace: int = setting(
        30,
        seconds(0, 10 * MINUTE),
        "How long a replay of the previous refresh token passes for a race between tabs. "
        "Longer: slow races are forgiven, and so is a quick thief.",
    )
    jwt_issuer: str = setting("evergreen", str, "The `iss` of every token. Changing it voids all.")
    jwt_audience: str = setting("evergreen-api", str, "The `aud` of access tokens.")
    jwt_leeway: int = setting(
        30, seconds(0, 10 * MINUTE), "How far ahead the clock of another host may be (`iat`)."
    )
    token_memory: int = setting(
        20_000,
        number(0, 10_000_000),
        "Checked access tokens that a worker remembers, about 2 kB each. Others cost a query to "
        "Redis and SQL; 0 remembers none.",
    )
    cookie_secure: bool | None = setting(
        None, automatic_flag, "`auto` follows the request's scheme; `true` behind a TLS proxy."
    )
    hsts_include_subdomains: bool = setting(
        False,
        flag,
        "Over https browsers are asked to use nothing else for a year. `true`: for all subdomains "
        "as well, those of other services too; then no plain page there can plant a cookie here.",
    )
    bcrypt_rounds: int = setting(
        12, number(4, 16), "One more doubles the time of each guess, and of each sign-in."
    )
    password_min_length: int = setting(
        DEFAULT_MIN_LENGTH,
        number(8, 64),
        "Characters. OWASP ASVS 5.0 6.2.1 asks for 8 and recommends 15.",
    )
    base_url: str = setting(
        "",
        http_address,
        "Where people reach the app: mailed links start with it. Without it, http://127.0.0.1:PORT.",
    )
    mail_url: str = setting(
        "outbox:",
        parse_mail_url,
        "`smtp://user:password@host:port` (STARTTLS), `smtps://…` (TLS from the start), or "
        "`outbox:`, which keeps mails in the instance folder (development: /dev/outbox).",
    )
    mail_from: str = setting(
        "Evergreen <no-reply@localhost>",
        mail_address,
        "The sender of all mails: `name@host` or `Name <name@host>`.",
    )
    email_confirmation: bool | None = setting(
        None,
        automatic_flag,
        "Whether an address has to be confirmed before the first sign-in. `auto`: if mail is sent. "
        "With `false`, somebody who registers an address and tries to sign in learns whether it "
        "was taken.",
    )
    security_contact: str = setting(
        "",
        contact,
        "For /.well-known/security.txt: `mailto:…` or `https://…`. Without it, BASE_URL.",
    )
    metrics_token: str = setting(
        "",
        watcher_token,
        "Opens /metrics to requests with `Authorization: Bearer …`. Without it, /metrics "
        "answers direct requests from this machine alone.",
    )
    log_format: str = setting(
        "auto",
        choice("auto", "json", "text"),
        "`json` has one object a line. `auto`: json in production, text in development.",
    )
    ratelimit_enabled: bool = setting(
        True, flag, "Without it, passwords can be guessed as fast as bcrypt allows. For tests."
    )
    sessions_kept: int = setting(
        90 * DAY,
        seconds(DAY, 3650 * DAY),
        "How long a session's row stays after its end; it always outlives the session's tokens.",
    )
    events_kept: int = setting(
        400 * DAY, seconds(DAY, 3650 * DAY), "How long a security event stays."
    )
    pending_kept: int = setting(
        7 * DAY,
        seconds(DAY, 3650 * DAY),
        "How long an account stays whose e-mail address was never confirmed, where it has to be "
        "(WEBAPP_EMAIL_CONFIRMATION). Then the address is free again.",
    )
    lab: bool | None = setting(
        None,
        automatic_flag,
        "The token lab at /lab, for people who are signed in: it shows and records what their own "
        "requests do. `auto`: in development only.",
    )
    trusted_proxies: int = setting(
        0,
        number(0, 10),
        "How many proxies in front set X-Forwarded-*. Too many, or one that passes X_Forwarded_For "
        "on: clients can lie.",
    )

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """Raises ConfigError."""
        values, complaints = _read(environ)
        if complaints:
            raise ConfigError(complaints[0])
        return cls(**values)

    @classmethod
    def as_written(cls, environ: Mapping[str, str]) -> tuple["Settings", list[str]]:
        """Right or wrong, and a line for each that is wrong: `flask doctor` goes on with them."""
        values, complaints = _read(environ)
        try:
            cls(**values)
        except ConfigError as error:
            complaints.append(str(error))
        return AsWritten(**values), complaints

    def __post_init__(self) -> None:
        self._check_algorithms()
        if self.mode == "production":
            self._check_production()

    @property
    def must_confirm(self) -> bool:
        """Whether an address has to be confirmed before the first sign-in."""
        sends = self.mail_url != "outbox:"
        return sends if self.email_confirmation is None else self.email_confirmation

    @property
    def has_lab(self) -> bool:
        return self.mode == "development" if self.lab is None else self.lab

    @property
    def hsts(self) -> str:
        """RFC 6797 section 6.1."""
        return "max-age=31536000" + "; includeSubDomains" * self.hsts_include_subdomains

    @property
    def logs_json(self) -> bool:
        production = self.mode == "production"
        return production if self.log_format == "auto" else self.log_format == "json"

    @property
    def sql_url(self) -> URL:
        if self.database_url:
            return make_url(self.database_url)
        # Its parts, and not a text: in a folder's name, ? and % would mean something else there.
        return URL.create("sqlite", database=str(self.instance_path / "evergreen.db"))

    @property
    def address(self) -> str:
        """Where the app is, without a slash at the end."""
        return self.base_url or f"http://127.0.0.1:{self.port}"

    def _check_algorithms(self) -> None:
        access, refresh = self.access_token_keys, self.refresh_token_keys
        if access and access.signing.algorithm != self.access_token_algorithm:
            raise ConfigError(
                f"WEBAPP_ACCESS_TOKEN_KEYS: the first key is for {access.signing.algorithm}, "
                f"but WEBAPP_ACCESS_TOKEN_ALGORITHM is {self.access_token_algorithm}"
            )
        if refresh and refresh.algorithms != {"HS256"}:
            raise ConfigError("WEBAPP_REFRESH_TOKEN_KEYS: must be HMAC keys, kept to ourselves")

    def _check_production(self) -> None:
        missing = [
            env_name(name)
            for name in ("secret_key", "access_token_keys", "refresh_token_keys")
            if not getattr(self, name)
        ]
        if missing:
            raise ConfigError(f"{', '.join(missing)}: must be set in production")
        assert self.access_token_keys is not None
        assert self.refresh_token_keys is not None
        if self.access_token_keys.shares_a_key_with(self.refresh_token_keys):
            raise ConfigError("WEBAPP_REFRESH_TOKEN_KEYS: must not be those of access tokens")
        if self.mail_url != "outbox:" and not self.base_url:
            raise ConfigError("WEBAPP_BASE_URL: must be set where mail is sent: links need it")
        if self.must_confirm and self.mail_url == "outbox:":
            raise ConfigError("WEBAPP_EMAIL_CONFIRMATION: needs WEBAPP_MAIL_URL to send mail by")
        if self.bcrypt_rounds < 10:
            raise ConfigError("WEBAPP_BCRYPT_ROUNDS: must be at least 10 in production")


class AsWritten(Settings):
    def __post_init__(self) -> None:
        """No checks."""


def env_name(option: str) -> str:
    name = option.upper()
    return name if name in PLATFORM_NAMES else PREFIX + name


def _read(environ: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """What can be read, and a line for each setting that can't."""
    values: dict[str, Any] = {}
    complaints = [*_unknown_names(environ)]
    if environ.get("FLASK_DEBUG", "").lower() in YES:
        values["mode"] = "development"
    for option in fields(Settings):
        name = env_name(option.name)
        if text := environ.get(name, "").strip():
            try:
                with using(name):
                    values[option.name] = option.metadata["parse"](one_line(text))
            except ConfigError as error:
                complaints.append(str(error))
    return values, complaints


def _unknown_names(environ: Mapping[str, str]) -> Iterator[str]:
    """A misspelt setting would be silently ignored: say so instead."""
    known = {env_name(option.name) for option in fields(Settings)} | FOREIGN_NAMES
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            shown = name if name.isprintable() else ascii(name)[1:-1]
            yield f"{shown}: there is no such setting{hint}"
