"""Pages of the tour, each at a path of its own, for one reader or for a projector."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from webapp.core.errors import NotFound
from webapp.lab.sandbox.scenarios import ALL
from webapp.lab.tour import TOUR
from webapp.web.auth.authorization import public
from webapp.web.compression import compressed
from webapp.web.search_engines import indexable

from . import lab


@lab.get("/walk")
@public
def tour_start() -> ResponseReturnValue:
    return redirect(url_for("lab.tour", number=1))


@lab.get("/walk/<int:number>")
@public
@indexable
@compressed
def tour(number: int) -> ResponseReturnValue:
    """Page `number` of the tour, counted from 1."""
    if not 1 <= number <= len(TOUR):
        raise NotFound
    page = TOUR[number - 1]
    return render_template(
        "lab/tour.html", page=page, number=number, pages=TOUR, to_try=ALL.get(page.scenario)
    )
