"""The app below a path: mounted there by a server, or behind a proxy that takes the path away."""

import re
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from tests.support.browser import EMAIL, PASSWORD, Browser, set_cookies
from tests.support.clock import Clock
from tests.support.mails import newest_mail
from webapp import create_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PAGES = [
    *("/", "/dashboard", "/account", "/account/password", "/account/sessions", "/account/delete"),
    *("/account/activity", "/lab", "/lab/walk/1", "/lab/compare", "/lab/scenarios/five-tabs"),
    *("/lab/questions", "/lab/architectures", "/lab/lifetimes"),
    *("/api/docs", "/dev/outbox", "/no-such-page"),
]
GUESTS = ["/", "/login", "/register", "/forgot-password", "/verify-email", "/logout"]
ADDRESS = re.compile(r'(?:href|src|action|data-url|data-events|data-page|content)="(/[^"]*)"')


class StrippingProxy:
    """What nginx does with `location /app/ { proxy_pass http://evergreen/; }`."""

    def __init__(self, app: "WSGIApplication", prefix: str = "/app") -> None:
        self.app, self.prefix = app, prefix

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Any:
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix("/app")
        environ["HTTP_X_FORWARDED_PREFIX"] = self.prefix
        return self.app(environ, start)


@pytest.fixture
def app(environment: dict[str, str], clock: Clock) -> Flask:
    below = {"WEBAPP_BASE_URL": "http://localhost/app", "WEBAPP_TRUSTED_PROXIES": "1"}
    return create_app(environment | below, clock)


@pytest.fixture(params=["mounted", "proxy"])
def browser(request: pytest.FixtureRequest, app: Flask) -> Browser:
    inner: Any = app.wsgi_app
    proxy = StrippingProxy(inner)
    mounted = DispatcherMiddleware(NotFound(), {"/app": inner})  # type: ignore[arg-type]
    app.wsgi_app = mounted if request.param == "mounted" else proxy  # type: ignore[method-assign]
    return Browser(app)


def sign_in(browser: Browser, **more: str) -> str:
    answer = browser.post("/app/login", email=EMAIL, password=PASSWORD, **more)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_every_address_on_every_page_starts_with_the_path(browser: Browser) -> None:
    pages = [browser.get(f"/app{path}").text for path in GUESTS]
    sign_in(browser)
    pages += [browser.get(f"/app{path}").text for path in PAGES]
    addresses = {address for page in pages for address in ADDRESS.findall(page)}
    assert len(addresses) > 40
    assert [address for address in addresses if not address.startswith("/app/")] == []
    for static in ("evergreen.css", "js/session.js"):
        with browser.get(f"/app/static/{static}") as answer:
            assert answer.status_code == 200


def test_a_stranger_gets_where_they_wanted_and_stays_in(browser: Browser, clock: Clock) -> None:
    answer = browser.get("/app/account?tab=name")
    assert answer.location == "/app/login?next=/app/account?tab%3Dname"
    assert 'value="/app/account?tab=name"' in browser.get(answer.location).text
    assert sign_in(browser, next="/app/account?tab=name") == "/app/account?tab=name"
    clock.advance(301)
    renewed = browser.get("/app/dashboard")
    assert "; Path=/;" in set_cookies(renewed)["refresh_token"]
    assert browser.get("/app/login?next=/app/lab").location == "/app/lab"
    assert browser.post("/app/logout", form_on="/app/account").location == "/app/login"


def test_next_leads_to_nothing_outside_of_it(browser: Browser, app: Flask) -> None:
    for target in ["/dashboard", "/apple", "/app", "/app/session", "//app/lab"]:
        assert sign_in(Browser(app), next=target) == "/app/dashboard", target


def test_a_question_is_answered_at_its_own_address(browser: Browser, clock: Clock) -> None:
    sign_in(browser)
    clock.advance(1000)
    asked = browser.post("/app/account/sessions/end-others", form_on="/app/account/sessions")
    assert 'action="/app/account/sessions/end-others"' in asked.text


def test_a_mailed_link_leads_there(browser: Browser, app: Flask) -> None:
    browser.post("/app/forgot-password", email=EMAIL)
    (link,) = newest_mail(app, EMAIL).links
    assert link.startswith("http://localhost/app/reset-password/")
    assert browser.get(link).status_code == 200


def test_so_it_does_where_no_base_url_is_set(environment: dict[str, str], clock: Clock) -> None:
    app = create_app(environment, clock)
    Browser(app).client.post(
        "/forgot-password",
        data={"email": EMAIL},
        headers={"Sec-Fetch-Site": "same-origin"},
        environ_overrides={"SCRIPT_NAME": "/app"},
    )
    (link,) = newest_mail(app, EMAIL).links
    assert "/app/reset-password/" in link


def test_programs_find_everything_there(browser: Browser, app: Flask) -> None:
    document = browser.get("/app/api/openapi.json").json
    assert document
    assert document["servers"] == [{"url": "/app"}]
    login = {"email": EMAIL, "password": PASSWORD}
    assert browser.client.post("/app/api/v1/auth/login", json=login).status_code == 200
    assert browser.client.get("/app/api/v1/protected").status_code == 401
    metadata = browser.get("/app/.well-known/oauth-authorization-server").json
    assert metadata
    assert metadata["token_endpoint"] == "http://localhost/app/oauth/token"
    assert browser.get("/app/.well-known/change-password").location == "/app/account/password"


def test_a_client_of_an_app_without_proxies_chooses_no_prefix(
    environment: dict[str, str], clock: Clock
) -> None:
    client = create_app(environment, clock).test_client()
    headers = {"X-Forwarded-Prefix": "/app"}
    assert client.get("/account", headers=headers).location == "/login?next=/account"
