"""A page with a file of the project, at the line that another page of the lab names."""

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from webapp.lab.source import line_of, read_source
from webapp.web.auth.authorization import public
from webapp.web.compression import compressed

from . import lab


@lab.get("/code/<path:path>")
@public
@compressed
def code(path: str) -> ResponseReturnValue:
    text = read_source(path)
    if text is None:
        abort(404)
    found = line_of(text, request.args.get("find", ""))
    return render_template("lab/code.html", path=path, lines=text.splitlines(), found=found)
