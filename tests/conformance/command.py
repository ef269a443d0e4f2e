"""The command's options, and the adapter that they describe."""

import argparse
import json
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from .adapter import Adapter
from .checks import ALL
from .http import Client, HttpAdapter
from .operations import NAMES, BadOperation, add_operations
from .reports import FORMATS
from .server import PATIENCE

# Option: default ([]: may be repeated), help.
SERVER_OPTIONS: dict[str, tuple[str | list[str] | None, str]] = {
    "--login": (None, "URL that signs in; POST"),
    "--body": (None, "JSON object that it gets, with the account"),
    "--refresh": (None, "URL that refreshes"),
    "--refresh-method": ("POST", "POST, or GET where a page refreshes silently"),
    "--refresh-body": (
        None,
        'JSON object; default {"refresh_token": "{refresh}"}, {} for a cookie',
    ),
    "--refresh-header": ([], 'such as "Authorization: Bearer {refresh}"; may be repeated'),
    "--refresh-field": (
        "refresh_token",
        "where responses have it, such as data.tokens.refresh (default: refresh_token)",
    ),
    "--refresh-cookie": (None, "name of the cookie that holds it instead"),
    "--access-field": (
        "access_token",
        "where responses have the access token (default: access_token)",
    ),
    "--access-cookie": (None, "name of the cookie that holds it instead"),
    "--call": (None, "URL that needs the access token; GET"),
    "--logout": (None, "URL that signs out; POST"),
    "--logout-body": (None, "JSON object; default: as for the refresh"),
    "--csrf-cookie": (None, "name of the cookie whose value goes into --csrf-header"),
    "--csrf-header": ("X-CSRF-Token", "name of that header"),
    "--header": ([], "sent with each request; may be repeated"),
}


class BadUsage(Exception):
    """What is wrong with the options, in one line."""


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.conformance",
        description="Does a sign-in survive? Checks of a server's refresh tokens.",
        epilog="Exit status: 0 no check failed, 1 a check failed, 2 it could not be carried out. "
        "docs/conformance.md has examples.",
    )
    add_server(parser.add_argument_group("a server without code"))
    add_environment(parser.add_argument_group("what else you can do to it"))
    add_run(parser)
    return parser.parse_args(arguments)


def add_server(group: Any) -> None:
    for option, (default, help_text) in SERVER_OPTIONS.items():
        if isinstance(default, list):
            group.add_argument(option, action="append", default=[], metavar="H", help=help_text)
        else:
            group.add_argument(option, default=default, metavar="X", help=help_text)
    group.add_argument("--form", action="store_true", help="bodies are forms, not JSON")
    group.add_argument(
        "--from-page",
        action="store_true",
        help="fetch the page of the login and logout first, and send its hidden fields (CSRF)",
    )
    group.add_argument("--adapter", metavar="MODULE:CLASS", help="your own adapter instead")


def add_environment(group: Any) -> None:
    group.add_argument(
        "--operation",
        action="append",
        default=[],
        metavar="NAME=COMMAND",
        help=f"a shell command for one of {', '.join(NAMES)}; {{seconds}} in that of advance",
    )
    group.add_argument(
        "--grace",
        type=seconds,
        default=0,
        metavar="SECONDS",
        help="so long a used refresh token is accepted on purpose (default: 0)",
    )
    group.add_argument(
        "--absolute-limit",
        type=seconds,
        metavar="SECONDS",
        help="a session ends after so long, however active",
    )


def add_run(parser: argparse.ArgumentParser) -> None:
    names = [check.name for check in ALL]
    parser.add_argument("--name", default=None, help="of the server, for the report")
    parser.add_argument(
        "--only", action="append", choices=names, metavar="CHECK", help="may be repeated"
    )
    parser.add_argument(
        "--random",
        type=count,
        default=0,
        metavar="SCHEDULES",
        help="play so many random schedules too (needs Hypothesis)",
    )
    parser.add_argument(
        "--patience",
        type=seconds,
        default=PATIENCE,
        metavar="SECONDS",
        help="the longest real wait (default: %(default)s)",
    )
    parser.add_argument(
        "--format", choices=list(FORMATS), default="text", help="(default: %(default)s)"
    )
    parser.add_argument("--output", metavar="FILE", help="write the report to it")
    parser.add_argument(
        "--host", action="append", default=[], help="another host than this machine is allowed"
    )
    parser.add_argument("--insecure", action="store_true", help="accept any TLS certificate")


