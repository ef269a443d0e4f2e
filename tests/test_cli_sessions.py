"""Who is signed in where, out with them, and what happened: as an operator sees it."""

from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import services_of
from tests.support.browser import EMAIL, FIREFOX, PASSWORD, Browser
from tests.support.clock import Clock
from tests.support.commands import read, refusal, run
from tests.support.many_sessions import open_many, user_of
from tests.support.servers import RedisServer, wait_until
from webapp import create_app
from webapp.core.token_issuer import ClientInfo
from webapp.store.sql.models import EventRow, SessionRow, db

DAY = 86400
FACTS = {
    *("sid", "user_id", "email", "client_id", "state", "created_at", "last_seen", "expires_at"),
    *("remembered", "ip", "browser", "user_agent", "ended_at", "ended_reason"),
}


@pytest.fixture
def sid(app: Flask, browser: Browser) -> str:
    browser.sign_in()
    (session,) = read(app, "sessions", "list")
    found: str = session["sid"]
    return found


def test_a_list_names_whose_and_where(app: Flask, sid: str) -> None:
    (session,) = read(app, "sessions", "list", "--user", EMAIL)
    assert set(session) == FACTS
    assert (session["email"], session["state"], session["ip"]) == (EMAIL, "open", "127.0.0.1")
    assert session["browser"].startswith("Chrome")
    assert read(app, "sessions", "show", sid) == session
    assert sid in run(app, "sessions", "list").stdout


def test_one_that_is_over_is_listed_with_the_others_only(app: Flask, sid: str) -> None:
    run(app, "sessions", "end", sid, "--yes")
    assert read(app, "sessions", "list") == []
    (session,) = read(app, "sessions", "list", "--all")
    assert (session["state"], session["ended_reason"]) == ("ended", "ended_by_admin")


