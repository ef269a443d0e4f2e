"""Types that endpoints and schemas share."""

from typing import Any

Json = dict[str, Any]
