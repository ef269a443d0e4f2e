"""Pages to look things up: twelve questions, architectures compared, how to choose lifetimes."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from webapp.core.end_reasons import EndReason
from webapp.lab.architectures import COMPARISONS
from webapp.lab.lifetimes import FIELDS, HOUR, UNIT_NAMES, Lifetimes, read_lifetimes
from webapp.lab.sandbox.scenarios import ALL
from webapp.web.auth.authorization import public
from webapp.web.compression import compressed
from webapp.web.messages import WHY_SIGNED_OUT
from webapp.web.search_engines import indexable
from webapp.web.services import services

from . import lab

# Of the calculator, where the settings say nothing.
USERS, REQUESTS_PER_HOUR, WEEKEND = 1000, 60, 64 * HOUR


@lab.get("/questions")
@public
@indexable
@compressed
def questions() -> ResponseReturnValue:
    return render_template(
        "lab/questions.html",
        all_scenarios=ALL,
        theft_notice=WHY_SIGNED_OUT[EndReason.REUSE],
        **settings_of_this_server(),
    )


@lab.get("/architectures")
@public
@indexable
@compressed
def architectures() -> ResponseReturnValue:
    return render_template("lab/architectures.html", comparisons=COMPARISONS)


@lab.get("/lifetimes")
@public
@indexable
@compressed
def lifetimes() -> ResponseReturnValue:
    """A calculator by GET: its numbers are in the URL, so a result has a link."""
    texts, errors, chosen = read_lifetimes(request.args, lifetimes_of_this_server())
    page = render_template(
        "lab/lifetimes.html",
        fields=FIELDS,
        units=UNIT_NAMES,
        texts=texts,
        errors=errors,
        chosen=chosen,
        **settings_of_this_server(),
    )
    return page, 422 if errors else 200


def lifetimes_of_this_server() -> Lifetimes:
    """With “Keep me signed in”."""
    settings = services().settings
    limit = settings.session_max_age
    idle = min(limit, settings.refresh_token_ttl)
    return Lifetimes(
        access=min(idle, settings.access_token_ttl),
        grace=settings.refresh_grace,
        idle=idle,
        limit=limit,
        users=USERS,
        requests=REQUESTS_PER_HOUR,
        pause=WEEKEND,
    )


def settings_of_this_server() -> dict[str, object]:
    settings = services().settings
    return {
        "access_ttl": settings.access_token_ttl,
        "remembered_idle": settings.refresh_token_ttl,
        "idle": settings.session_idle_ttl,
        "max_age": settings.session_max_age,
        "grace": settings.refresh_grace,
    }
