"""Flask-JWT-Extended as before, and each refresh token is for one use.

The library has no rotation of its own. Its maintainer's answer to "how do I end the older token" is
the blocklist (issue 496).
"""

from flask import jsonify
from flask.typing import ResponseReturnValue
from flask_jwt_extended import (
    create_access_token,
    create_refresh_token,
    get_jwt_identity,
    jwt_required,
)

from .jwt_extended import app, revoke

__all__ = ["app"]


@jwt_required(refresh=True)
def refresh() -> ResponseReturnValue:
    revoke()
    identity = get_jwt_identity()
    return jsonify(
        access_token=create_access_token(identity), refresh_token=create_refresh_token(identity)
    )


app.view_functions["refresh"] = refresh
