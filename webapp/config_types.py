"""Types of settings: functions from a text to a value, which raise Unreadable.

The code that connects to a database, to Redis or to a mail server decides what its setting may be.
So this module imports core, store and mail.
"""

import os
import re
from collections.abc import Callable
from dataclasses import field
from pathlib import Path
from typing import Any

from email_validator import validate_email

from .core.keys import KeyRing
from .core.urls import Unreadable, check_host, check_port
from .mail.sender import parse_sender
from .runtime.translations import LANGUAGES
from .store.redis import urls as redis_urls
from .store.redis.client import make_and_drop
from .store.sql import url as database_urls

PREFIX = "WEBAPP_"
PLATFORM_NAMES = {"REDIS_URL", "DATABASE_URL", "PORT"}
# Settings whose field has a plainer name than their environment variable.
OTHER_NAMES = {"TOKEN_CACHE_SIZE": "WEBAPP_TOKEN_MEMORY"}
UNPARSED = object()

MINUTE, HOUR, DAY = 60, 3600, 86400
UNITS = {"": 1, "s": 1, "m": MINUTE, "h": HOUR, "d": DAY}
YES, NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}

# Of RFC 3986: no second slash in a row, no dot segments.
PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|$))(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+)*/?")
CONTACT = re.compile(r"(?:mailto|tel|https):[!-~]+")


def env_name(option: str) -> str:
    """The environment variable of a field."""
    name = option.upper()
    return name if name in PLATFORM_NAMES else OTHER_NAMES.get(name, PREFIX + name)


def setting(
    default: str,
    parse: Callable[[str], Any],
    doc: str,
    *,
    value: Any = UNPARSED,
    required: bool = False,
) -> Any:
    """A field of the table. `default` is what one would write in the environment.

    `parse` raises Unreadable. `value`: of the default, where it is not `parse(default)`.
    `required`: in production there is no default.
    """
    metadata = {"default": default, "parse": parse, "doc": doc, "required": required}
    return field(default=parse(default) if value is UNPARSED else value, metadata=metadata)


def one_line(text: str) -> str:
    """Checked first, for every setting: UTF-8, one line, no control characters."""
    if re.search("[\ud800-\udfff]", text):
        raise Unreadable("is not UTF-8")
    if re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029]", text):
        raise Unreadable("must be one line, without control characters")
    return text


def short(text: str) -> str:
    """A name that fits into a header and a subject."""
    if not 1 <= len(text.strip()) <= 40:
        raise Unreadable("must have 1 to 40 letters")
    return text.strip()


def number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch("[0-9]{1,12}", text) or not low <= int(text) <= high:
            raise Unreadable(f"must be a whole number from {low} to {high}")
        return int(text)

    return parse


def seconds(low: int, high: int) -> Callable[[str], int]:
    """Whole seconds, or a number with a unit: `90`, `15m`, `12h`, `30d`."""

    def parse(text: str) -> int:
        match = re.fullmatch(r"([0-9]{1,12})([smhd]?)", text)
        if not match or not low <= int(match[1]) * UNITS[match[2]] <= high:
            raise Unreadable(f"must be from {low} to {high} seconds (or like 15m, 12h, 30d)")
        return int(match[1]) * UNITS[match[2]]

    return parse


def choice(*options: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in options:
            raise Unreadable(f"must be one of {', '.join(options)}")
        return text

    return parse


def flag(text: str) -> bool:
    if text.lower() not in YES | NO:
        raise Unreadable("must be true or false")
    return text.lower() in YES


def automatic_flag(text: str) -> bool | None:
    try:
        return None if text.lower() == "auto" else flag(text)
    except Unreadable:
        raise Unreadable("must be auto, true or false") from None


def http_address(text: str) -> str:
    """An http(s) URL in its normal form: without a slash at the end, its host in ASCII.

    One message for every fault: a more precise one would quote a part, which may be a password.
    """
    wanted = Unreadable(
        "must be an address like https://example.com, https://example.com:8443 or "
        "https://example.com/path, without a user or password"
    )
    match = re.fullmatch(
        r"(?i:(https?))://(\[[^\[\]]*:[^\[\]]*\]|[^/:?#@\[\]\\]+)(?::([^/]*))?(/.*)?", text
    )
    if not match or not PATH.fullmatch(match[4] or ""):
        raise wanted
    scheme, host, port, path = match[1].lower(), match[2].lower(), match[3], match[4] or ""
    try:
        shown = f"[{check_host(host[1:-1])}]" if host[0] == "[" else check_host(ascii_host(host))
        ending = "" if port is None else f":{check_port(port)}"
    except ValueError:
        raise wanted from None
    return f"{scheme}://{shown}{ending}{path.rstrip('/')}"


def origins(text: str) -> tuple[str, ...]:
    """Origins (RFC 6454), as browsers send them in `Origin`."""
    found = tuple(origin(each.strip()) for each in text.split(",") if each.strip())
    if not found:
        raise Unreadable("must be origins like https://app.example.com, separated by commas")
    return found


def origin(text: str) -> str:
    url = http_address(text)
    scheme, _, host = url.partition("://")
    if "/" in host or text.endswith("/"):
        raise Unreadable("must be origins like https://app.example.com, without a path")
    return url.removesuffix(":443" if scheme == "https" else ":80")


def path_prefixes(text: str) -> tuple[str, ...]:
    """Paths below which another app answers."""
    found = tuple(each.strip() for each in text.split(",") if each.strip())
    if not found or not all(each.startswith("/") and PATH.fullmatch(each) for each in found):
        raise Unreadable("must be paths like /shop,/wiki, separated by commas")
    return found


def ascii_host(host: str) -> str:
    """The host as browsers send it (IDNA)."""
    if host.isascii():
        return host
    checked = validate_email(f"x@{host}", check_deliverability=False, test_environment=True)
    return str(checked.ascii_domain)


def contact(text: str) -> str:
    if not CONTACT.fullmatch(text):
        raise Unreadable("must be like mailto:security@example.com or https://example.com/security")
    return text


def mail_address(text: str) -> str:
    """`name@host` or `Name <name@host>`, in the form of a header."""
    return parse_sender(text)


def key_ring(text: str) -> KeyRing:
    return KeyRing.parse(text)


def secret(text: str) -> str:
    if len(text) < 32:
        raise Unreadable("must be at least 32 characters")
    return text


def secrets(text: str) -> tuple[str, ...]:
    return tuple(secret(each.strip()) for each in text.split(","))


def languages(text: str) -> tuple[str, ...]:
    chosen = tuple(each.strip() for each in text.split(","))
    if not set(chosen) <= set(LANGUAGES) or len(set(chosen)) < len(chosen):
        raise Unreadable(f"must be some of {', '.join(LANGUAGES)}, each once")
    return chosen


def metrics_token(text: str) -> str:
    if len(text) < 16 or not text.isascii() or not text.isprintable() or " " in text:
        raise Unreadable("must be at least 16 characters: letters, digits and signs")
    return text


def folder(text: str) -> Path:
    try:
        return Path(text).expanduser().resolve()
    except RuntimeError:
        raise Unreadable("has a ~ without a home folder, or links that lead in a circle") from None


def database_url(text: str) -> str:
    return database_urls.parse(text)


def redis_url(text: str) -> str:
    for path in redis_urls.check(text):
        if not os.access(path, os.R_OK):
            raise Unreadable("a file that it names for TLS is not there, or can't be read")
    make_and_drop(text)
    return text
