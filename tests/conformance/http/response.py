"""A response, and what of it goes into the reports."""

import json
from dataclasses import dataclass
from typing import Any

# Where servers put the reason of a refusal, most exact first.
REASONS = ("error", "code", "detail", "msg", "message")
LONGEST = 80


@dataclass(frozen=True)
class Response:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def header_map(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers}

    @property
    def cookie_lines(self) -> list[str]:
        return [value for name, value in self.headers if name.lower() == "set-cookie"]

    def json(self) -> Any:
        """The body, or None if it is no JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def __str__(self) -> str:
        """The status with its reason: `401 invalid_grant`."""
        if 300 <= self.status < 400:
            return f"{self.status} to {self.header_map.get('location', 'nowhere')[:LONGEST]}"
        reason = reason_of(self.json())
        if isinstance(reason, dict):
            reason = reason_of(reason)
        return f"{self.status} {str(reason)[:LONGEST]}".strip()

    def contents(self) -> str:
        """The names of its fields and cookies, for a person who looks for one."""
        body = self.json()
        if not isinstance(body, dict) and not self.cookie_lines:
            kind = self.header_map.get("content-type", "no type")
            return f"no JSON object ({kind}: {self.body[:40].decode(errors='replace')!r})"
        names = [f"the field {path}" for path in paths(body)]
        names += [f"the cookie {line.partition('=')[0].strip()}" for line in self.cookie_lines]
        return ", ".join(names) or "nothing"


def reason_of(body: Any) -> Any:
    if not isinstance(body, dict):
        return ""
    return next((body[key] for key in REASONS if body.get(key)), "")


def paths(body: Any, before: str = "") -> list[str]:
    if not isinstance(body, dict):
        return [before.rstrip(".")] if before else []
    return [path for key, value in body.items() for path in paths(value, f"{before}{key}.")]


def value_at(body: Any, path: str) -> Any:
    """The value at `data.tokens.refresh`, or None."""
    for key in path.split("."):
        body = body.get(key) if isinstance(body, dict) else None
    return body
