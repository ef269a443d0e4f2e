"""A page with a file of the project, at the lines that another page of the lab names."""

import re

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.core.text import N_
from webapp.lab.sandbox.scenarios import ALL
from webapp.lab.source import breakable, kinds_of_lines, lines_of, read_source
from webapp.web.auth.authorization import public
from webapp.web.compression import compressed

from . import lab

# Pages that lead to files, besides the scenarios and the questions.
PAGES = {"architectures": N_("Architectures"), "lifetimes": N_("Lifetimes")}


@lab.get("/code/<path:path>")
@public
@compressed
def code(path: str) -> ResponseReturnValue:
    text, name = read_source(path), request.args.get("find", "")
    if text is None:
        abort(404)
    lines = text.splitlines()
    back, title = page_before(request.args.get("from", ""))
    return render_template(
        "lab/code.html",
        path=path,
        name=name,
        lines=lines,
        kinds=kinds_of_lines(path, lines),
        breakable=breakable,
        lines_meant=lines_of(text, name),
        back=back,
        back_title=title,
    )


def page_before(key: str) -> tuple[str, str]:
    """URL and title of the page that led here: a scenario's slug, `q7`, or the name of a page."""
    if key in ALL:
        return url_for("lab.scenario", slug=key), ALL[key].title
    if key in PAGES:
        return url_for(f"lab.{key}"), PAGES[key]
    anchor = key if re.fullmatch(r"q\d{1,2}", key) else None
    return url_for("lab.questions", _anchor=anchor), N_("Questions")
