"""The seeds' sample resource: something worth protecting."""

from functools import partial

from webapp.core.policy import Permission
from webapp.web.auth.authentication import visitor
from webapp.web.auth.authorization import requires

from .endpoints import declare
from .types import Json

call = partial(declare, "Sample")


@call("GET", "/protected", answer="Sample")
@requires(Permission.OWN_ACCOUNT)
def get_protected() -> Json:
    """A protected resource."""
    return {"message": "This is a protected resource.", "user": visitor().user}
