"""Who may do what: the whole policy, in one table. What is not in it is refused."""

from enum import StrEnum


class Role(StrEnum):
    USER = "user"
    ADMIN = "admin"


class Permission(StrEnum):
    OWN_ACCOUNT = "own_account"  # one's profile, sessions, and the sample resource
    MANAGE_USERS = "manage_users"  # everybody's


MAY: dict[str, frozenset[Permission]] = {
    Role.USER: frozenset({Permission.OWN_ACCOUNT}),
    Role.ADMIN: frozenset({Permission.OWN_ACCOUNT, Permission.MANAGE_USERS}),
}


def may(role: str, permission: Permission) -> bool:
    """An unknown role may do nothing."""
    return permission in MAY.get(role, frozenset())
