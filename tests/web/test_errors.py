"""A person gets a page in plain words, a program gets JSON, and both get the request's name."""

import pytest
from flask import Flask, abort

from tests.support.browser import Browser
from webapp.web.authorization import public


@pytest.fixture
def failing(app: Flask) -> Browser:
    """The app with two routes that fail, one among the pages and one in the API."""

    def fail(status: int) -> None:
        if status == 500:
            raise RuntimeError("a bug")
        abort(status)

    public(fail)
    app.add_url_rule("/fail/<int:status>", "fail", fail)
    app.add_url_rule("/api/v1/fail/<int:status>", "api_fail", fail)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return Browser(app)


@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 415, 422, 429, 500, 503])
def test_every_error_has_a_page(failing: Browser, status: int) -> None:
    answer = failing.get(f"/fail/{status}")
    assert answer.status_code == status
    assert f'data-testid="error-code">{status}<' in answer.text
    assert answer.headers["X-Request-ID"] in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "bad_request"), (404, "not_found"), (429, "rate_limited"), (500, "internal_error")],
)
def test_every_error_is_json_in_the_api(failing: Browser, status: int, code: str) -> None:
    answer = failing.get(f"/api/v1/fail/{status}")
    assert answer.status_code == status
    assert answer.json["status"] == status
    assert answer.json["error"]["code"] == code
    assert answer.json["requestId"] == answer.headers["X-Request-ID"]


def test_an_unknown_address_under_the_api_is_json_too(browser: Browser) -> None:
    assert browser.get("/api/v1/nothing").json["error"]["code"] == "not_found"


def test_a_body_that_is_too_large_is_refused(browser: Browser) -> None:
    answer = browser.post("/login", email="x" * 70_000, password="x")
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("job-7.trace_1", True), ("x" * 65, False), ("a b", False), ("a\tb", False), ("", False)],
)
def test_an_inbound_request_id_is_kept_if_it_is_sane(
    browser: Browser, sent: str, kept: bool
) -> None:
    answer = browser.get("/", **{"X-Request-ID": sent})
    assert (answer.headers["X-Request-ID"] == sent) is kept


def test_a_401_names_its_reason_only_to_who_sent_a_token(browser: Browser) -> None:
    assert browser.fetch("/api/v1/protected").headers["WWW-Authenticate"] == (
        'Bearer realm="evergreen"'
    )
    assert (
        'error="invalid_token"'
        in (browser.fetch("/api/v1/protected", "rubbish").headers["WWW-Authenticate"])
    )
