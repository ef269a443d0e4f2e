"""URLs of SQL databases, checked before the first connection."""

import re
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from webapp.core.urls import ESCAPES, Unreadable, check_host, check_port

FORM = (
    "must be a URL for SQLAlchemy, like postgresql://user:password@host/name or "
    f"sqlite:////folder/file; {ESCAPES}"
)


def parse(text: str) -> str:
    """The URL in the form of SQLAlchemy. Raises Unreadable.

    Hosting platforms write `postgres://`; SQLAlchemy needs the name of the driver.
    """
    url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", text, flags=re.IGNORECASE)
    try:
        parts = make_url(url)
        dialect = parts.get_dialect()
    except (ArgumentError, ValueError):  # ValueError: the port is not a number
        raise Unreadable(FORM) from None
    _load_driver(dialect)
    if parts.get_backend_name() == "sqlite":
        _require_file(parts)
    else:
        _check_server(parts)
    return url


def _load_driver(dialect: Any) -> None:
    if dialect.is_async:
        raise Unreadable("names an asynchronous driver, which this app can't use")
    try:
        dialect.import_dbapi()
    except ImportError as error:
        raise Unreadable(f"its driver is not installed: the Python package {error.name}") from None


def _require_file(url: URL) -> None:
    """Require a file: in memory, each worker and each thread would have its own database."""
    if url.database in (None, "", ":memory:") or "mode" in url.query:
        raise Unreadable("SQLite has to have a file: sqlite:////folder/file")
    if url.host or url.username or url.query or str(url.database).startswith("file:"):
        raise Unreadable("for SQLite, only a file may follow: sqlite:////folder/file (? is %3F)")
    file = Path(str(url.database))  # a relative one is in the instance folder
    if file.is_absolute() and (file.is_dir() or not file.parent.is_dir()):
        raise Unreadable("its SQLite file is in no folder that is there, or is a folder itself")


def _check_server(url: URL) -> None:
    if re.search("[#?]", url.database or ""):
        raise Unreadable(FORM)
    try:
        _, arguments = create_engine(url).dialect.create_connect_args(url)
    except (ArgumentError, ValueError):
        raise Unreadable(f"there is an option that its driver can't read; {ESCAPES}") from None
    for host in filter(None, str(arguments.get("host") or "").split(",")):
        if not host.startswith("/"):  # the folder of a Unix socket
            check_host(host)
    for port in filter(None, str(arguments.get("port") or "").split(",")):
        check_port(port)
    if url.port is not None:  # 0 as well
        check_port(str(url.port))
    if url.get_driver_name() == "psycopg":
        from . import postgres

        postgres.check_options(arguments)
