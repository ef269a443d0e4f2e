"""Register, log in, refresh, revoke; one's own profile and sessions."""

from http import HTTPStatus
from typing import Any

from webapp.core.attempts import REGISTER_BY_ACCOUNT, REGISTER_BY_ADDRESS
from webapp.core.devices import Device
from webapp.core.errors import RefreshInvalid, TokenExpired, TokenInvalid
from webapp.core.grants import Grant
from webapp.core.policy import Permission
from webapp.web.authentication import visitor
from webapp.web.authorization import public, requires
from webapp.web.clients import calling_client
from webapp.web.confirmation import require_proof
from webapp.web.passwords import change_profile, checking
from webapp.web.refreshing import redeem
from webapp.web.services import origin, services

from . import schemas
from .blueprint import api

Json = dict[str, Any]
TAGS = ["Auth"]
OPEN: Json = {"security": []}
REGISTERING = (
    "Answers the same whether or not the address has an account already, and says the rest by "
    "mail to the address itself."
)


@api.route("/auth/register", methods=["POST"], tags=TAGS)
@api.arguments(schemas.Register, example=schemas.REGISTER)
@api.answers(HTTPStatus.CREATED, schemas.OneUser)
@api.refuses(400, 413, 415, 422)
@api.doc(operationId="register", summary="Create an account", description=REGISTERING, **OPEN)
@public
def register(body: Json) -> Json:
    email, name = body["email"], body.get("name", "")
    services().attempts.count(REGISTER_BY_ACCOUNT, REGISTER_BY_ADDRESS, email, origin().ip)
    return {
        "user": services().registration.register(email, body["password"], name, services().now())
    }


@api.route("/auth/login", methods=["POST"], tags=TAGS)
@api.arguments(schemas.Login, example=schemas.LOGIN)
@api.answers(HTTPStatus.OK, schemas.LoginAuth)
@api.refuses(400, 401, 413, 415, 422)
@api.doc(operationId="login", summary="Open a session", **OPEN)
@public
def login(body: Json) -> Json:
    client_id = calling_client(body)
    with checking(body["email"]):
        user = services().accounts.authenticate(body["email"], body["password"], services().now())
    grant = services().sessions.start(user, origin(client_id), remember=True, now=services().now())
    services().tidier.soon()
    return {"auth": {**tokens(grant), "user": grant.user}}


@api.route("/auth/refresh", methods=["POST"], tags=TAGS)
@api.arguments(schemas.RefreshToken, example=schemas.REFRESH)
@api.answers(HTTPStatus.OK, schemas.RefreshAuth)
@api.refuses(400, 401, 413, 415, 422)
@api.doc(operationId="refresh", summary="Exchange a refresh token for the next pair", **OPEN)
@public
def refresh(body: Json) -> Json:
    client_id = calling_client(body)
    try:
        grant = redeem(body["refresh_token"], client_id)
    except (TokenInvalid, TokenExpired):
        raise RefreshInvalid from None
    return {"auth": tokens(grant)}


@api.route("/auth/revoke", methods=["POST"], tags=TAGS)
@api.arguments(schemas.RefreshToken, example=schemas.REFRESH)
@api.answers(HTTPStatus.NO_CONTENT, description="The session is over, or never was")
@api.refuses(400, 401, 413, 415, 422)
@api.doc(operationId="revoke", summary="End the session of a refresh token", **OPEN)
@public
def revoke(body: Json) -> None:
    services().sessions.revoke(body["refresh_token"], calling_client(body), services().now())


@api.route("/auth/profile", tags=TAGS)
@api.answers(HTTPStatus.OK, schemas.OneUser)
@api.refuses(401, 403)
@api.doc(operationId="getProfile", summary="Who am I?")
@requires(Permission.OWN_ACCOUNT)
def profile() -> Json:
    return {"user": services().accounts.profile(visitor().user.id)}


@api.route("/auth/profile", methods=["PATCH"], tags=TAGS)
@api.arguments(schemas.ProfileChanges, example=schemas.PROFILE)
@api.answers(HTTPStatus.OK, schemas.OneUser)
@api.refuses(400, 401, 403, 409, 413, 415, 422)
@api.doc(operationId="updateProfile", summary="Change name or address")
@requires(Permission.OWN_ACCOUNT)
def update_profile(body: Json) -> Json:
    return {"user": change_profile(**body)}


@api.route("/auth/sessions", tags=TAGS)
@api.answers(HTTPStatus.OK, schemas.ManySessions)
@api.refuses(401, 403)
@api.doc(operationId="listSessions", summary="Where am I signed in?")
@requires(Permission.OWN_ACCOUNT)
def list_sessions() -> Json:
    devices = services().devices.of(visitor().user.id, services().now())
    return {"sessions": [described(device) for device in devices]}


@api.route("/auth/sessions/<sid>", methods=["DELETE"], tags=TAGS)
@api.answers(HTTPStatus.NO_CONTENT, description="That session is over")
@api.refuses(401, 403, 404)
@api.doc(operationId="endSession", summary="Sign out one of my sessions")
@requires(Permission.OWN_ACCOUNT)
def end_session(sid: str) -> None:
    require_proof()
    services().devices.end_one(visitor().user.id, sid, services().now())


def tokens(grant: Grant) -> Json:
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
    current = session.sid == visitor().access.sid
    return {**facts, "last_seen": device.last_seen, "current": current}
