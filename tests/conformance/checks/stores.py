"""The store that holds the refresh tokens fails, restarts, or forgets."""

from ..adapter import Refused, Tokens, Unavailable
from ..check import check
from ..server import Failed, Server


@check(
    "The store hangs for a moment",
    "An outage of seconds signs all users out.",
    needs=("pause_store", "resume_store"),
)
def outage_is_no_logout(server: Server) -> None:
    tokens = sign_in(server)
    server.operate(server.adapter.pause_store)
    try:
        refresh_in_outage(server, tokens)
    finally:
        server.operate(server.adapter.resume_store)
    tokens = server.once_available(tokens, "signed out after the outage")
    server.once_available(tokens, "signed out after the outage")


@check("The store restarts", "Signed out by maintenance.", needs=("restart_store",))
def restart_keeps_sessions(server: Server) -> None:
    tokens = sign_in(server)
    server.operate(server.adapter.restart_store)
    tokens = server.once_available(tokens, "signed out by a restart")
    server.once_available(tokens, "signed out after a restart")


@check(
    "The store loses all its data",
    "Everybody is signed out, and signs in at the same time.",
    needs=("empty_store",),
)
def emptied_store_keeps_sessions(server: Server) -> None:
    tokens = sign_in(server)
    server.operate(server.adapter.empty_store)
    tokens = server.once_available(tokens, "signed out by the loss")
    server.once_available(tokens, "signed out after the loss")


@check(
    "Signed out before the store loses all its data",
    "Ended sessions come back to life.",
    needs=("logout", "empty_store"),
)
def emptied_store_keeps_logouts(server: Server) -> None:
    tokens = server.login()
    server.must_log_out(tokens)
    server.operate(server.adapter.empty_store)
    refuse_once_available(server, tokens)


@check(
    "The store falls back to older data, as after a failover",
    "All who refreshed in between look like thieves, and are signed out.",
    needs=("save_store", "roll_back_store"),
)
def rollback_keeps_sessions(server: Server) -> None:
    tokens = server.login()
    server.operate(server.adapter.save_store)
    for _ in range(2):
        tokens = server.once_available(tokens, "a plain refresh is refused")
    server.operate(server.adapter.roll_back_store)
    tokens = server.once_available(tokens, "signed out by the failover")
    server.once_available(tokens, "signed out after the failover")


@check(
    "Signed out before the store falls back",
    "Ended sessions come back to life.",
    needs=("logout", "save_store", "roll_back_store"),
)
def rollback_keeps_logouts(server: Server) -> None:
    tokens = server.login()
    server.operate(server.adapter.save_store)
    server.must_log_out(tokens)
    server.operate(server.adapter.roll_back_store)
    refuse_once_available(server, tokens)


def sign_in(server: Server) -> Tokens:
    """Tokens after a refresh. Part of the server may still be in the outage of the check before."""
    return server.once_available(server.login(), "a plain refresh is refused")


def refresh_in_outage(server: Server, tokens: Tokens) -> None:
    """Raises Failed if the server takes its own outage for a bad token."""
    try:
        server.refresh(tokens)
    except Unavailable:
        return
    except Refused as error:
        raise Failed(f"the outage looks like a sign-out: {error}") from None


def refuse_once_available(server: Server, tokens: Tokens) -> None:
    """Raises Failed if a token works that was ended, or the server does not come back."""
    try:
        server.wait_until_available(tokens)
    except Refused:
        return
    raise Failed("the ended session is alive again")


CHECKS = (
    outage_is_no_logout,
    restart_keeps_sessions,
    emptied_store_keeps_sessions,
    emptied_store_keeps_logouts,
    rollback_keeps_sessions,
    rollback_keeps_logouts,
)
