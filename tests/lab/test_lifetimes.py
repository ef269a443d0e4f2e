"""The calculator: its formulas, and what it takes for a number."""

from dataclasses import replace

import pytest

from webapp.lab.lifetimes import (
    DAY,
    FIELDS,
    HOUR,
    MINUTE,
    Lifetimes,
    format_rate,
    format_span,
    read_lifetimes,
)

DEFAULTS = Lifetimes(
    access=300,
    grace=30,
    idle=720 * HOUR,
    limit=90 * DAY,
    users=1000,
    requests=60,
    pause=64 * HOUR,
)


class TestFormulas:
    def test_a_refresh_comes_with_the_first_request_after_the_expiry(self) -> None:
        assert DEFAULTS.refresh_interval == 360
        assert DEFAULTS.refreshes_per_second == pytest.approx(2.78, abs=0.01)
        assert DEFAULTS.timer_refreshes_per_second == pytest.approx(3.33, abs=0.01)
        assert DEFAULTS.refreshed_share == pytest.approx(1 / 6)

    def test_who_comes_once_an_hour_refreshes_nearly_always(self) -> None:
        seldom = replace(DEFAULTS, requests=1, access=60)
        assert seldom.refreshed_share == pytest.approx(60 / 61)

    @pytest.mark.parametrize(
        ("access", "idle", "limit", "requests"),
        [(HOUR, 1, 1, 60), (HOUR, 1, 24, 60), (HOUR, 24, 1, 60), (300, 1, 24, 1)],
    )
    def test_a_session_that_ends_before_its_first_refresh_has_none(
        self, access: int, idle: int, limit: int, requests: int
    ) -> None:
        chosen = replace(
            DEFAULTS, access=access, idle=idle * HOUR, limit=limit * HOUR, requests=requests
        )
        assert not chosen.is_renewed
        assert chosen.first_end == HOUR
        assert chosen.refreshes_per_second == chosen.refreshed_share == chosen.cores == 0

    def test_each_refresh_costs_half_a_millisecond(self) -> None:
        assert replace(DEFAULTS, users=720_000).cores == pytest.approx(1.022)

    @pytest.mark.parametrize(
        ("idle", "pause", "is_too_long"),
        [(65, 64, False), (64, 64, True), (12, 14, True), (100, 5000, True), (2160, 5000, False)],
    )
    def test_a_person_signs_in_after_a_pause_or_at_the_limit(
        self, idle: int, pause: int, is_too_long: bool
    ) -> None:
        chosen = replace(DEFAULTS, idle=idle * HOUR, pause=pause * HOUR)
        assert chosen.pause_is_too_long == is_too_long

    @pytest.mark.parametrize(
        ("limit", "idle", "level"),
        [
            (90 * DAY, HOUR, ""),
            (30 * DAY, 30 * DAY, "AAL1"),
            (DAY, HOUR, "AAL2"),
            (DAY, 2 * HOUR, "AAL1"),
            (12 * HOUR, 15 * MINUTE, "AAL3"),
            (12 * HOUR, HOUR, "AAL2"),
        ],
    )
    def test_the_strictest_level_is_named(self, limit: int, idle: int, level: str) -> None:
        assert replace(DEFAULTS, limit=limit, idle=idle).nist_level == level


class TestReads:
    def test_what_is_missing_as_the_defaults(self) -> None:
        texts, errors, chosen = read_lifetimes({}, DEFAULTS)
        assert (errors, chosen) == ({}, DEFAULTS)
        assert [texts[name] for name in ("idle", "idle_unit", "grace", "grace_unit")] == [
            *("30", "d", "30", "s")
        ]
        assert (texts["pause"], texts["pause_unit"], texts["users_unit"]) == ("64", "h", "")

    def test_each_number_in_its_unit(self) -> None:
        query = {"access": " 60 ", "idle": "1", "limit": "12", "pause": "3"}
        chosen = read_lifetimes(query, DEFAULTS)[2]
        assert chosen == replace(DEFAULTS, access=60, idle=HOUR, limit=12 * HOUR, pause=3 * HOUR)

    def test_with_a_unit_that_is_chosen(self) -> None:
        query = {"access": "2", "access_unit": "min", "limit": "36", "limit_unit": "d"}
        texts, _, chosen = read_lifetimes(query | {"idle": "5", "idle_unit": "x"}, DEFAULTS)
        assert chosen == replace(DEFAULTS, access=120, limit=36 * DAY, idle=5 * HOUR)
        assert (texts["access"], texts["access_unit"], texts["idle_unit"]) == ("2", "min", "h")

    def test_no_time_beyond_what_a_unit_makes_of_a_small_number(self) -> None:
        errors = read_lifetimes({"grace": "11", "grace_unit": "min"}, DEFAULTS)[1]
        assert errors == {"grace": "Enter a time from 0 s to 10 min."}

    def test_no_grace_at_all(self) -> None:
        assert read_lifetimes({"grace": "0"}, DEFAULTS)[2] == replace(DEFAULTS, grace=0)

    @pytest.mark.parametrize("name", [field.name for field in FIELDS])
    @pytest.mark.parametrize(
        "text", ["", "00x", "-1", "1.5", "x", "1e3", "\u0663", "9" * 5000, "999999999", "<b>"]
    )
    def test_nothing_else(self, name: str, text: str) -> None:
        texts, errors, chosen = read_lifetimes({name: text}, DEFAULTS)
        assert list(errors) == [name]
        assert (texts[name], chosen) == (text, None)

    def test_no_limits_that_contradict_each_other(self) -> None:
        assert list(read_lifetimes({"idle": "2161"}, DEFAULTS)[1]) == ["idle"]
        assert list(read_lifetimes({"idle": "1", "access": "3601"}, DEFAULTS)[1]) == ["access"]

    def test_and_names_each_of_two_errors(self) -> None:
        assert list(read_lifetimes({"idle": "2161", "users": "x"}, DEFAULTS)[1]) == [
            "users",
            "idle",
        ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((45, "45 s"), (60, "1 min"), (90, "90 s"), (300, "5 min"), (150, "2.5 min")),
        *(
            (HOUR, "1 h"),
            (5400, "90 min"),
            (12 * HOUR, "12 h"),
            (DAY, "24 h"),
            (30 * DAY, "30 days"),
        ),
    ],
)
def test_spans_have_a_unit(seconds: float, text: str) -> None:
    assert format_span(seconds) == text


@pytest.mark.parametrize(("number", "text"), [(0.1419, "0.14"), (2.78, "2.8"), (12345, "12,345")])
def test_rates_have_two_digits(number: float, text: str) -> None:
    assert format_rate(number) == text
