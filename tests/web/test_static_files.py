"""Static files: hashed URLs that may be cached for ever, short caches for others, and gzip."""

import gzip
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from flask import Flask, url_for
from werkzeug.test import TestResponse

from scripts.bootstrap import ROOT
from tests.support.browser import Browser
from webapp.web.static_files import (
    BRIEFLY,
    FOREVER,
    compressed_file,
    folder_hash,
    hash_of_files,
)

GZIP = {"Accept-Encoding": "br, gzip"}
STATIC = re.compile(r'(?:href|src)="([^"]*/static/[^"]*)"')
IMPORT = re.compile(r"^import .* from '([^']+)'", re.MULTILINE)


def test_every_static_url_of_a_page_may_be_cached_for_ever(browser: Browser) -> None:
    browser.sign_in()
    paths = {path for page in ("/", "/dashboard", "/lab") for path in urls_of(browser, page)}
    assert len(paths) > 9
    for path in paths:
        with browser.get(path) as answer:
            assert answer.status_code == 200, path
            assert answer.headers["Cache-Control"] == FOREVER, path
            assert "Set-Cookie" not in answer.headers


def test_what_a_script_imports_may_be_too(browser: Browser) -> None:
    imported = set()
    for path in urls_of(browser, "/"):
        with browser.get(path) as answer:
            if answer.mimetype == "text/javascript":
                imported |= {urljoin(path, name) for name in IMPORT.findall(answer.text)}
    assert imported
    for path in imported:
        with browser.get(path) as answer:
            assert answer.headers["Cache-Control"] == FOREVER, path


@pytest.mark.parametrize("path", ["/static/evergreen.css", "/static/0123456789ab/evergreen.css"])
def test_a_url_without_the_present_hash_gets_the_present_file_for_a_short_time(
    browser: Browser, path: str
) -> None:
    with browser.get(path) as answer:
        assert answer.text == (ROOT / "static" / "evergreen.css").read_text()
        assert answer.headers["Cache-Control"] == BRIEFLY


@pytest.mark.parametrize(
    "path",
    [
        "js",
        "js/",
        "nothing.css",
        "../app.py",
        "%2e%2e/app.py",
        "a%00.css",
        "x/js/texts.js",
        "evergreen.css/",
        "icon-192.png/",
        "js/%2e%2e/evergreen.css",
    ],
)
@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_other_paths_are_not_found(app: Flask, browser: Browser, path: str, encoding: str) -> None:
    for folder in ("/static/", f"/static/{hash_now(app)}/"):
        answer = browser.get(folder + path, **{"Accept-Encoding": encoding})
        assert answer.status_code == 404
        assert answer.headers["Cache-Control"] == "private, no-store"


def test_the_hash_follows_content_and_name_of_each_file(tmp_path: Path) -> None:
    hashes = []
    for number, (name, content) in enumerate(
        [("a.css", "b"), ("a.css", "c"), ("b.css", "b"), ("js/a.css", "b"), ("a", ".css\0001\0b")]
    ):
        folder = tmp_path / str(number)
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(content)
        hashes.append(hash_of_files(str(folder), 0))
    assert len(set(hashes)) == len(hashes)


def test_in_development_a_change_needs_no_restart(
    app: Flask, browser: Browser, tmp_path: Path
) -> None:
    folder = tmp_path / "static"
    folder.mkdir()
    app.static_folder = str(folder)
    style, seen = folder / "x.css", []
    for second, text in enumerate(("a { color: red }", "a { color: blue }")):
        style.write_text(text)
        os.utime(style, (second, second))
        os.utime(folder, (second, second))
        seen.append(hash_now(app))
        assert (
            gzip.decompress(get_small(browser, f"/static/{seen[-1]}/x.css").data) == text.encode()
        )
    assert seen[0] != seen[1]


def hash_now(app: Flask) -> str:
    with app.app_context():
        return folder_hash(str(app.static_folder))


class TestGzip:
    @pytest.mark.parametrize("name", ["evergreen.css", "js/session.js", "flow.svg"])
    def test_text_is_compressed(self, browser: Browser, name: str) -> None:
        plain, small = browser.get(f"/static/{name}"), get_small(browser, f"/static/{name}")
        assert small.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(small.data) == plain.data
        assert len(small.data) < len(plain.data) / 2
        assert small.headers["Content-Type"] == plain.headers["Content-Type"]
        assert small.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
        assert small.headers["ETag"] != plain.headers["ETag"]
        plain.close()

    @pytest.mark.parametrize("encoding", ["identity", "br", "gzip;q=0"])
    def test_not_for_clients_that_do_not_take_it(self, browser: Browser, encoding: str) -> None:
        with browser.get("/static/evergreen.css", **{"Accept-Encoding": encoding}) as answer:
            assert "Content-Encoding" not in answer.headers
            assert answer.text == (ROOT / "static" / "evergreen.css").read_text()

    def test_pictures_are_sent_as_they_are(self, browser: Browser) -> None:
        with browser.get("/static/icon-192.png", **GZIP) as answer:
            assert "Content-Encoding" not in answer.headers
            assert answer.data == (ROOT / "static" / "icon-192.png").read_bytes()

    def test_an_unchanged_file_is_not_sent_again(self, browser: Browser) -> None:
        etag = get_small(browser, "/static/evergreen.css").headers["ETag"]
        answer = get_small(browser, "/static/evergreen.css", **{"If-None-Match": etag})
        assert (answer.status_code, answer.data) == (304, b"")
        assert answer.headers["Cache-Control"] == BRIEFLY

    def test_another_content_has_another_etag(self, tmp_path: Path) -> None:
        for name in "ab":
            (tmp_path / name).write_text(name)
        etags = {compressed_file(str(tmp_path / name), 0).etag for name in "ab"}
        assert len(etags) == 2


def test_a_picture_that_is_opened_by_itself_may_have_styles_and_nothing_else(
    browser: Browser,
) -> None:
    for headers in (GZIP, {}):
        with browser.get("/static/flow.svg", **headers) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "style-src 'unsafe-inline'" in policy


@pytest.mark.parametrize("name", ["icon-192.png", "evergreen.css"])
def test_a_range_beyond_the_end_gets_the_length(browser: Browser, name: str) -> None:
    length = (ROOT / "static" / name).stat().st_size
    answer = browser.get(f"/static/{name}", Range="bytes=9999999-")
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{length}"


def test_with_the_reloader_files_are_what_the_disk_has(app: Flask, tmp_path: Path) -> None:
    app.debug, app.static_folder = True, str(tmp_path)
    client: Any = app.test_client()
    for text in ("a {}", "b {}"):
        (tmp_path / "x.css").write_text(text)
        with app.test_request_context():
            assert url_for("static", filename="x.css") == "/static/x.css"
        with client.get("/static/x.css", headers=GZIP) as answer:
            assert answer.text == text
            assert answer.headers["Cache-Control"] == "no-cache"


def urls_of(browser: Browser, path: str) -> list[str]:
    found = STATIC.findall(browser.get(path).text)
    assert found
    return found


def get_small(browser: Browser, path: str, **headers: str) -> TestResponse:
    return browser.get(path, **GZIP, **headers)
