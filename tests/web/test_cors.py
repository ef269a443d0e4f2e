"""Pages of other origins: with a bearer token, and only from the origins of the setting."""

import pytest

from tests.support.browser import Browser
from tests.support.clock import Clock
from webapp import create_app

APP = "https://app.example.com"
PREFLIGHT = {
    "Access-Control-Request-Method": "GET",
    "Access-Control-Request-Headers": "authorization",
}


@pytest.fixture
def api(environment: dict[str, str], clock: Clock) -> Browser:
    return Browser(create_app(environment | {"WEBAPP_CORS_ORIGINS": APP}, clock))


def test_a_preflight_of_a_named_origin_is_allowed(api: Browser) -> None:
    answer = api.client.options("/api/v1/protected", headers=PREFLIGHT | {"Origin": APP})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == APP
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert answer.vary.to_header() == "Origin"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", f"{APP}.evil.example", ""])
def test_any_other_origin_is_not(api: Browser, origin: str) -> None:
    answer = api.client.options("/api/v1/protected", headers=PREFLIGHT | {"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Access-Control-Allow-Methods" not in answer.headers


def test_a_refusal_can_be_read_as_well(api: Browser) -> None:
    answer = api.client.get("/api/v1/protected", headers={"Origin": APP})
    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == APP


def test_cookies_prove_nothing_there(api: Browser) -> None:
    api.sign_in()
    assert api.client.get("/api/v1/protected", headers={"Origin": APP}).status_code == 401


def test_pages_are_for_no_other_origin(api: Browser) -> None:
    assert "Access-Control-Allow-Origin" not in api.get("/login", Origin=APP).headers


def test_without_the_setting_there_is_no_header(browser: Browser) -> None:
    answer = browser.client.options("/api/v1/protected", headers=PREFLIGHT | {"Origin": APP})
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
