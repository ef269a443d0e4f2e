"""Who is measured, and that each of them really keeps its page to who is signed in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask

from .peers import PAGE
from .servers import redis_server, sqlite_url
from .visitor import Answer, Environ, Visitor, request

# Some send the visitor on to their login page.
REFUSED = (302, 303, 401, 403)


@dataclass(frozen=True)
class Contender:
    module: str
    name: str
    ends: bool | None
    """Whether a copy of the cookie is refused after a logout; None: there is no sign-in."""

    def create_app(self, redis_url: str, sql_url: str) -> Flask:
        app: Flask = import_module(f"bench.peers.{self.module}").create_app(redis_url, sql_url)
        return app

    def prepare(self, app: Flask) -> None:
        getattr(import_module(f"bench.peers.{self.module}"), "prepare", lambda _: None)(app)


BARE = Contender("bare", "bare Flask", None)
BLOCKLIST = Contender("jwt_blocklist", "Flask-JWT-Extended + blocklist", True)
SERVER_SESSION = Contender("server_session", "Flask-Login + Flask-Session", True)
EVERGREEN = Contender("evergreen", "Evergreen", True)
CONTENDERS = [
    BARE,
    Contender("signed_cookie", "signed cookie", False),
    Contender("pyjwt_cookie", "PyJWT in a cookie", False),
    Contender("jwt_extended", "Flask-JWT-Extended", False),
    BLOCKLIST,
    SERVER_SESSION,
    Contender("security", "Flask-Security", False),
    EVERGREEN,
]


@dataclass(frozen=True)
class Entrant:
    """A contender who has proved to work, and the request of its signed-in visitor."""

    contender: Contender
    app: Flask
    page: Environ
    redis_url: str
    sql_url: str

    @property
    def name(self) -> str:
        return self.contender.name


@contextmanager
def entrants() -> Iterator[dict[Contender, Entrant]]:
    """Each with a database of its own in one Redis, and an SQLite file of its own."""
    with redis_server() as redis, TemporaryDirectory(prefix="bench-") as folder:
        yield {
            contender: enter(contender, f"{redis}/{number}", Path(folder))
            for number, contender in enumerate(CONTENDERS)
        }


def enter(contender: Contender, redis_url: str, folder: Path) -> Entrant:
    sql_url = sqlite_url(folder, contender.module)
    app = contender.create_app(redis_url, sql_url)
    contender.prepare(app)
    if contender.ends is not None:
        check(contender, app)
    visitor = Visitor(app) if contender.ends is None else Visitor(app).sign_in()
    page = request("/page", visitor.cookies)
    expect(contender, app, page, 200)
    return Entrant(contender, app, page, redis_url, sql_url)


def check(contender: Contender, app: Flask) -> None:
    expect(contender, app, request("/page", {}), *REFUSED)
    visitor = Visitor(app).sign_in()
    copied = request("/page", visitor.cookies)
    expect(contender, app, copied, 200)
    visitor.sign_out()
    expect(contender, app, request("/page", visitor.cookies), *REFUSED)
    expect(contender, app, copied, *(REFUSED if contender.ends else [200]))


def expect(contender: Contender, app: Flask, environ: Environ, *statuses: int) -> None:
    answer = Answer(app, environ)
    right = answer.body == PAGE.encode() or statuses != (200,)
    if int(answer.status[:3]) not in statuses or not right:
        raise RuntimeError(f"{contender.name} answers {answer.status} instead of {statuses}")
