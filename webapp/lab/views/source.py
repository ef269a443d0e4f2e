"""A page with a file of the project, at the lines that another page of the lab names."""

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from webapp.lab.source import lines_of, read_source
from webapp.web.auth.authorization import public
from webapp.web.compression import compressed

from . import lab


@lab.get("/code/<path:path>")
@public
@compressed
def code(path: str) -> ResponseReturnValue:
    text, name = read_source(path), request.args.get("find", "")
    if text is None:
        abort(404)
    return render_template(
        "lab/code.html",
        path=path,
        name=name,
        lines=text.splitlines(),
        lines_meant=lines_of(text, name),
    )
