"""Who may do what: the whole policy, in two tables. What is not in them is refused.

A user's role says what they may do; a registered client's scope, what it may do for them. Both
have to allow it.
"""

from enum import StrEnum


class Role(StrEnum):
    USER = "user"
    ADMIN = "admin"


class Permission(StrEnum):
    OWN_ACCOUNT = "own_account"  # one's profile, sessions, and the sample resource
    MANAGE_USERS = "manage_users"  # everybody's


ROLE_PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.USER: frozenset({Permission.OWN_ACCOUNT}),
    Role.ADMIN: frozenset({Permission.OWN_ACCOUNT, Permission.MANAGE_USERS}),
}


class Scope(StrEnum):
    """Of a registered client (RFC 6749 section 3.3)."""

    PROFILE = "profile"
    ADMIN = "admin"


# Scope → what it adds. `profile` ends sessions of the same client only (web/api/auth.py).
COVERS: dict[str, frozenset[Permission]] = {
    Scope.PROFILE: frozenset({Permission.OWN_ACCOUNT}),
    Scope.ADMIN: frozenset({Permission.MANAGE_USERS}),
}


def has_permission(role: str, permission: Permission) -> bool:
    """An unknown role may do nothing."""
    return permission in ROLE_PERMISSIONS.get(role, frozenset())


def covers(scope: str, permission: Permission) -> bool:
    """An unknown scope covers nothing."""
    return any(permission in COVERS.get(word, frozenset()) for word in scope.split())


def validate_scope(text: str) -> str:
    """In the form that is stored: `profile` always, in the order of `Scope`. Raises ValueError."""
    words = {Scope.PROFILE.value, *text.split()}
    if unknown := words - set(Scope):
        raise ValueError(f"Unknown scope: {' '.join(sorted(unknown))}. Use: {', '.join(Scope)}.")
    return " ".join(scope for scope in Scope if scope in words)
