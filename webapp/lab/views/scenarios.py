"""Pages of the scenarios: predict an outcome, run the scenario, compare four policies."""

from dataclasses import dataclass

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.core.errors import NotFound
from webapp.core.rate_limits import LAB_PER_ACCOUNT, LAB_PER_IP
from webapp.lab.diagram.comparison import conclude
from webapp.lab.diagram.jwt_parts import Part, decode
from webapp.lab.diagram.matrix import wins
from webapp.lab.diagram.steps import Run
from webapp.lab.sandbox.run import POLICIES, Policy, run
from webapp.lab.sandbox.scenarios import ALL, Scenario
from webapp.web.auth.authentication import load_identity_on_public_page
from webapp.web.auth.authorization import public
from webapp.web.compression import compressed
from webapp.web.language import gettext as _
from webapp.web.search_engines import indexable
from webapp.web.services import client_info, services

from . import lab
from .panels import entry_of, lab_services, row_of


@dataclass(frozen=True)
class Token:
    """A token of a sandbox, shown in full: it is valid nowhere else."""

    who: str
    cookie: str
    parts: list[Part]


@lab.get("/scenarios")
@public
def scenario_list() -> ResponseReturnValue:
    """Redirect to the list on the first page."""
    return redirect(url_for("lab.overview", _anchor="scenarios"))


@lab.get("/scenarios/<slug>")
@public
@indexable
@compressed
def scenario(slug: str) -> ResponseReturnValue:
    return render_template("lab/scenario.html", scenario=find(slug), **neighbours(slug))


@lab.post("/scenarios/<slug>")
@public
def run_scenario(slug: str) -> ResponseReturnValue:
    """Run the scenario in a new sandbox, and show the steps and the outcome."""
    g.identity = load_identity_on_public_page()  # a public form is taken without
    chosen, option = find(slug), request.form.get("option", "")
    if option not in chosen.options:
        option = next(iter(chosen.options), "")
    played = play(slug, option=option)
    return render_template(
        "lab/scenario.html",
        scenario=chosen,
        run=played,
        option=option,
        predicted=prediction(chosen),
        left=[
            entry_of(f"lab-session:{played.row.get('sid', '…')}", played.entry),
            row_of(played.row),
        ],
        tokens=[token_of(name, text) for name, text in played.tokens.items()],
        **neighbours(slug),
    )


@lab.get("/compare")
@public
@indexable
@compressed
def matrix() -> ResponseReturnValue:
    """All scenarios under all policies."""
    rows = lab_services().matrix.rows(played)
    return render_template(
        "lab/matrix.html", rows=rows, policies=POLICIES.values(), wins=wins(rows)
    )


@lab.get("/compare/<slug>")
@public
@indexable
@compressed
def compare(slug: str) -> ResponseReturnValue:
    """Run the scenario under each policy, and show the outcomes side by side."""
    chosen = find(slug)
    count_run()
    runs: list[tuple[Policy, Run]] = [
        (policy, played(slug, policy.slug)) for policy in POLICIES.values()
    ]
    return render_template(
        "lab/compare.html",
        scenario=chosen,
        runs=runs,
        conclusion=" ".join(_(sentence) for sentence in conclude(runs)),
        **neighbours(slug),
    )


def find(slug: str) -> Scenario:
    if slug not in ALL:
        raise NotFound
    return ALL[slug]


def play(slug: str, *, option: str) -> Run:
    """Run a scenario under this app's policy. Raises RateLimited, Unavailable."""
    count_run()
    return played(slug, "evergreen", option)


def count_run() -> None:
    """Of a user, or of a guest's IP. Raises RateLimited."""
    if g.identity:
        services().rate_limiter.count_user(LAB_PER_ACCOUNT, g.identity.user.id)
    else:
        services().rate_limiter.count_ip(LAB_PER_IP, client_info().ip)


def played(slug: str, policy: str, option: str | None = None) -> Run:
    return run(slug, policy, option or None, entries=lab_services().entries, now=services().now())


def prediction(chosen: Scenario) -> int | None:
    """Index of the predicted choice; None without a prediction."""
    text = request.form.get("prediction", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 3 else -1
    return number if 0 <= number < len(chosen.choices) else None


def token_of(name: str, text: str) -> Token:
    who, _colon, cookie = name.partition(": ")
    return Token(who, cookie, decode(text))


def neighbours(slug: str) -> dict[str, object]:
    """The scenarios before and after this one, for links."""
    slugs = list(ALL)
    place = slugs.index(slug)
    return {
        "all_scenarios": ALL,
        "before": ALL[slugs[place - 1]] if place else None,
        "after": ALL[slugs[place + 1]] if place + 1 < len(slugs) else None,
    }