def seconds(text: str) -> float:
    """Raises ValueError, which argparse explains."""
    value = float(text)
    if not 0 <= value < float("inf"):
        raise ValueError
    return value


def count(text: str) -> int:
    """Raises ValueError, which argparse explains."""
    if int(text) < 0:
        raise ValueError
    return int(text)


def adapter_from(options: argparse.Namespace) -> Adapter:
    """Raises BadUsage."""
    adapter = load(options.adapter) if options.adapter else plain_server(options)
    try:
        add_operations(adapter, options.operation)
    except BadOperation as error:
        raise BadUsage(str(error)) from None
    return adapter


def plain_server(options: argparse.Namespace) -> HttpAdapter:
    """Raises BadUsage."""
    missing = [f"--{name}" for name in ("login", "body", "refresh") if not getattr(options, name)]
    if missing:
        raise BadUsage(f"{', '.join(missing)} missing (or --adapter MODULE:CLASS)")
    if options.refresh_body and not sends_token(options):
        raise BadUsage("--refresh-body: the text {refresh} is not in it")
    return HttpAdapter(
        login_url=url("--login", options.login) or "",
        refresh_url=url("--refresh", options.refresh) or "",
        login_body=json_object("--body", options.body) or {},
        client=Client(options.host, insecure=options.insecure),
        name=options.name or options.refresh,
        grace=options.grace,
        absolute_limit=options.absolute_limit,
        form=options.form,
        from_page=options.from_page,
        refresh_method=options.refresh_method,
        refresh_body=json_object("--refresh-body", options.refresh_body),
        refresh_headers=headers(options.refresh_header),
        refresh_field=options.refresh_field,
        refresh_cookie=options.refresh_cookie,
        access_field=options.access_field,
        access_cookie=options.access_cookie,
        call_url=url("--call", options.call),
        logout_url=url("--logout", options.logout),
        logout_body=json_object("--logout-body", options.logout_body),
        headers=headers(options.header),
        csrf_cookie=options.csrf_cookie,
        csrf_header=options.csrf_header,
    )


def sends_token(options: argparse.Namespace) -> bool:
    everything = f"{options.refresh_body} {options.refresh_header}"
    return bool(options.refresh_cookie) or "{refresh}" in everything


def load(place: str) -> Adapter:
    """Raises BadUsage."""
    module, _, name = place.partition(":")
    try:
        adapter = getattr(import_module(module), name)()
    except (ImportError, AttributeError) as error:
        raise BadUsage(f"--adapter {place}: {error}") from None
    if not isinstance(adapter, Adapter):
        raise BadUsage(f"--adapter {place}: it is no Adapter")
    return adapter


def url(option: str, text: str | None) -> str | None:
    """None for no text. Raises BadUsage."""
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good:
        raise BadUsage(f"{option} {text}: a URL is http://HOST:PORT/PATH or https://…")
    return text


def json_object(option: str, text: str | None) -> dict[str, Any] | None:
    """None for no text. Raises BadUsage."""
    if text is None:
        return None
    try:
        found = json.loads(text)
    except ValueError as error:
        raise BadUsage(f"{option}: no JSON ({error})") from None
    if not isinstance(found, dict):
        raise BadUsage(f"{option}: no JSON object")
    return found


def headers(lines: list[str]) -> dict[str, str]:
    """Raises BadUsage."""
    found = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise BadUsage(f"a header is NAME: VALUE, not {line!r}")
        found[name.strip()] = value.strip()
    return found
