"""The apps that the bench compares: the same signed-in page, each with another sign-in.

Each module has `create_app(redis_url, sql_url)` with `/login`, `/page` and `/logout`, written as
the library's own documentation shows it, with the library's defaults. A module that needs tables
and a user also has `prepare(app)`.
"""

from collections.abc import Callable

from flask import Flask, Response, render_template, request
from flask.typing import ResponseReturnValue
from jinja2 import Environment

EMAIL = "ada@example.com"
PASSWORD = "an engine of cogs and cards"

# Seconds. No token expires while it is measured.
LIFETIME = 30 * 60
# All processes of one run share it.
SECRET = "a secret of the bench and of nothing else"

# All apps render the same template, to the same bytes.
TEMPLATE = """<!doctype html>
<title>Account</title>
<h1>{{ email }}</h1>
{% for number in range(20) %}<p>You are signed in ({{ number }}).</p>
{% endfor %}"""
RENDERED = Environment(autoescape=True).from_string(TEMPLATE).render(email=EMAIL).encode()

View = Callable[[], ResponseReturnValue]


def new_app(**settings: str) -> Flask:
    app = Flask("bench", static_folder=None)
    app.config.update({"SECRET_KEY": SECRET} | settings)
    return app


def add_page(app: Flask, protect: Callable[[View], View]) -> None:
    """Add `/page`; `protect` is the decorator that the library has for signed-in pages."""
    template = app.jinja_env.from_string(TEMPLATE)

    def page() -> ResponseReturnValue:
        return render_template(template, email=EMAIL)

    app.get("/page")(protect(page))


def is_right_password() -> bool:
    """Without a password hash: the bench measures the signed-in page, not the login."""
    return (request.form["email"], request.form["password"]) == (EMAIL, PASSWORD)


def refusal() -> Response:
    return Response("Please sign in.", 401)
