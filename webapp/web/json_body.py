"""The JSON of a request, with every way in which it may be none."""

import json
from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest, HTTPException, UnsupportedMediaType


def json_body() -> Any:
    """Raises UnsupportedMediaType (415), BadRequest (400)."""
    if not request.is_json:
        raise UnsupportedMediaType
    try:
        # In UTF-8 and nothing else (RFC 8259 section 8.1): of bytes it would guess the encoding.
        return json.loads(request.get_data().decode())
    except (ValueError, RecursionError):  # no JSON, numbers of 5,000 digits, 50,000 brackets
        raise BadRequest from None


def json_object() -> dict[str, Any]:
    """For the pages' scripts: the object, or an empty one if the body is none."""
    try:
        body = json_body()
    except HTTPException:
        return {}
    return body if isinstance(body, dict) else {}
