"""What the views for the passkey script share: its JSON, and JSON for its errors."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from webapp.core.errors import EvergreenError, NotFound, PasskeyInvalid, ReauthenticationRequired
from webapp.web.error_handlers import status_of
from webapp.web.json_body import json_object
from webapp.web.language import gettext as _
from webapp.web.services import services


def for_script(
    view: Callable[..., ResponseReturnValue],
) -> Callable[..., ResponseReturnValue]:
    """The view answers errors as JSON: `{"error": {"code", "message", "location"?}}`."""

    @wraps(view)
    def answer(*args: Any, **values: Any) -> ResponseReturnValue:
        try:
            if not services().factors.passkeys.party.id:
                raise NotFound
            return view(*args, **values)
        except EvergreenError as error:
            facts = {"code": error.code, "message": _(error.text)}
            if fields := getattr(error, "fields", None):
                facts["message"] = _(next(iter(fields.values()))[0])
            if isinstance(error, ReauthenticationRequired):
                back = url_for("pages.passkeys")
                facts["location"] = url_for("pages.confirm_identity", next=back)
            retry = getattr(error, "retry_after", None)
            headers = {} if retry is None else {"Retry-After": str(retry)}
            return {"error": facts}, status_of(error), headers

    return answer


def sent_json() -> dict[str, Any]:
    """Raises PasskeyInvalid."""
    body = json_object()
    if not body:
        raise PasskeyInvalid
    return body
