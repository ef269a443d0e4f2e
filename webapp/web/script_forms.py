"""Forms that the page's own script sends: what was typed stays while something is wrong with it.

A script can't see where a redirect leads without following it, and that would use up the message
for the next page. So the answer names the target, and the script goes there (static/js/forms.js).
"""

from flask import Response, after_this_request, request

HEADER = "X-In-Place"


def prepare() -> None:
    if HEADER in request.headers:
        after_this_request(name_target)


def name_target(response: Response) -> Response:
    target = response.headers.get("Location")
    if target and 300 <= response.status_code < 400:
        del response.headers["Location"]
        response.headers["X-Location"] = target
        response.status_code, response.data = 204, b""
    return response
