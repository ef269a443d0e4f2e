"""Compression of pages: only of views that ask for it, and only where no secret can leak.

An attacker who sees the length of compressed pages, and chooses a part of their text, can guess the
secrets in them letter by letter (BREACH, CVE-2013-3587). Cookies decide whose secrets a page holds:
for a request without cookies of this app it holds none, or new ones each time.
"""

import gzip
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue

from .auth import cookies
from .static_files import accepts_gzip

Parameters = ParamSpec("Parameters")

# Bytes: a smaller response fits into one packet as it is.
WORTH_IT = 1200
# Of 9: half a millisecond for 50 kB, and 3 % larger than with 9.
LEVEL = 5


def compressed(view: Callable[Parameters, ResponseReturnValue]) -> Callable[Parameters, Response]:
    """Compress the view's response for browsers that have no cookie of this app yet."""

    @wraps(view)
    def compressed_view(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Response:
        response = make_response(view(*args, **kwargs))
        if request.method in ("GET", "HEAD") and not cookies.has_own_cookies():
            compress(response)
        return response

    return compressed_view


def compress(response: Response) -> None:
    response.vary.add("Accept-Encoding")
    if accepts_gzip() and len(body := response.get_data()) >= WORTH_IT:
        response.set_data(gzip.compress(body, LEVEL, mtime=0))
        response.content_encoding = "gzip"