def test_what_ended_with_all_others_is_listed_as_ended_before_its_row_says_so(
    app: Flask, sid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = services_of(app)
    monkeypatch.setattr(services.background, "run", lambda job, what: None)
    with app.app_context():
        open_many(app, EMAIL, 200, ClientInfo("192.0.2.1", FIREFOX))
        services.devices.end_all(user_of(app, EMAIL).id, "ended_by_admin", services.now())
        assert db.session.query(SessionRow).filter_by(ended_at=None).count() == 101
    assert read(app, "sessions", "list") == []
    listed = [read(app, "sessions", "list", "--all", "--page", page) for page in ("1", "5")]
    assert [len(page) for page in listed] == [50, 1]
    found = {(each["state"], each["ended_reason"]) for page in listed for each in page}
    assert found == {("ended", "ended_by_admin")}


def test_one_that_idled_for_too_long_is_not_open(app: Flask, sid: str, clock: Clock) -> None:
    clock.advance(12 * 3600 + 1)
    assert read(app, "sessions", "list") == []
    assert read(app, "sessions", "show", sid)["state"] == "expired"


def test_an_end_is_read_by_every_worker(
    app: Flask, browser: Browser, sid: str, environment: dict[str, str], clock: Clock
) -> None:
    other = Browser(create_app(environment, clock))
    other.keep({"access_token": browser.access_token})
    wait_until(other.is_in)
    assert read(app, "sessions", "end", sid, "--yes")["ended_reason"] == "ended_by_admin"
    assert not browser.is_in()
    wait_until(lambda: not other.is_in())


def test_an_end_can_be_published_again(app: Flask, sid: str) -> None:
    for _ in range(2):
        assert read(app, "sessions", "end", sid, "--yes")["ended_reason"] == "ended_by_admin"
    assert refusal(app, "sessions", "end", "nothing", "--yes") == "There is no session nothing."


@pytest.mark.parametrize("sid", ["-1ewdcHmIuxWS6K0XRCksA", "--I1x_lI6dbIox_IE_sKVw"])
def test_one_whose_name_begins_with_a_dash_is_found(app: Flask, browser: Browser, sid: str) -> None:
    browser.sign_in()
    with app.app_context():
        db.session.query(SessionRow).update({"sid": sid})
        db.session.commit()
    assert read(app, "sessions", "show", sid)["sid"] == sid
    assert read(app, "sessions", "end", sid, "--yes")["sid"] == sid
    assert run(app, "sessions", "end", sid, "--jsn").exit_code == 2


def test_an_end_is_asked_about(app: Flask, browser: Browser, sid: str) -> None:
    for arguments in (("end", sid), ("end-all",)):
        assert run(app, "sessions", *arguments, typed="n\n").exit_code == 1
    assert browser.is_in()


def test_end_all_ends_them_in_batches(
    app: Flask, browser: Browser, sid: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.cli.sessions.BATCH", 2)
    others = [Browser(app, FIREFOX) for _ in range(3)]
    for other in others:
        other.sign_in()
    assert read(app, "sessions", "end-all", "--yes") == {"ended": 4}
    assert not any(each.is_in() for each in (browser, *others))


def test_an_end_that_redis_cannot_take_is_an_end_and_says_so(
    environment: dict[str, str], clock: Clock, tmp_path: Path
) -> None:
    (tmp_path / "redis").mkdir()
    server = RedisServer(tmp_path / "redis").start()
    app = create_app(environment | {"REDIS_URL": server.url}, clock)
    browser = Browser(app)
    browser.sign_in()
    (session,) = read(app, "sessions", "list")
    server.stop()
    result = run(app, "sessions", "end", session["sid"], "--yes")
    assert result.exit_code == 0
    assert "Redis could not be updated" in result.stderr
    assert "300 s" in result.stderr
    assert not browser.is_in()


def test_sql_that_does_not_answer_is_one_line(app: Flask, sid: str) -> None:
    with app.app_context():
        EventRow.__table__.drop(db.engine)
    complaint = refusal(app, "sessions", "end-all", "--yes")
    with app.app_context():
        EventRow.__table__.create(db.engine)
    assert complaint.startswith("0 sessions are ended; then a store was unavailable.")


def test_what_a_browser_says_of_itself_commands_no_terminal(app: Flask, browser: Browser) -> None:
    browser.headers["User-Agent"] = "curl\x1b\x9b2J/1.0"
    browser.sign_in()
    (session,) = read(app, "sessions", "list")
    assert "\x1b" in session["user_agent"]
    for command in (("list",), ("show", session["sid"])):
        shown = run(app, "sessions", *command).stdout
        assert all(line.isprintable() for line in shown.split("\n"))


class TestEvents:
    def test_they_are_filtered_by_user_kind_and_time(
        self, app: Flask, browser: Browser, clock: Clock
    ) -> None:
        browser.sign_in()
        clock.advance(2 * DAY)
        browser.sign_in()
        signed_in = ("events", "list", "--user", EMAIL, "--kind", "signed_in")
        assert len(read(app, *signed_in)) == 2
        assert len(read(app, *signed_in, "--since", "1d")) == 1
        assert len(read(app, *signed_in, "--since", "2020-01-01")) == 2
        assert len(read(app, *signed_in, "--since", "2120-01-01T10:00:00Z")) == 0
        assert {event["kind"] for event in read(app, "events", "list")} > {"signed_in"}

    def test_only_the_newest_are_shown(self, app: Flask, browser: Browser) -> None:
        browser.sign_in()
        result = run(app, "events", "list", "--limit", "1")
        assert "signed_in" in result.stdout
        assert result.stdout.count("\n") == 1
        assert "--limit shows more" in result.stderr

    @pytest.mark.parametrize(
        "wrong", [("--since", "yesterday"), ("--kind", "burglary"), ("--limit", "0")]
    )
    def test_a_wrong_filter_is_a_wrong_use(self, app: Flask, wrong: tuple[str, str]) -> None:
        assert run(app, "events", "list", *wrong).exit_code == 2


def test_tidy_removes_all_and_counts_it(app: Flask, clock: Clock) -> None:
    old = int(clock()) - 500 * DAY
    with app.app_context():
        db.session.add_all(EventRow(kind="signed_in", at=old) for _ in range(501))
        db.session.commit()
    assert read(app, "purge") == {"sessions": 0, "events": 501, "accounts": 0}
    assert run(app, "purge").stdout == "Removed 0 sessions and 0 events.\n"
    assert run(app, "tidy").stdout == "Removed 0 sessions and 0 events.\n"


def test_a_password_is_never_asked_for_on_standard_output(app: Flask) -> None:
    created = ("users", "create", "root@example.com")
    assert read(app, *created, typed=f"{PASSWORD}\n{PASSWORD}\n")["email"] == "root@example.com"
