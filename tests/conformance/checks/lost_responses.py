"""The server has refreshed, and the client never gets the response."""

from ..check import Check, check
from ..server import Server

FAPI = "FAPI 2.0 Security Profile, section 5.3.2.1: the retry with the previous token succeeds"
HOUR = 3600


@check(
    "A response is lost, and the client tries again after a second",
    "Signed out by one tunnel, one closed lid, one reload.",
    FAPI,
)
def lost_response(server: Server) -> None:
    lose_and_retry(server, 1)


@check(
    "A response is lost, and the client tries again after an hour",
    "Signed out because the phone was in a pocket meanwhile.",
    FAPI,
)
def lost_response_after_an_hour(server: Server) -> None:
    lose_and_retry(server, HOUR)


@check(
    "Three responses in a row are lost",
    "Signed out by a bad line, in the very moment that needs patience.",
    FAPI,
)
def three_lost_responses(server: Server) -> None:
    tokens = server.login()
    for _ in range(3):
        server.must_refresh(tokens, "signed out by a lost response", lost=True)
        server.wait(1)
    tokens = server.must_refresh(tokens, "signed out by three lost responses")
    server.must_refresh(tokens, "signed out after three lost responses")


def lose_and_retry(server: Server, seconds: float) -> None:
    # Not the first token of the session: some servers treat that one differently.
    tokens = server.must_refresh(server.login(), "a plain refresh is refused")
    server.must_refresh(tokens, "a plain refresh is refused", lost=True)
    server.wait(seconds)
    tokens = server.must_refresh(tokens, "signed out by a lost response")
    server.must_refresh(tokens, "signed out after a lost response")


CHECKS: tuple[Check, ...] = (lost_response, lost_response_after_an_hour, three_lost_responses)
