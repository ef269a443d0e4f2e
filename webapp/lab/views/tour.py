"""A guided tour, to be read alone or projected by a teacher: each stop has its own address."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.core.errors import NotFound
from webapp.core.policy import Permission
from webapp.lab.sandbox.scenarios import ALL
from webapp.lab.tour import STOPS
from webapp.web.auth.authorization import requires

from . import lab


@lab.get("/walk")
@requires(Permission.OWN_ACCOUNT)
def first_step() -> ResponseReturnValue:
    return redirect(url_for("lab.tour", number=1))


@lab.get("/walk/<int:number>")
@requires(Permission.OWN_ACCOUNT)
def tour(number: int) -> ResponseReturnValue:
    """From 1."""
    if not 1 <= number <= len(STOPS):
        raise NotFound
    stop = STOPS[number - 1]
    return render_template(
        "lab/tour.html", stop=stop, number=number, stops=STOPS, to_try=ALL.get(stop.scenario)
    )
