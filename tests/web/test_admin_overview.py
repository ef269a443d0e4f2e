"""The figures for admins: right, of the last 14 days, and at a bounded cost."""

import re

import pytest
from flask import Flask

from tests.conftest import services_of
from tests.support.api import Program, error_code
from tests.support.browser import EMAIL, FIREFOX, PASSWORD, Browser
from tests.support.clock import Clock
from tests.support.factors import switch_on_second_step
from tests.support.soft_passkey import SoftPasskey, add_passkey
from webapp.core.models import UserChanges
from webapp.core.statistics import DAY, Series
from webapp.store.sql.statistics import SqlStatistics

ROOT = "root@example.com"


@pytest.fixture
def admin(app: Flask, clock: Clock) -> Browser:
    with app.app_context():
        services_of(app).accounts.register(ROOT, PASSWORD, role="admin", now=clock())
    browser = Browser(app)
    browser.sign_in(ROOT)
    return browser


def charts(browser: Browser) -> dict[str, int]:
    found = re.findall(
        r'data-series="(\w+)".*?data-testid="chart-total">(\d+)<',
        browser.get("/admin").text,
        re.DOTALL,
    )
    return {series: int(total) for series, total in found}


def totals(browser: Browser) -> dict[str, str]:
    return dict(re.findall(r'data-testid="total-([\w-]+)">([^<]+)<', browser.get("/admin").text))


def test_only_admins_see_it(app: Flask, browser: Browser) -> None:
    assert browser.get("/admin").location.startswith("/login")
    browser.sign_in()
    assert browser.get("/admin").status_code == 403


def test_each_kind_of_event_is_in_its_own_chart(
    app: Flask, admin: Browser, browser: Browser, clock: Clock
) -> None:
    before = charts(admin)
    browser.sign_in()
    browser.sign_out()
    Browser(app, FIREFOX).post("/login", email=EMAIL, password="a wrong one")
    with app.app_context():
        services_of(app).accounts.register("new@example.com", PASSWORD, now=clock())
    assert charts(admin) == {
        Series.SIGN_INS: before[Series.SIGN_INS] + 1,
        Series.FAILED_SIGN_INS: before[Series.FAILED_SIGN_INS] + 1,
        Series.NEW_ACCOUNTS: before[Series.NEW_ACCOUNTS] + 1,
        Series.THEFTS: 0,
    }


def test_a_theft_is_counted_and_another_end_is_not(
    app: Flask, admin: Browser, clock: Clock
) -> None:
    program = Program(app)
    first = program.log_in()["refresh_token"]
    second = program.refresh(first).get_json()["data"]["auth"]["refresh_token"]
    assert program.refresh(second).status_code == 200
    clock.advance(120)
    assert error_code(program.refresh(first)) == "refresh_reused"
    other = Browser(app)
    other.sign_in()
    other.sign_out()
    assert charts(admin)[Series.THEFTS] == 1


def test_a_day_falls_out_after_two_weeks(app: Flask, admin: Browser, clock: Clock) -> None:
    browser = Browser(app)
    browser.sign_in()
    day = int(clock() // DAY)
    with app.app_context():
        found = SqlStatistics().daily(day)
        assert found.counts[Series.SIGN_INS, day] == 2
        assert SqlStatistics().daily(day + 1).counts == {}
    clock.advance(13 * DAY)
    again = Browser(app)
    again.sign_in(ROOT)
    assert charts(again)[Series.SIGN_INS] == 3
    clock.advance(DAY)
    last = Browser(app)
    last.sign_in(ROOT)
    assert charts(last)[Series.SIGN_INS] == 2


def test_the_totals(app: Flask, admin: Browser) -> None:
    assert totals(admin) == {"users": "3", "sessions": "1", "passkey": "0", "second-step": "0"}
    browser = Browser(app)
    browser.sign_in()
    for _ in range(2):
        add_passkey(browser, SoftPasskey(services_of(app).settings.public_url))
    switch_on_second_step(app)
    assert totals(admin) == {"users": "3", "sessions": "2", "passkey": "1", "second-step": "1"}
    browser.sign_out()
    assert totals(admin)["sessions"] == "1"


def test_what_is_not_counted_to_its_end_is_said_to_be_so(
    app: Flask, admin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "counts-limited" not in admin.get("/admin").text
    monkeypatch.setattr(SqlStatistics, "max_events", 2)
    monkeypatch.setattr(SqlStatistics, "max_total", 1)
    assert "Only the newest 2 events are counted" in admin.get("/admin").text
    assert sum(charts(admin).values()) <= 2
    assert totals(admin)["users"] == "1+"


def test_every_figure_is_in_the_table_too(admin: Browser) -> None:
    page = admin.get("/admin").text
    rows = re.findall(r'<th scope="row">([^<]+)</th>((?:\s*<td>\d+</td>){4})', page)
    assert len(rows) == 14
    in_table = [
        sum(map(int, column))
        for column in zip(*(re.findall(r"\d+", cells) for _, cells in rows), strict=True)
    ]
    assert in_table == list(charts(admin).values())


class TestUsersList:
    @pytest.fixture(autouse=True)
    def people(self, app: Flask, admin: Browser, clock: Clock) -> None:
        admin_of = services_of(app).user_admin
        with app.app_context():
            for name in ("gone", "new"):
                services_of(app).accounts.register(f"{name}@example.com", PASSWORD, now=clock())
            (gone,) = admin_of.page(query="gone", sort="email", page=1, per_page=1).users
            admin_of.change(gone.id, UserChanges(disabled=True), clock())
            services_of(app).registration.register("open@example.com", PASSWORD, "", clock())

    @pytest.mark.parametrize(
        ("kind", "emails"),
        [
            ("admins", [ROOT]),
            ("disabled", ["gone@example.com"]),
            ("unconfirmed", ["open@example.com"]),
            ("admins&q=gone", []),
            ("disabled&q=gone", ["gone@example.com"]),
        ],
    )
    def test_a_filter_shows_its_own(self, admin: Browser, kind: str, emails: list[str]) -> None:
        page = admin.get(f"/admin/users?kind={kind}").text
        assert re.findall(r'data-email="([^"]+)"', page) == emails

    def test_an_unknown_filter_shows_all(self, admin: Browser) -> None:
        page = admin.get("/admin/users?kind=nonsense").text
        assert len(re.findall(r"data-email=", page)) == 6

    def test_search_sort_and_filter_stay_together(self, admin: Browser) -> None:
        page = admin.get("/admin/users?kind=disabled&q=gone&sort=name").text
        assert 'href="/admin/users?q=gone&amp;kind=disabled&amp;sort=email"' in page
        assert 'href="/admin/users?q=gone&amp;kind=admins&amp;sort=name"' in page
        assert '<input type="hidden" name="kind" value="disabled">' in page

    def test_the_last_sign_in_is_shown(self, admin: Browser) -> None:
        page = admin.get("/admin/users?sort=email").text
        shown = re.findall(
            r'data-testid="last-sign-in">.*?</span>\s*(.*?)\s*</td>', page, re.DOTALL
        )
        assert ["<time" in cell for cell in shown] == [False] * 5 + [True]
        assert "not yet" in shown[0]
