"""Core error → status, page or JSON: one table."""

from flask import (
    Flask,
    Response,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from webapp.core.errors import (
    ClientInvalid,
    Conflict,
    EvergreenError,
    Forbidden,
    InsufficientScope,
    InvalidLink,
    NotFound,
    RateLimited,
    SessionEnded,
    TokenExpired,
    TokenInvalid,
    TokenMissing,
    Unauthenticated,
    Unavailable,
    ValidationFailed,
    WrongPassword,
)
from webapp.core.text import N_
from webapp.runtime.request_id import request_id

from . import messages, saved_forms
from .auth import cookies, csrf
from .auth.destinations import return_path
from .language import gettext as _
from .rejected_forms import show_again
from .request_info import is_api

STATUS: list[tuple[type[EvergreenError], int]] = [
    (Unauthenticated, 401),
    (Forbidden, 403),
    (Conflict, 409),
    (WrongPassword, 403),
    (ValidationFailed, 422),
    (NotFound, 404),
    (InvalidLink, 410),
    (RateLimited, 429),
    (Unavailable, 503),
]

# Status → code of the JSON API, title and text of the page.
PAGES: dict[int, tuple[str, str, str]] = {
    400: (
        "bad_request",
        N_("Bad request"),
        N_(
            "The form was out of date, or the request was not complete. Nothing was changed: "
            "please go back, reload the page and try again."
        ),
    ),
    403: ("forbidden", N_("No access"), N_("Your account may not do this.")),
    404: ("not_found", N_("Page not found"), N_("There is no page at this URL.")),
    405: (
        "method_not_allowed",
        N_("Method not allowed"),
        N_("This URL does not accept this kind of request."),
    ),
    409: ("conflict", N_("Already taken"), N_("Another user was first.")),
    410: ("link_void", N_("This link has expired or was already used"), InvalidLink.message),
    413: ("too_large", N_("Too large"), N_("The request is larger than we accept.")),
    415: ("unsupported_media_type", N_("Unsupported format"), N_("Please send JSON.")),
    422: ("validation_failed", N_("Please check your input"), N_("A value is not valid.")),
    429: ("rate_limited", N_("Please wait"), N_("Too many attempts in a short time.")),
    500: (
        "internal_error",
        N_("Something went wrong"),
        N_("An error occurred on our side. It was logged; please try again."),
    ),
    503: ("unavailable", N_("Temporarily unavailable"), Unavailable.message),
}

# Of the API; the texts for pages are about forms and pages.
API_MESSAGES = {
    400: "The body can't be read: it is not what its type says.",
    404: NotFound.message,
}
# Headers of an HTTP error that its response keeps. Content-Range: RFC 9110 section 15.5.17.
KEPT_HEADERS = ("Allow", "Content-Range")


def install(app: Flask) -> None:
    app.register_error_handler(EvergreenError, handle_app_error)
    app.register_error_handler(HTTPException, handle_http_error)


def handle_app_error(error: EvergreenError) -> ResponseReturnValue:
    if isinstance(error, Unauthenticated) and not is_api():
        return to_login(error)
    if isinstance(error, Forbidden) and (answered := of_another_sign_in()):
        return answered
    status = status_of(error)
    fields, retry_after = getattr(error, "fields", None), getattr(error, "retry_after", None)
    response = error_response(status, error.code, error.text, fields, retry_after)
    if isinstance(error, (Unauthenticated, Forbidden)):
        response.headers["WWW-Authenticate"] = challenge(error)
    return response


def status_of(error: EvergreenError) -> int:
    return status_of_kind(type(error))


def status_of_kind(error: type[EvergreenError]) -> int:
    return next(status for kind, status in STATUS if issubclass(error, kind))


def handle_http_error(error: HTTPException) -> ResponseReturnValue:
    """The app's own page or JSON for an error; Flask's own response for a router's redirect.

    Also for a host that is no name or is not trusted: a page has links, and no URL can be built.
    """
    status = error.code or 500
    if status < 400 or request_ctx.url_adapter is None:
        return error
    if isinstance(error, CSRFError) and (page := of_another_sign_in() or show_again(error)):
        return page
    code, _, message = PAGES.get(status, PAGES[400 if status < 500 else 500])
    if isinstance(error, CSRFError):
        message = error.description
    elif is_api():
        message = API_MESSAGES.get(status, message)
    response = error_response(status, code, message)
    for name, value in error.get_headers():
        if name in KEPT_HEADERS:
            response.headers[name] = value
    return response


def to_login(error: Unauthenticated) -> ResponseReturnValue:
    """A form that was being sent waits there for its owner."""
    try:
        kept = saved_forms.save_submitted_form()
    except Unavailable as outage:
        return handle_app_error(outage)  # the browser still has the form
    if not isinstance(error, TokenMissing):
        messages.leave_refusal()
    if kept:
        messages.flash_message(messages.FORM_KEPT, "info")
    elif isinstance(error, TokenMissing):
        messages.flash_message(messages.PLEASE_SIGN_IN, "info")
    return redirect(
        url_for("pages.login", next=saved_forms.saved_form_url() if kept else return_path()), 303
    )


def of_another_sign_in() -> ResponseReturnValue | None:
    """The answer to a form of a session that is over, in a browser that has signed in again.

    Its owner may send it at once with a fresh token; another user does not see it.
    """
    identity = g.get("identity")
    token = csrf.sent_token() if identity and not is_api() else None
    if identity is None or token is None or token.sid == identity.access.sid:
        return None
    kept = saved_forms.save_submitted_form()
    if kept is None:
        return None
    if kept.user_id == identity.user.id:
        return redirect(saved_forms.saved_form_url(), 303)
    return error_response(400, "bad_request", messages.OF_ANOTHER_USER)


def challenge(error: Unauthenticated | Forbidden) -> str:
    """RFC 6750 section 3.1: a reason only if it was the token that was wrong."""
    if isinstance(error, ClientInvalid) and sent_scheme() == "basic":
        return 'Basic realm="evergreen"'  # RFC 6749 section 5.2: in the scheme that was tried
    reason = "insufficient_scope" if isinstance(error, Forbidden) else "invalid_token"
    about_token = isinstance(error, (TokenInvalid, TokenExpired, SessionEnded, Forbidden))
    if not about_token or sent_scheme() != "bearer":
        return 'Bearer realm="evergreen"'
    scope = f', scope="{error.scope}"' if isinstance(error, InsufficientScope) else ""
    return f'Bearer realm="evergreen", error="{reason}", error_description="{error}"{scope}'


def sent_scheme() -> str:
    return request.headers.get("Authorization", "").partition(" ")[0].lower()


def error_response(
    status: int,
    code: str,
    message: str,
    fields: dict[str, list[str]] | None = None,
    retry_after: int | None = None,
) -> Response:
    """The same fact as JSON for programs and as a page for people."""
    response = _error_response(status, code, message, fields, retry_after)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _error_response(
    status: int,
    code: str,
    message: str,
    fields: dict[str, list[str]] | None,
    retry_after: int | None,
) -> Response:
    if request.path.startswith("/oauth/"):
        return make_response(jsonify(error=code, error_description=message), status)
    if is_api():
        error = {"code": code, "message": message} | ({"fields": fields} if fields else {})
        return make_response(jsonify(status=status, error=error, requestId=request_id()), status)
    title = PAGES.get(status, PAGES[500])[1]
    page = render_template(
        "error.html",
        code=status,
        title=_(title),
        message=_(message),
        retry_after=retry_after,
        request_id=request_id(),
        still_signed_in=status == 503 and cookies.read(cookies.REFRESH) is not None,
        again=saved_forms.fields_to_resend() if status in (429, 503) else None,
    )
    return make_response(page, status)
