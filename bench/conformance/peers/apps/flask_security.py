"""Flask-Security with its refresh tokens (5.9), and authentication tokens in a header.

Users and refresh trackers in SQLite. The refresh cookie has the attributes of the defaults.
"""

import os

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue
from flask_security import Security, SQLAlchemyUserDatastore, auth_token_required, hash_password
from flask_security.models import fsqla_v4 as models
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect

from bench.peers import EMAIL, PASSWORD

from .accounts import SECRET

app = Flask(__name__)
app.config.update(
    SECRET_KEY=SECRET,
    SQLALCHEMY_DATABASE_URI=os.environ["DATABASE_URL"],
    SECURITY_PASSWORD_SALT=SECRET,
    SECURITY_PASSWORD_HASH="bcrypt",
    # Cheap: no check is about it.
    SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS={"bcrypt__rounds": 4},
    SECURITY_REFRESH_TOKEN=True,
    # For clients that send tokens, as the documentation's page on CSRF has it.
    WTF_CSRF_CHECK_DEFAULT=False,
    SECURITY_CSRF_PROTECT_MECHANISMS=["session", "basic"],
    SECURITY_CSRF_IGNORE_UNAUTH_ENDPOINTS=True,
)
CSRFProtect(app)
db = SQLAlchemy(app)
models.FsModels.set_db_info(db)


class Role(db.Model, models.FsRoleMixin):  # type: ignore[name-defined]
    pass


class User(db.Model, models.FsUserMixin):  # type: ignore[name-defined]
    pass


class WebAuthn(db.Model, models.FsWebAuthnMixin):  # type: ignore[name-defined]
    pass


class FsRefreshTracker(db.Model, models.FsRefreshTrackerMixin):  # type: ignore[name-defined]
    pass


users = SQLAlchemyUserDatastore(db, User, Role, WebAuthn, FsRefreshTracker)
Security(app, users)
with app.app_context():
    db.create_all()
    if not users.find_user(email=EMAIL):
        users.create_user(email=EMAIL, password=hash_password(PASSWORD))
        users.commit()


@app.get("/protected")
@auth_token_required
def protected() -> ResponseReturnValue:
    return jsonify(ok=True)


@app.post("/operator/account")
def change_account() -> Response:
    change = users.deactivate_user if request.get_json()["disabled"] else users.activate_user
    change(users.find_user(email=EMAIL))
    users.commit()
    return Response(status=204)
