"""Authlib's OAuth 2 server for Flask with SQLAlchemy, as its documentation sets it up."""

import json
import os
import time
from pathlib import Path

from authlib.integrations.flask_oauth2 import (
    AuthorizationServer,
    ResourceProtector,
    current_token,
)
from authlib.integrations.sqla_oauth2 import (
    OAuth2ClientMixin,
    OAuth2TokenMixin,
    create_bearer_token_validator,
    create_query_client_func,
    create_revocation_endpoint,
    create_save_token_func,
)
from authlib.oauth2.rfc6749 import grants
from flask import Flask, Response, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Boolean, Column, ForeignKey, Integer, String
from sqlalchemy.orm import relationship

from bench.conformance.sql_server import CLIENT
from bench.peers import EMAIL, PASSWORD

DATABASE = Path(os.environ["SERVER_FOLDER"]) / "authlib.db"
PUBLIC = ["none"]

app = Flask(__name__)
app.config |= {
    "SQLALCHEMY_DATABASE_URI": f"sqlite:///{DATABASE}",
    "SQLALCHEMY_ENGINE_OPTIONS": {"connect_args": {"timeout": 20}},
    "OAUTH2_REFRESH_TOKEN_GENERATOR": True,
}
db = SQLAlchemy(app)


class User(db.Model):  # type: ignore[name-defined, misc]
    id = Column(Integer, primary_key=True)
    email = Column(String(80), unique=True)
    disabled = Column(Boolean, default=False)

    def get_user_id(self) -> int:
        return self.id


class Client(db.Model, OAuth2ClientMixin):  # type: ignore[name-defined, misc]
    id = Column(Integer, primary_key=True)


class Token(db.Model, OAuth2TokenMixin):  # type: ignore[name-defined, misc]
    id = Column(Integer, primary_key=True)
    user_id = Column(Integer, ForeignKey("user.id"))
    user = relationship("User")

    def is_refresh_token_active(self) -> bool:
        """As in the project's own example: twice the life of the access token."""
        if self.is_revoked():
            return False
        return self.issued_at + self.expires_in * 2 >= time.time()


class PasswordGrant(grants.ResourceOwnerPasswordCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = PUBLIC

    def authenticate_user(self, username: str, password: str) -> User | None:
        user = User.query.filter_by(email=username).first()
        return user if user and password == PASSWORD and not user.disabled else None


class RefreshTokenGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = PUBLIC
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Token | None:
        token = Token.query.filter_by(refresh_token=refresh_token).first()
        return token if token and token.is_refresh_token_active() else None

    def authenticate_user(self, refresh_token: Token) -> User | None:
        user = db.session.get(User, refresh_token.user_id)
        return None if user is None or user.disabled else user

    def revoke_old_credential(self, refresh_token: Token) -> None:
        refresh_token.refresh_token_revoked_at = int(time.time())
        db.session.add(refresh_token)
        db.session.commit()


class RevocationEndpoint(create_revocation_endpoint(db.session, Token)):  # type: ignore[misc]
    CLIENT_AUTH_METHODS = PUBLIC


server = AuthorizationServer(
    app,
    query_client=create_query_client_func(db.session, Client),
    save_token=create_save_token_func(db.session, Token),
)
server.register_grant(PasswordGrant)
server.register_grant(RefreshTokenGrant)
server.register_endpoint(RevocationEndpoint)
require_oauth = ResourceProtector()
require_oauth.register_token_validator(create_bearer_token_validator(db.session, Token)())


@app.post("/oauth/token")
def issue_token() -> Response:
    return server.create_token_response()


@app.post("/oauth/revoke")
def revoke_token() -> Response:
    return server.create_endpoint_response(RevocationEndpoint.ENDPOINT_NAME)


@app.get("/api/me")
@require_oauth()
def me() -> dict[str, str]:
    return {"email": current_token.user.email}


@app.post("/operator/account")
def change_account() -> Response:
    """`{"disabled": true}` sets the flag that the grants read."""
    User.query.filter_by(email=EMAIL).one().disabled = request.get_json()["disabled"]
    db.session.commit()
    return Response(status=204)


def prepare() -> None:
    with app.app_context():
        db.create_all()
        if Client.query.first():
            return
        client = Client(client_id=CLIENT, client_secret="")
        client._client_metadata = json.dumps(
            {"grant_types": ["password", "refresh_token"], "token_endpoint_auth_method": "none"}
        )
        db.session.add_all([client, User(email=EMAIL)])
        db.session.commit()


prepare()
