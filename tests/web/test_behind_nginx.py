"""Two app processes behind a real nginx, with the very file that docs/ shows, serve one browser."""

import http.client
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from scripts.bootstrap import ROOT
from tests.conftest import environ, services_of
from tests.support.browser import EMAIL, PASSWORD
from tests.support.https import HttpsBrowser
from tests.support.nginx import HOST, AppProcess, Nginx, asked
from tests.support.servers import RedisServer, wait_until
from tests.test_commands import environment
from tests.test_config import SECRETS
from webapp import create_app

HERE = "127.0.0.2"
# Seconds. The promise is one; a busy machine may take longer, and never for ever.
SOON = 5.0
SLOW_BODY = (
    f"POST /forgot-password HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 10\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\n\r\nemail"
).encode()


class Site:
    """nginx, both apps, and the Redis and SQL that they share."""

    def __init__(self, folder: Path) -> None:
        self.redis = RedisServer(folder / "redis")
        self._instance = folder / "instance"
        production = {"WEBAPP_MODE": "production", "WEBAPP_BCRYPT_ROUNDS": "10"} | SECRETS
        own = {"REDIS_URL": self.redis.url, "WEBAPP_TRUSTED_PROXIES": "1"}
        settings = environment(self._instance, **(production | own))
        self.apps = [AppProcess(settings), AppProcess(settings)]
        self.nginx = Nginx(folder, [app.port for app in self.apps])

    def start(self) -> "Site":
        (self.nginx.folder / "redis").mkdir()
        self.redis.start()
        first = create_app(environ(self._instance, self.redis.url))
        with first.app_context():
            services_of(first).accounts.register(EMAIL, PASSWORD, name="Ada", now=0)
        for app in self.apps:
            app.begin()
        for app in self.apps:
            app.wait_until_ready()
        self.nginx.start()
        return self

    def browser(self) -> HttpsBrowser:
        return HttpsBrowser(HOST, self.nginx.port, self.nginx.certificate, HERE)

    def both(self) -> set[str]:
        return {f"127.0.0.1:{app.port}" for app in self.apps}

    def who_answered(self, request: str) -> set[str]:
        return {name for line in self.nginx.lines(request) for name in asked(line)}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"))
    with ExitStack() as stack:
        for app in site.apps:
            stack.callback(app.kill)
        stack.callback(site.redis.stop)
        site.start()
        stack.callback(site.nginx.stop)
        yield site


@pytest.fixture
def browser(site: Site) -> HttpsBrowser:
    browser = site.browser()
    browser.sign_in()
    return browser


class TestOneBrowser:
    def test_is_served_by_both_in_turns_with_the_same_cookies(
        self, site: Site, browser: HttpsBrowser
    ) -> None:
        assert set(browser.cookies) >= {"__Host-access_token", "__Host-refresh_token"}
        before = dict(browser.cookies)
        answers = [browser.get("/account/activity") for _ in range(4)]
        assert [answer.status for answer in answers] == [200] * 4
        wait_until(lambda: site.who_answered("GET /account/activity") == site.both(), SOON)
        assert browser.cookies == before

    def test_is_refreshed_silently_by_either(self, site: Site, browser: HttpsBrowser) -> None:
        seen = {browser.cookies["__Host-refresh_token"]}
        for _ in range(4):
            del browser.cookies["__Host-access_token"]  # as the browser does when it expires
            assert browser.get("/account/password").status == 200
            seen.add(browser.cookies["__Host-refresh_token"])
        assert len(seen) == 5, "each was a rotation"
        wait_until(lambda: site.who_answered("GET /account/password") == site.both(), SOON)

    def test_that_signs_out_at_one_is_out_at_the_other_within_a_second(
        self, site: Site, browser: HttpsBrowser
    ) -> None:
        copy = site.browser()
        copy.cookies |= browser.cookies
        for _ in range(4):  # now both have its access token cached
            assert copy.get("/account").status == 200
        browser.sign_out()
        asked_last = len(site.nginx.lines("GET /account"))

        def refused_by_both() -> bool:
            copy.get("/account")
            lines = site.nginx.lines("GET /account")[asked_last:]
            return {name for line in lines if '" 303 ' in line for name in asked(line)} == (
                site.both()
            )

        wait_until(refused_by_both, SOON)
        assert [copy.get("/account").status for _ in range(4)] == [303] * 4

    def test_gets_cookies_for_tls_alone(self, site: Site) -> None:
        browser = site.browser()
        answer = browser.get("/login")
        (cookie,) = answer.headers.get_all("Set-Cookie") or []
        assert cookie.startswith("__Host-evergreen_session=")
        assert "; Secure;" in cookie
        assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=31536000"]

    def test_arrives_with_its_own_address_whatever_it_claims(
        self, site: Site, browser: HttpsBrowser
    ) -> None:
        forged = {
            "X-Forwarded-For": "203.0.113.9",
            "X_Forwarded_For": "203.0.113.9",
            "Forwarded": "for=203.0.113.9",
            "X-Real-IP": "203.0.113.9",
            "X-Forwarded-Proto": "http",
            "X-Forwarded-Host": "attacker.example",
        }
        del browser.cookies["__Host-access_token"]
        page = browser.get("/account/sessions", **forged)
        assert HERE in page.text
        assert "203.0.113.9" not in page.text
        assert "__Host-access_token" in browser.cookies
        assert "attacker.example" not in page.text

    def test_gets_its_requests_name_from_nginx_alone(self, site: Site) -> None:
        answer = site.browser().get("/nowhere", **{"X-Request-ID": "chosen-by-the-client"})
        name = answer.headers["X-Request-ID"]
        assert len(name) == 32
        wait_until(lambda: f"request_id={name}" in site.nginx.log(), SOON)


