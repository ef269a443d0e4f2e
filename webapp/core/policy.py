"""Roles, scopes and permissions, in two tables. A permission that is not in them is refused.

A user's role grants permissions; a registered client's scope limits them. Both have to allow an
action.
"""

from enum import StrEnum


class Role(StrEnum):
    USER = "user"
    ADMIN = "admin"


class Permission(StrEnum):
    OWN_ACCOUNT = "own_account"  # the user's own profile and sessions, and the sample resource
    MANAGE_USERS = "manage_users"  # all accounts


ROLE_PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.USER: frozenset({Permission.OWN_ACCOUNT}),
    Role.ADMIN: frozenset({Permission.OWN_ACCOUNT, Permission.MANAGE_USERS}),
}


class Scope(StrEnum):
    """The scope of a registered client (RFC 6749 section 3.3)."""

    PROFILE = "profile"
    ADMIN = "admin"


# Permissions that each scope allows. `profile` ends only sessions of the same client
# (web/api/auth.py).
COVERS: dict[str, frozenset[Permission]] = {
    Scope.PROFILE: frozenset({Permission.OWN_ACCOUNT}),
    Scope.ADMIN: frozenset({Permission.MANAGE_USERS}),
}


def has_permission(role: str, permission: Permission) -> bool:
    """Whether the role grants the permission. An unknown role grants none."""
    return permission in ROLE_PERMISSIONS.get(role, frozenset())


def covers(scope: str, permission: Permission) -> bool:
    """Whether the scope allows the permission. An unknown scope allows none."""
    return any(permission in COVERS.get(word, frozenset()) for word in scope.split())


def validate_scope(text: str) -> str:
    """The scope in its stored form: with `profile`, in the order of `Scope`. Raises ValueError."""
    words = {Scope.PROFILE.value, *text.split()}
    if unknown := words - set(Scope):
        raise ValueError(f"Unknown scope: {' '.join(sorted(unknown))}. Use: {', '.join(Scope)}.")
    return " ".join(scope for scope in Scope if scope in words)
