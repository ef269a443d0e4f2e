"""Register, log in, refresh, revoke; one's own profile and sessions."""

from functools import partial
from http import HTTPStatus

from webapp.core.devices import Device
from webapp.core.errors import (
    AccountDisabled,
    ClientInvalid,
    InvalidCredentials,
    NotFound,
    RefreshInvalid,
    RefreshReused,
    SecondStepRequired,
    SessionEnded,
    TokenExpired,
    TokenInvalid,
    WrongCode,
    WrongPassword,
)
from webapp.core.models import User
from webapp.core.policy import Permission
from webapp.core.rate_limits import REGISTER_PER_ACCOUNT, REGISTER_PER_IP
from webapp.core.second_step import sorted_codes
from webapp.core.token_issuer import ClientInfo, IssuedTokens
from webapp.web.auth.authentication import current_identity
from webapp.web.auth.authorization import check_client, public, requires
from webapp.web.auth.client_credentials import calling_client
from webapp.web.auth.password_checks import change_profile, rate_limited_check, rate_limited_code
from webapp.web.auth.reauthentication import require_recent_login
from webapp.web.auth.refresh import rate_limited_redeem
from webapp.web.services import client_info, services

from . import schemas
from .endpoints import endpoint
from .types import Json

call = partial(endpoint, "Auth")


@call(
    "POST",
    "/auth/register",
    body=schemas.Register,
    answer=schemas.OneUser,
    status=HTTPStatus.CREATED,
)
@public
def register(body: Json) -> Json:
    """Create an account.

    Answers the same whether or not the address has an account already, and says the rest by
    mail to the address itself.
    """
    email, name = body["email"], body.get("name", "")
    services().rate_limiter.count(REGISTER_PER_ACCOUNT, REGISTER_PER_IP, email, client_info().ip)
    return {
        "user": services().registration.register(email, body["password"], name, services().now())
    }


@call(
    "POST",
    "/auth/login",
    body=schemas.Login,
    answer=schemas.LoginAuth,
    errors=(InvalidCredentials, SecondStepRequired, ClientInvalid, AccountDisabled),
)
@public
def login(body: Json) -> Json:
    """Open a session.

    An account with a second step needs `code`, six digits of the authenticator app, or
    `recovery_code`; without either the error is `second_step_required`. 403 if the password is
    right and the account is disabled.
    """
    client = calling_client(body)
    with rate_limited_check(body["email"], client=client):
        user = services().accounts.authenticate(body["email"], body["password"], services().now())
    grant = start(user, client_info(client), body)
    services().retention_job.schedule()
    return {"auth": {**tokens(grant), "user": grant.user}}


def start(user: User, origin: ClientInfo, body: Json) -> IssuedTokens:
    """Open the session, after the second step where the account needs one.

    Raises SecondStepRequired, InvalidCredentials (a wrong code), RateLimited, Unavailable.
    """
    now, sessions = services().now(), services().sessions
    step = services().factors.second_step
    if not step.is_needed(user.id, "", now):
        return sessions.start(user, origin, remember=True, now=now)
    code, recovery_code = sorted_codes(body.get("code", ""), body.get("recovery_code", ""))
    if not (code or recovery_code):
        raise SecondStepRequired
    try:
        with rate_limited_code(user, known=False, guessable=not recovery_code):
            by = step.check(user, code, recovery_code, now)
            return sessions.start(user, origin, remember=True, now=now, sign_in=by)
    except WrongCode as refusal:
        raise InvalidCredentials(next(iter(refusal.fields.values()))[0]) from None


@call(
    "POST",
    "/auth/refresh",
    body=schemas.RefreshToken,
    answer=schemas.RefreshAuth,
    errors=(RefreshInvalid, RefreshReused, SessionEnded, ClientInvalid),
)
@public
def refresh(body: Json) -> Json:
    """Exchange a refresh token for the next pair."""
    client = calling_client(body)
    try:
        grant = rate_limited_redeem(body["refresh_token"], client)
    except (TokenInvalid, TokenExpired):
        raise RefreshInvalid from None
    return {"auth": tokens(grant)}


@call(
    "POST",
    "/auth/revoke",
    body=schemas.RefreshToken,
    status=HTTPStatus.NO_CONTENT,
    errors=(ClientInvalid,),
)
@public
def revoke(body: Json) -> None:
    """End the session of a refresh token.

    The response is the same for an ended session and for an invalid token.
    """
    client = calling_client(body)
    services().sessions.revoke(body["refresh_token"], client.client_id, services().now())


@call("GET", "/auth/profile", answer=schemas.OneUser)
@requires(Permission.OWN_ACCOUNT)
def get_profile() -> Json:
    """Read the profile."""
    return {"user": services().accounts.profile(current_identity().user.id)}


@call(
    "PATCH",
    "/auth/profile",
    body=schemas.ProfileChanges,
    answer=schemas.OneUser,
    errors=(WrongPassword,),
)
@requires(Permission.OWN_ACCOUNT)
def update_profile(body: Json) -> Json:
    """Change the name or the e-mail address.

    Another address waits as `pending_email` until the link mailed to it was opened. The answer is
    the same whether or not it has an account.
    """
    return {"user": change_profile(**body)}


@call("GET", "/auth/sessions", query=schemas.SessionQuery, answer=schemas.ManySessions)
@requires(Permission.OWN_ACCOUNT)
def list_sessions(query: Json) -> Json:
    """List open sessions, the last used first."""
    page, per_page = query["page"], query["per_page"]
    devices = services().devices.of(current_identity().user.id, services().now())
    shown = devices[(page - 1) * per_page : page * per_page]
    return {
        "sessions": [described(device) for device in shown],
        "page": page,
        "per_page": per_page,
        "total": len(devices),
        "pages": -(-len(devices) // per_page),
    }


@call(
    "DELETE",
    "/auth/sessions/<sid>",
    status=HTTPStatus.NO_CONTENT,
    errors=(NotFound,),
)
@requires(Permission.OWN_ACCOUNT)
def end_session(sid: str) -> None:
    """End one of the user's sessions.

    A registered client ends its own ones; those of browsers and of other clients only with the
    scope `admin`.
    """
    require_recent_login()
    me, devices = current_identity(), services().devices
    check_client(me.access, devices.client_of(me.user.id, sid))
    devices.end_one(me.user.id, sid, services().now())


def tokens(grant: IssuedTokens) -> Json:
    return {
        "access_token": grant.access_token,
        "access_token_expires": grant.access.exp,
        "refresh_token": grant.refresh_token,
        "refresh_token_expires": grant.refresh.exp,
        "token_type": "Bearer",
        "expires_in": grant.access.exp - grant.access.iat,
    }


def described(device: Device) -> Json:
    session = device.session
    names = ("sid", "client_id", "ip", "user_agent", "created_at", "expires_at", "remembered")
    facts = {name: getattr(session, name) for name in names}
    current = session.sid == current_identity().access.sid
    return {**facts, "last_seen": device.last_seen, "current": current}
