"""The seeds' sample resource: something worth protecting."""

from flask import g, jsonify
from flask.typing import ResponseReturnValue

from webapp.web.authentication import visitor

from . import api


@api.get("/protected")
def protected() -> ResponseReturnValue:
    user = visitor().user
    data = {
        "message": "This is a protected resource.",
        "user": {"id": user.id, "email": user.email, "role": user.role},
    }
    return jsonify(status=200, data=data, requestId=g.request_id)