class TestWhenAProcessDies:
    def test_no_request_fails(self, site: Site, browser: HttpsBrowser) -> None:
        victim, _ = site.apps
        victim.kill()
        answers = [browser.get("/dashboard").status for _ in range(6)]
        del browser.cookies["__Host-access_token"]
        browser.sign_out()
        victim.begin()
        victim.wait_until_ready()
        assert answers == [200] * 6
        address = f"127.0.0.1:{victim.port}"
        refused = [line for line in site.nginx.log().splitlines() if f'"{address}, ' in line]
        assert refused, "it was asked in vain"

    @pytest.mark.parametrize(("method", "status"), [("GET", 200), ("POST", 503)])
    def test_what_it_dropped_is_asked_elsewhere_but_never_a_post(
        self, site: Site, tmp_path: Path, method: str, status: int
    ) -> None:
        with dropping() as (port, heads):
            nginx = Nginx(tmp_path, [port, site.apps[0].port]).start()
            browser = HttpsBrowser(HOST, nginx.port, nginx.certificate)
            answer = browser.get("/login") if method == "GET" else browser.post("/login", {})
            nginx.stop()
        assert answer.status == status
        assert len(heads) == 1
        assert heads[0].startswith(f"{method} /login".encode())
        assert answer.headers["Retry-After"] == ("2" if method == "POST" else None)
        (line,) = nginx.lines(f"{method} /login")
        assert len(asked(line)) == (2 if method == "GET" else 1)


@contextmanager
def dropping() -> Iterator[tuple[int, list[bytes]]]:
    """Takes a request and dies over it, again and again; the requests that it took."""
    heads: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        heads.append(connection.recv(65536))

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1], heads
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


class TestWhatTheAppSays:
    def test_its_503_arrives_as_it_is_and_is_asked_for_once(
        self, site: Site, browser: HttpsBrowser
    ) -> None:
        before = dict(browser.cookies)
        other = site.browser()
        token = other.csrf_token("/login")
        form = {"email": EMAIL, "password": PASSWORD, "csrf_token": token}
        site.redis.stop()
        refused = other.post("/login", form)
        browser.cookies.pop("__Host-access_token")
        page = browser.get("/account/sessions")
        site.redis.start()
        assert (refused.status, page.status) == (503, 503)
        assert "Retry-After" in page.headers
        assert "still signed in" in page.text
        assert browser.cookies["__Host-refresh_token"] == before["__Host-refresh_token"]
        wait_until(lambda: browser.get("/account/sessions").status == 200, SOON)
        lines = [line for line in site.nginx.log().splitlines() if '" 503 ' in line]
        assert len(lines) >= 2
        assert all(len(asked(line)) == 1 for line in lines)

    def test_a_body_that_it_would_refuse_does_not_reach_it(self, site: Site) -> None:
        answer = site.browser().post("/register", {"name": "x" * 64 * 1024})
        assert answer.status == 413
        wait_until(lambda: site.nginx.lines("POST /register"), SOON)
        assert site.who_answered("POST /register") == set()


class TestStaticFiles:
    def test_browsers_may_keep_them(self, site: Site, browser: HttpsBrowser) -> None:
        found = re.search(r'href="(/static/[^/]+/evergreen.css)"', browser.get("/").text)
        assert found
        page = browser.get(found[1])
        assert page.text == (ROOT / "static" / "evergreen.css").read_text()
        assert page.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
        tag = {"If-None-Match": page.headers["ETag"]}
        assert browser.get("/static/evergreen.css", **tag).status == 304
        for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static../app.py"):
            assert browser.get(path).status in (400, 404)

    def test_what_the_app_compresses_arrives_so(self, site: Site) -> None:
        small = site.browser().get("/static/evergreen.css", **{"Accept-Encoding": "gzip"})
        assert small.headers["Content-Encoding"] == "gzip"
        assert small.headers["Vary"] == "Accept-Encoding"

    def test_pages_with_secrets_are_not_compressed(self, browser: HttpsBrowser) -> None:
        page = browser.get("/account", **{"Accept-Encoding": "gzip"})
        assert page.status == 200
        assert "Content-Encoding" not in page.headers


class TestWhatNginxKeepsToItself:
    @pytest.mark.parametrize("path", ["/metrics", "//metrics", "/%6detrics", "/x/../readyz/"])
    def test_what_is_for_operators(self, site: Site, path: str) -> None:
        answer = site.browser().get(path)
        assert answer.status == 404
        assert "X-Request-ID" not in answer.headers, "the app was asked"

    def test_mailed_links_stay_out_of_its_log(self, site: Site) -> None:
        site.browser().get("/reset-password/secret-of-the-mail?also=secret")
        wait_until(lambda: site.nginx.lines("GET /reset-password/..."), SOON)
        assert "secret" not in site.nginx.log()

    def test_other_names_than_its_own(self, site: Site) -> None:
        stranger = HttpsBrowser("other.example", site.nginx.port, site.nginx.certificate)
        with pytest.raises(ssl.SSLError):
            stranger.get("/")
        assert site.browser().get("/", Host="other.example").status == 421

    def test_plain_http_is_sent_to_tls(self, site: Site) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", site.nginx.plain_port)
        connection.request("GET", "/login?next=/account", headers={"Host": "attacker.example"})
        answer = connection.getresponse()
        connection.close()
        assert answer.status == 308
        assert answer.headers["Location"] == f"https://{HOST}/login?next=/account"

    def test_slow_bodies(self, site: Site) -> None:
        browser = site.browser()
        with ExitStack() as stack:
            for _ in range(50):
                slow = stack.enter_context(browser.connected())
                slow.sendall(SLOW_BODY)
            assert browser.get("/login").status == 200
        assert site.who_answered("POST /forgot-password") == set()
