"""Flask-Security: users in SQL, the session in a signed cookie."""

from flask import Flask
from flask_security import Security, SQLAlchemyUserDatastore, auth_required, hash_password
from flask_security.models import fsqla_v3
from flask_sqlalchemy import SQLAlchemy

from . import EMAIL, PASSWORD, SECRET, add_page, new_app


def create_app(redis_url: str, sql_url: str) -> Flask:
    app = new_app()
    app.config.update(
        SQLALCHEMY_DATABASE_URI=sql_url,
        SECURITY_PASSWORD_HASH="bcrypt",
        SECURITY_PASSWORD_SALT=SECRET,
    )
    db = SQLAlchemy(app)
    fsqla_v3.FsModels.set_db_info(db)

    class Role(db.Model, fsqla_v3.FsRoleMixin):  # type: ignore[name-defined]
        pass

    class User(db.Model, fsqla_v3.FsUserMixin):  # type: ignore[name-defined]
        pass

    # Where the package webauthn is installed, as here, its users need this table.
    class WebAuthn(db.Model, fsqla_v3.FsWebAuthnMixin):  # type: ignore[name-defined]
        pass

    Security(app, SQLAlchemyUserDatastore(db, User, Role))
    add_page(app, auth_required("session"))
    return app


def prepare(app: Flask) -> None:
    with app.app_context():
        app.extensions["sqlalchemy"].create_all()
        users = app.extensions["security"].datastore
        users.create_user(email=EMAIL, password=hash_password(PASSWORD))
        users.commit()
