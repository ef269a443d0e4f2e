"""The entrants of the comparison, each checked to protect its page."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask

from .client import Client, Environ, Response, request
from .peers import RENDERED
from .servers import redis_server, sqlite_url

# Some redirect to their login page, others answer 401 or 403.
REFUSED = (302, 303, 401, 403)


@dataclass(frozen=True)
class Entrant:
    module: str
    name: str
    revokes: bool | None
    """Whether the app refuses a copied cookie after the logout; None: there is no sign-in."""

    def create_app(self, redis_url: str, sql_url: str) -> Flask:
        app: Flask = import_module(f"bench.peers.{self.module}").create_app(redis_url, sql_url)
        return app

    def prepare(self, app: Flask) -> None:
        getattr(import_module(f"bench.peers.{self.module}"), "prepare", lambda _: None)(app)


BARE = Entrant("bare", "bare Flask", None)
BLOCKLIST = Entrant("jwt_blocklist", "Flask-JWT-Extended + Redis blocklist", True)
SERVER_SESSION = Entrant("server_session", "Flask-Login + Flask-Session", True)
EVERGREEN = Entrant("evergreen", "Evergreen", True)
ENTRANTS = [
    BARE,
    EVERGREEN,
    Entrant("signed_cookie", "Flask's signed cookie", False),
    Entrant("pyjwt_cookie", "PyJWT in a cookie", False),
    Entrant("jwt_extended", "Flask-JWT-Extended", False),
    SERVER_SESSION,
    BLOCKLIST,
    Entrant("security", "Flask-Security", False),
]


@dataclass(frozen=True)
class Prepared:
    """An entrant's app, and the request of its signed-in client."""

    app: Flask
    page: Environ
    redis_url: str
    sql_url: str


Field = Mapping[Entrant, Prepared]


@contextmanager
def prepared_entrants() -> Iterator[Field]:
    """All entrants, each with its own Redis database and SQLite file."""
    with redis_server() as redis, TemporaryDirectory(prefix="bench-") as folder:
        yield {
            entrant: prepare(entrant, f"{redis}/{number}", Path(folder))
            for number, entrant in enumerate(ENTRANTS)
        }


def prepare(entrant: Entrant, redis_url: str, folder: Path) -> Prepared:
    """Raises RuntimeError if the page is not protected, or differs from that of the others."""
    sql_url = sqlite_url(folder, entrant.module)
    app = entrant.create_app(redis_url, sql_url)
    entrant.prepare(app)
    if entrant.revokes is not None:
        check_protection(entrant, app)
    client = Client(app) if entrant.revokes is None else Client(app).sign_in()
    page = request("/page", client.cookies)
    expect(entrant, app, page, 200)
    return Prepared(app, page, redis_url, sql_url)


def check_protection(entrant: Entrant, app: Flask) -> None:
    expect(entrant, app, request("/page", {}), *REFUSED)
    client = Client(app).sign_in()
    copied = request("/page", client.cookies)
    expect(entrant, app, copied, 200)
    client.sign_out()
    expect(entrant, app, request("/page", client.cookies), *REFUSED)
    expect(entrant, app, copied, *(REFUSED if entrant.revokes else [200]))


def expect(entrant: Entrant, app: Flask, environ: Environ, *statuses: int) -> None:
    response = Response(app, environ)
    is_right = response.body == RENDERED or statuses != (200,)
    if int(response.status[:3]) not in statuses or not is_right:
        raise RuntimeError(f"{entrant.name} answers {response.status} instead of {statuses}")
