"""Fields of the API's schemas that marshmallow does not have."""

from datetime import UTC, datetime
from typing import Any

from marshmallow import fields


class Timestamp(fields.Field[str]):
    """Unix seconds inside, RFC 3339 outside."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        text = datetime.fromtimestamp(value, UTC).isoformat() if value is not None else None
        return text and text.replace("+00:00", "Z")


class Flag(fields.Boolean):
    """true or false; marshmallow's own field also accepts "off" and 1."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value
