"""Pages of the tour, each at a path of its own, for one reader or for a projector."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from webapp.core.errors import NotFound
from webapp.core.text import N_
from webapp.lab.sandbox.scenarios import ALL
from webapp.lab.tour import TOUR
from webapp.web.auth.authorization import public
from webapp.web.compression import compressed
from webapp.web.language import gettext
from webapp.web.search_engines import indexable

from . import lab

# Words in the sentences of the tour, and where they lead.
PLACES: dict[str, tuple[str, dict[str, str]]] = {
    N_("step 7"): ("lab.tour", {"number": "7"}),
    N_("question 7"): ("lab.questions", {"_anchor": "q7"}),
}


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
        "lab/tour.html",
        page=page,
        number=number,
        pages=TOUR,
        to_try=ALL.get(page.scenario),
        with_links=with_links,
    )


def with_links(sentence: str) -> Markup:
    """The sentence in the language of the reader, with links to PLACES."""
    text = escape(gettext(sentence))
    for words, (endpoint, values) in PLACES.items():
        shown = gettext(words)
        url = url_for(endpoint, **values)  # type: ignore[arg-type]
        text = text.replace(shown, Markup('<a href="{}">{}</a>').format(url, shown))
    return text
