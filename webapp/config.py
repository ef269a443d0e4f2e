"""Settings, read from the environment once, at the start.

A wrong or misspelt one stops the start with one line. The table of all settings: `config_table.py`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from difflib import get_close_matches
from importlib.util import find_spec
from typing import Any

from sqlalchemy.engine import URL, make_url

from .config_table import SettingsTable
from .config_types import PREFIX, YES, env_name, one_line
from .core.urls import Unreadable
from .mail.transport import OUTBOX

_lab = find_spec("webapp.lab")
# A folder without __init__.py, say with old compiled files, has no location.
LAB_IS_INSTALLED = _lab is not None and _lab.has_location

# Read by scripts/bootstrap.py, not by the app.
FOREIGN_NAMES = {"WEBAPP_BOOTSTRAP"}


class ConfigError(ValueError):
    """A setting is missing or wrong. The message is one line that says which, and why."""


@contextmanager
def using(name: str) -> Iterator[None]:
    """Translate every error inside into a ConfigError about the setting `name`.

    The message holds no part of the value. For parsing a setting, and for making an engine or a
    client from it: libraries have many exceptions, and quote their arguments.
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


@dataclass(frozen=True, kw_only=True)
class Settings(SettingsTable):
    """The settings of an app: the table's fields, checked together, and what follows from them."""

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """Raises ConfigError."""
        values, complaints = _read(environ)
        if complaints:
            raise ConfigError(complaints[0])
        return cls(**values)

    @classmethod
    def load_lenient(cls, environ: Mapping[str, str]) -> tuple["Settings", list[str]]:
        """Settings without checks, for `flask doctor`, and a line for each wrong one.

        A wrong setting has its default.
        """
        values, complaints = _read(environ)
        try:
            cls(**values)
        except ConfigError as error:
            complaints.append(str(error))
        return UncheckedSettings(**values), complaints

    def __post_init__(self) -> None:
        self._check_algorithms()
        if self.mode == "production":
            self._check_production()

    @property
    def must_confirm(self) -> bool:
        """Whether the e-mail address must be verified before the first sign-in."""
        sends = self.mail_url != OUTBOX
        return sends if self.email_confirmation is None else self.email_confirmation

    @property
    def has_lab(self) -> bool:
        """Whether the token lab is on. Never without its folder, which may be deleted."""
        wanted = self.mode == "development" if self.lab is None else self.lab
        return wanted and LAB_IS_INSTALLED

    @property
    def hsts(self) -> str:
        """The value of Strict-Transport-Security (RFC 6797 section 6.1)."""
        return "max-age=31536000" + "; includeSubDomains" * self.hsts_include_subdomains

    @property
    def logs_json(self) -> bool:
        production = self.mode == "production"
        return production if self.log_format == "auto" else self.log_format == "json"

    @property
    def sql_url(self) -> URL:
        if self.database_url:
            return make_url(self.database_url)
        # From parts: in the text of a URL, ? and % of a folder's name would be syntax.
        return URL.create("sqlite", database=str(self.instance_path / "evergreen.db"))

    @property
    def public_url(self) -> str:
        """The app's public URL, without a slash at the end."""
        return self.base_url or f"http://localhost:{self.port}"

    def _check_algorithms(self) -> None:
        access, refresh = self.access_token_keys, self.refresh_token_keys
        if access and access.signing.algorithm != self.access_token_algorithm:
            raise ConfigError(
                f"WEBAPP_ACCESS_TOKEN_KEYS: the first key is for {access.signing.algorithm}, "
                f"but WEBAPP_ACCESS_TOKEN_ALGORITHM is {self.access_token_algorithm}"
            )
        if refresh and refresh.algorithms != {"HS256"}:
            raise ConfigError("WEBAPP_REFRESH_TOKEN_KEYS: must be HMAC keys (HS256)")

    def _check_production(self) -> None:
        missing = [
            env_name(option.name)
            for option in fields(self)
            if option.metadata["required"] and not getattr(self, option.name)
        ]
        if missing:
            raise ConfigError(f"{', '.join(missing)}: must be set in production")
        assert self.access_token_keys is not None
        assert self.refresh_token_keys is not None
        if self.access_token_keys.shares_a_key_with(self.refresh_token_keys):
            raise ConfigError("WEBAPP_REFRESH_TOKEN_KEYS: must not be those of access tokens")
        if self.mail_url != OUTBOX and not self.base_url:
            raise ConfigError("WEBAPP_BASE_URL: must be set where mail is sent: links need it")
        if self.must_confirm and self.mail_url == OUTBOX:
            raise ConfigError("WEBAPP_EMAIL_CONFIRMATION: needs WEBAPP_MAIL_URL to send mail by")
        if self.bcrypt_rounds < 10:
            raise ConfigError("WEBAPP_BCRYPT_ROUNDS: must be at least 10 in production")


class UncheckedSettings(Settings):
    def __post_init__(self) -> None:
        """Skip the checks."""


def _read(environ: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The values of the fields, and a line for each setting that cannot be parsed."""
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
    """A line for each misspelt setting: it would have no effect."""
    known = {env_name(option.name) for option in fields(Settings)} | FOREIGN_NAMES
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            shown = name if name.isprintable() else ascii(name)[1:-1]
            yield f"{shown}: there is no such setting{hint}"
