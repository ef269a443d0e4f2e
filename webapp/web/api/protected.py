"""The seeds' sample resource: something worth protecting."""

from http import HTTPStatus
from typing import Any

from webapp.core.policy import Permission
from webapp.web.authentication import visitor
from webapp.web.authorization import requires

from .blueprint import api
from .schemas import Sample


@api.route("/protected", tags=["Sample"])
@api.answers(HTTPStatus.OK, Sample)
@api.refuses(401, 403)
@api.doc(operationId="getProtected", summary="A protected resource")
@requires(Permission.OWN_ACCOUNT)
def protected() -> dict[str, Any]:
    return {"message": "This is a protected resource.", "user": visitor().user}
