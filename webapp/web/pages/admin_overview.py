"""For admins: the last days in figures."""

from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue

from webapp.core.policy import Permission
from webapp.core.security_events import EventKind
from webapp.core.statistics import DAY, DailyCounts, Series
from webapp.core.text import N_
from webapp.web.auth.authorization import requires
from webapp.web.language import gettext as _
from webapp.web.services import services

from . import pages

DAYS = 14
# Of the tallest bar, in units of the picture.
HEIGHT = 64
# Series → title, and the filter of the list of events. No filter shows thefts alone.
CHARTS = {
    Series.SIGN_INS: (N_("Sign-ins"), EventKind.SIGNED_IN),
    Series.FAILED_SIGN_INS: (N_("Failed sign-ins"), EventKind.SIGN_IN_FAILED),
    Series.NEW_ACCOUNTS: (N_("New accounts"), EventKind.REGISTERED),
    Series.THEFTS: (N_("Stolen sessions"), ""),
}


@dataclass(frozen=True)
class Bar:
    at: int
    """The begin of its day, in Unix seconds."""
    count: int
    height: float


@dataclass(frozen=True)
class Chart:
    name: str
    title: str
    kind: str
    bars: list[Bar]
    total: int
    most: Bar


@pages.get("/admin")
@requires(Permission.MANAGE_USERS)
def admin_overview() -> ResponseReturnValue:
    statistics, now = services().user_admin.statistics, services().now()
    days = range(int(now // DAY) - DAYS + 1, int(now // DAY) + 1)
    found = statistics.daily(days[0])
    return render_template(
        "admin/overview.html",
        charts=[chart(series, found, days) for series in CHARTS],
        totals=statistics.totals(int(now)),
        max_total=statistics.max_total,
        max_events=None if found.complete else statistics.max_events,
    )


def chart(series: Series, found: DailyCounts, days: range) -> Chart:
    title, kind = CHARTS[series]
    counts = [found.counts.get((series, day), 0) for day in days]
    scale = HEIGHT / max(*counts, 1)
    bars = [
        Bar(day * DAY, count, round(count * scale, 1))
        for day, count in zip(days, counts, strict=True)
    ]
    most = max(bars, key=lambda bar: bar.count)
    return Chart(series, _(title), kind, bars, sum(counts), most)
