"""The start page: where it leads, what it compares, and the demo account of development."""

import re

from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.test_config import SECRETS
from webapp import create_app
from webapp.development import DEMO
from webapp.lab.diagram.matrix import SCORES

WINS = re.compile(r'data-testid="wins-([^"]+)">\s*<b>(\d+)</b>')


def development(environment: dict[str, str], clock: Clock) -> Browser:
    settings = environment | {"WEBAPP_MODE": "development", "WEBAPP_LAB": "1"}
    return Browser(create_app(settings, clock))


def test_its_figures_are_those_of_the_comparison(environment: dict[str, str], clock: Clock) -> None:
    browser = development(environment, clock)
    compared = {slug: int(wins) for slug, wins in WINS.findall(browser.get("/lab/compare").text)}
    assert compared == SCORES
    page = browser.get("/").text
    for slug, score in SCORES.items():
        row = page[page.index(f'data-testid="home-score-{slug}"') :].partition("</tr>")[0]
        assert f"{score} of 14" in row
        assert row.count('class="right"') == score


def test_it_leads_into_the_lab_where_there_is_one(
    environment: dict[str, str], clock: Clock
) -> None:
    assert 'href="/lab/walk/1"' in development(environment, clock).get("/").text
    without = Browser(create_app(environment | {"WEBAPP_LAB": "0"}, clock)).get("/").text
    assert "/lab" not in without
    assert "home-scores" not in without


def test_one_click_signs_in_to_the_demo_account(environment: dict[str, str], clock: Clock) -> None:
    browser = development(environment, clock)
    page = browser.get("/").text
    sent = dict(re.findall(r'type="hidden" name="(email|password)" value="([^"]+)"', page))
    assert sent == {"email": DEMO.email, "password": DEMO.password}
    here = browser.headers | {"Sec-Fetch-Site": "same-origin"}
    assert browser.client.post("/login", data=sent, headers=here).location == "/dashboard"
    assert browser.is_in()
    assert "home-demo" not in browser.get("/").text


def test_another_site_does_not_sign_anybody_in_to_the_demo_account(
    environment: dict[str, str], clock: Clock
) -> None:
    browser = development(environment, clock)
    elsewhere = browser.headers | {"Sec-Fetch-Site": "cross-site"}
    sent = {"email": DEMO.email, "password": DEMO.password}
    browser.client.post("/login", data=sent, headers=elsewhere)
    assert not browser.refresh_token


def test_in_production_there_is_no_demo_account(environment: dict[str, str], clock: Clock) -> None:
    production = SECRETS | {"WEBAPP_MODE": "production", "WEBAPP_BCRYPT_ROUNDS": "10"}
    assert "demo" not in Browser(create_app(environment | production, clock)).get("/").text
