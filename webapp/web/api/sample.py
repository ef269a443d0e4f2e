"""The seeds' sample resource: something worth protecting."""

from functools import partial

from webapp.core.policy import Permission
from webapp.web.auth.authentication import current_identity
from webapp.web.auth.authorization import requires

from . import schemas
from .endpoints import endpoint
from .types import Json

call = partial(endpoint, "Sample")


@call("GET", "/protected", answer=schemas.Sample)
@requires(Permission.OWN_ACCOUNT)
def get_protected() -> Json:
    """A protected resource."""
    return {"message": "This is a protected resource.", "user": current_identity().user}
