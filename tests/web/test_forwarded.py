"""Headers of trusted proxies count; the same headers from a client do not."""

import pytest
from flask import Flask, request

from tests.support.browser import Browser, set_cookies
from webapp import create_app
from webapp.web.middleware.forwarded_headers import ForwardedHeaders


def seen(hops: int, **headers: str) -> tuple[str, str, str]:
    """The address of the client, the scheme and the path below which the app is."""
    app = Flask(__name__)
    app.wsgi_app = ForwardedHeaders(app.wsgi_app, hops)  # type: ignore[method-assign]
    app.add_url_rule("/", "x", lambda: [request.remote_addr, request.scheme, request.root_path])
    sent = {f"X-Forwarded-{name}": value for name, value in headers.items()}
    address, scheme, path = app.test_client().get("/", headers=sent).get_json()
    return address, scheme, path


PROXY = "127.0.0.1"


@pytest.mark.parametrize(
    ("hops", "value", "ip"),
    [
        (1, "192.0.2.1", "192.0.2.1"),
        (1, "192.0.2.1:5000", "192.0.2.1"),
        (1, "[2001:db8::1]:5000", "2001:db8::1"),
        (1, "fe80::1%eth0", "fe80::1"),
        (1, "::ffff:192.0.2.1", "192.0.2.1"),
        (1, "198.51.100.1, 192.0.2.1:1", "192.0.2.1"),  # the first is the client's own
        (1, '"198.51.100.1, 192.0.2.1', "192.0.2.1"),
        (1, "192.0.2.1, unknown", PROXY),
        (1, "192.0.2.1,", PROXY),
        (1, "", PROXY),
        (1, "junk " * 1000, PROXY),
        (2, "198.51.100.1, 192.0.2.1:1, 203.0.113.1:2", "192.0.2.1"),
        (2, "192.0.2.1", "192.0.2.1"),  # the inner proxy wrote the header anew
        (2, "198.51.100.1, , 203.0.113.1", PROXY),
        (3, "192.0.2.1, 203.0.113.1", "192.0.2.1"),
    ],
)
def test_the_address_of_the_client(hops: int, value: str, ip: str) -> None:
    assert seen(hops, For=value)[0] == ip


@pytest.mark.parametrize(
    ("hops", "value", "scheme"),
    [
        (1, "https", "https"),
        (1, "HTTPS", "https"),
        (1, "https, http", "http"),
        (1, "gopher", "http"),
        (1, "https://evil.example", "http"),
        (2, "https", "https"),
        (2, "https, http", "https"),
        (2, "https, http, http", "http"),
        (3, "https", "https"),
    ],
)
def test_the_scheme(hops: int, value: str, scheme: str) -> None:
    assert seen(hops, Proto=value)[1] == scheme


@pytest.mark.parametrize(
    ("hops", "value", "path"),
    [
        (1, "/app", "/app"),
        (1, "/app/", "/app"),
        (2, "/app", "/app"),
        (1, "/evil, /app", "/app"),
        (1, "/", ""),
        (1, "//evil.example", ""),
        (1, "/app//evil.example", ""),
        (1, "/../x", ""),
        (1, "https://evil.example", ""),
        (1, "/a b", ""),
        (1, "/a\\b", ""),
    ],
)
def test_the_path_below_which_the_app_is(hops: int, value: str, path: str) -> None:
    assert seen(hops, Prefix=value)[2] == path


def test_a_host_in_such_a_header_is_not_read() -> None:
    app = Flask(__name__)
    app.wsgi_app = ForwardedHeaders(app.wsgi_app, 1)  # type: ignore[method-assign]
    app.add_url_rule("/", "x", lambda: request.host)
    answer = app.test_client().get("/", headers={"X-Forwarded-Host": "evil.example"})
    assert answer.text == "localhost"


@pytest.mark.parametrize("proxies", ["1", "2"])
def test_behind_proxies_of_which_one_names_https_cookies_are_secure(
    environment: dict[str, str], proxies: str
) -> None:
    browser = Browser(create_app(environment | {"WEBAPP_TRUSTED_PROXIES": proxies}))
    browser.headers |= {"X-Forwarded-Proto": "https", "Referer": "https://localhost/login"}
    answer = browser.sign_in()
    assert "Strict-Transport-Security" in answer.headers
    assert {"__Host-access_token", "__Host-refresh_token"} <= set_cookies(answer).keys()
