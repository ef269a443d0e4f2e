"""What search engines, link previews and home screens read in the head of a page."""

import re
from urllib.parse import urlsplit

import pytest
from flask import Flask

from tests.support.browser import Browser
from tests.support.clock import Clock
from webapp import create_app

BASE_URL = "https://id.example/app"
META = re.compile(r'<meta\s+(?:name|property)="([^"]+)"\s+content="([^"]*)"')
INDEXABLE = [
    *("/", "/login", "/register", "/forgot-password", "/api/docs"),
    *("/lab", "/lab/walk/1", "/lab/walk/2", "/lab/scenarios/five-tabs", "/lab/compare"),
    "/lab/compare/five-tabs",
]
OTHERS = ["/reset-password/void", "/verify-email/void", "/undo-email/void", "/not-me/void"]
SIGNED_IN = ["/dashboard", "/account", "/account/sessions"]


@pytest.fixture
def app(environment: dict[str, str], clock: Clock) -> Flask:
    return create_app(environment | {"WEBAPP_BASE_URL": BASE_URL}, clock)


@pytest.mark.parametrize("path", INDEXABLE)
def test_public_pages_name_their_url(browser: Browser, path: str) -> None:
    page = browser.get(f"{path}?next=/account", Host="evil.example").text
    meta = dict(META.findall(page))
    assert f'<link rel="canonical" href="{BASE_URL}{path}">' in page
    assert meta["og:url"] == BASE_URL + path
    assert meta["og:type"] == "website"
    assert meta["og:site_name"] == "Evergreen"
    assert meta["og:description"] == meta["description"]
    assert f"<title>{meta['og:title']} · Evergreen</title>" in page
    assert meta["og:image"].startswith(f"{BASE_URL}/static/")
    assert "robots" not in meta
    with browser.get(urlsplit(meta["og:image"]).path.removeprefix("/app")) as image:
        assert image.mimetype == "image/png"


def test_each_has_a_description_of_its_own(browser: Browser) -> None:
    found = [dict(META.findall(browser.get(path).text))["description"] for path in INDEXABLE]
    assert len(set(found)) == len(INDEXABLE)
    assert all(20 < len(text) < 160 for text in found), found


def test_in_the_language_of_the_reader(browser: Browser) -> None:
    page = browser.get("/login", **{"Accept-Language": "vi"}).text
    assert dict(META.findall(page))["description"].startswith("Đăng nhập vào tài khoản")


def test_pages_of_links_and_of_users_are_not_to_be_listed(browser: Browser) -> None:
    pages = {path: browser.get(path).text for path in [*OTHERS, "/no-such-page"]}
    browser.sign_in()
    pages |= {path: browser.get(path).text for path in SIGNED_IN}
    for path, page in pages.items():
        meta = dict(META.findall(page))
        assert meta["robots"] == "noindex", path
        assert 'rel="canonical"' not in page, path
        assert not [name for name in meta if name.startswith("og:")], path


def test_the_path_of_the_app_is_there_once(app: Flask) -> None:
    page = app.test_client().get("/login", environ_overrides={"SCRIPT_NAME": "/app"}).text
    assert f'rel="canonical" href="{BASE_URL}/login"' in page
    assert f'content="{BASE_URL}/static/' in page


def test_without_a_base_url_it_is_this_computer(environment: dict[str, str], clock: Clock) -> None:
    client = create_app(environment, clock).test_client()
    page = client.get("/login", environ_overrides={"SCRIPT_NAME": "/app"}).text
    assert re.search(r'rel="canonical" href="http://localhost:\d+/app/login"', page)


class TestManifest:
    def test_name_and_icons(self, environment: dict[str, str], clock: Clock) -> None:
        app = create_app(environment | {"WEBAPP_SITE_NAME": 'Tom & "Co"'}, clock)
        answer = app.test_client().get("/manifest.webmanifest")
        assert answer.mimetype == "application/manifest+json"
        assert answer.json
        assert answer.json["name"] == 'Tom & "Co"'
        assert {(icon["sizes"], icon["purpose"]) for icon in answer.json["icons"]} == {
            ("192x192", "any"),
            ("512x512", "any"),
            ("512x512", "maskable"),
        }
        for icon in answer.json["icons"]:
            with app.test_client().get(icon["src"]) as picture:
                size = int.from_bytes(picture.data[16:20], "big")  # of the header (PNG section 11)
                assert icon["sizes"] == f"{size}x{size}"

    def test_below_a_path(self, app: Flask) -> None:
        client = app.test_client()
        answer = client.get("/manifest.webmanifest", environ_overrides={"SCRIPT_NAME": "/app"})
        assert answer.json
        assert answer.json["start_url"] == answer.json["scope"] == "/app/"
        assert all(icon["src"].startswith("/app/static/") for icon in answer.json["icons"])

    def test_each_page_names_it_and_the_icons(self, browser: Browser) -> None:
        page = browser.get("/no-such-page").text
        assert '<link rel="manifest" href="/manifest.webmanifest">' in page
        for path in re.findall(r'<link rel="(?:apple-touch-)?icon"\s+href="([^"]+)"', page):
            with browser.get(path) as icon:
                assert icon.status_code == 200
