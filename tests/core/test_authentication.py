"""The one decision, without signatures and stores: a token's text says what it is.

`kind session state generation`, for example `access A good 0` or `refresh B expired 3`.
"""

from collections.abc import Sequence

import pytest

from webapp.core.authentication import Authenticator, Identity, RefreshWanted
from webapp.core.claims import AccessClaims, RefreshClaims
from webapp.core.errors import (
    ClockSkew,
    CookiesDiffer,
    EvergreenError,
    KeyUnknown,
    RefreshInvalid,
    RefreshReused,
    SessionEnded,
    TokenExpired,
    TokenInvalid,
    TokenMissing,
    Unauthenticated,
    Unavailable,
)
from webapp.core.models import User
from webapp.core.token_issuer import BROWSER_CLIENT

NOW = 1000.0
ADA = User("ada", "ada@example.com", "Ada", "user")
JUNK = "of-another-app"

GOOD, EXPIRED, ENDED, EARLY = (
    f"access A {each} 0" for each in ("good", "expired", "ended", "early")
)
OF_B = "access B good 0"
OF_A_PROGRAM = "program P good 0"
REFRESH_A, NEWER_A, REFRESH_B = "refresh A good 3", "refresh A good 4", "refresh B good 0"


def claims_of(token: str, now: float) -> AccessClaims | RefreshClaims | None:
    if token == JUNK:
        return None
    kind, sid, _, gen = token.split()
    if kind == "refresh":
        return RefreshClaims(ADA.id, sid, int(gen), BROWSER_CLIENT, 0, 9999)
    client = BROWSER_CLIENT if kind == "access" else "a-program"
    return AccessClaims(ADA.id, sid, int(gen), client, ADA.role, ADA.email, "jti", 0, 9999)


def verify(token: str, now: float) -> tuple[User, AccessClaims]:
    claims = claims_of(token, now)
    if not isinstance(claims, AccessClaims):
        raise TokenInvalid
    refusals: dict[str, EvergreenError] = {
        "expired": TokenExpired(claims),
        "ended": SessionEnded("logout"),
        "early": ClockSkew(claims),
        "down": Unavailable(),
    }
    if refusal := refusals.get(token.split()[2]):
        raise refusal
    return ADA, claims


def decide(
    *access: str, bearer: str | None = None, refresh: Sequence[str] = (), api: bool = False
) -> Identity | RefreshWanted:
    authenticator = Authenticator(verify, claims_of)
    return authenticator.authenticate(bearer, access, lambda: refresh, NOW, bearer_only=api)


def sid_of(decision: Identity | RefreshWanted) -> str:
    assert isinstance(decision, Identity)
    return decision.access.sid


def redeemable(decision: Identity | RefreshWanted) -> list[str]:
    assert isinstance(decision, RefreshWanted)
    return list(decision.tokens)


class TestCookiesOfAPage:
    def test_a_good_access_cookie_is_enough_and_no_refresh_cookie_is_read(self) -> None:
        authenticator = Authenticator(verify, claims_of)
        found = authenticator.authenticate(None, [GOOD], lambda: pytest.fail("it is read"), NOW)
        assert found == Identity(ADA, verify(GOOD, NOW)[1], from_cookie=True)

    @pytest.mark.parametrize("before", [JUNK, EXPIRED, ENDED, EARLY, OF_A_PROGRAM])
    def test_the_first_good_one_counts(self, before: str) -> None:
        assert sid_of(decide(before, OF_B)) == "B"

    def test_a_whole_pair_comes_before_a_single_one(self) -> None:
        assert sid_of(decide(GOOD, OF_B, refresh=[REFRESH_B])) == "B"

    def test_without_any_there_is_nothing_to_prove_it(self) -> None:
        with pytest.raises(TokenMissing):
            decide()

    def test_a_programs_token_opens_no_page(self) -> None:
        with pytest.raises(TokenMissing):
            decide(OF_A_PROGRAM)

    def test_an_outage_is_no_refusal(self) -> None:
        with pytest.raises(Unavailable):
            decide("access A down 0", refresh=[REFRESH_A])

    @pytest.mark.parametrize(
        ("access", "reason"),
        [(ENDED, SessionEnded), (EARLY, ClockSkew), (EXPIRED, TokenMissing)],
    )
    def test_alone_its_own_reason_is_given(self, access: str, reason: type[Exception]) -> None:
        with pytest.raises(reason):
            decide(access)


class TestRefreshOfAPage:
    @pytest.mark.parametrize("access", [[], [JUNK], [EXPIRED], [ENDED], [OF_A_PROGRAM]])
    def test_it_is_wanted_where_no_access_cookie_is_good(self, access: list[str]) -> None:
        decision = decide(*access, refresh=[REFRESH_A])
        assert redeemable(decision) == [REFRESH_A]
        assert isinstance(decision, RefreshWanted)
        assert decision.sid is None

    def test_of_one_session_only_the_newest(self) -> None:
        assert redeemable(decide(refresh=[NEWER_A, REFRESH_A])) == [NEWER_A]

    def test_the_session_of_the_access_cookie_comes_first(self) -> None:
        both = [REFRESH_B, REFRESH_A]
        assert redeemable(decide(EXPIRED, refresh=both)) == [REFRESH_A, REFRESH_B]

    def test_the_refresh_cookie_of_another_session_makes_no_other_person_of_the_visitor(
        self,
    ) -> None:
        with pytest.raises(CookiesDiffer):
            decide(EXPIRED, refresh=[REFRESH_B])


class TestBearerOnAPage:
    def test_a_token_of_ours_counts(self) -> None:
        found = decide(GOOD, bearer=OF_B)
        assert sid_of(found) == "B"
        assert isinstance(found, Identity)
        assert not found.from_cookie

    @pytest.mark.parametrize("bearer", [JUNK, EXPIRED, ENDED, EARLY, OF_A_PROGRAM, ""])
    def test_any_other_says_nothing(self, bearer: str) -> None:
        assert sid_of(decide(OF_B, bearer=bearer)) == "B"
        assert redeemable(decide(bearer=bearer, refresh=[REFRESH_B])) == [REFRESH_B]


class TestBearerAtTheApi:
    @pytest.mark.parametrize("bearer", [GOOD, OF_A_PROGRAM])
    def test_a_good_one_of_any_client_counts(self, bearer: str) -> None:
        found = decide(bearer=bearer, api=True)
        assert isinstance(found, Identity)
        assert not found.from_cookie

    def test_a_cookie_proves_nothing(self) -> None:
        with pytest.raises(TokenMissing):
            decide(GOOD, refresh=[REFRESH_A], api=True)

    @pytest.mark.parametrize(
        ("bearer", "reason"), [(JUNK, TokenInvalid), (ENDED, SessionEnded), (EARLY, ClockSkew)]
    )
    def test_a_bad_one_is_refused_beside_a_refresh_cookie_too(
        self, bearer: str, reason: type[Exception]
    ) -> None:
        with pytest.raises(reason):
            decide(bearer=bearer, refresh=[REFRESH_A], api=True)

    def test_an_expired_one_is_renewed_by_the_refresh_cookie_of_its_session(self) -> None:
        decision = decide(bearer=EXPIRED, refresh=[REFRESH_A], api=True)
        assert redeemable(decision) == [REFRESH_A]
        assert isinstance(decision, RefreshWanted)
        assert decision.sid == "A"

    @pytest.mark.parametrize("refresh", [[], [REFRESH_B], [JUNK]])
    def test_an_expired_one_has_expired_without_that(self, refresh: list[str]) -> None:
        with pytest.raises(TokenExpired):
            decide(bearer=EXPIRED, refresh=refresh, api=True)


class TestRedeemFirst:
    def test_the_first_that_is_not_refused_counts(self) -> None:
        tried = []

        def redeem(token: str, sid: str | None) -> str:
            tried.append((token, sid))
            if token == "b":
                return "renewed"
            raise RefreshInvalid

        assert RefreshWanted(["a", "b", "c"], "A", []).redeem_first(redeem) == "renewed"
        assert tried == [("a", "A"), ("b", "A")]

    def test_an_outage_ends_the_search(self) -> None:
        def redeem(token: str, sid: str | None) -> str:
            raise Unavailable if token == "a" else AssertionError("it goes on")

        with pytest.raises(Unavailable):
            RefreshWanted(["a", "b"], None, []).redeem_first(redeem)

    @pytest.mark.parametrize(
        ("before", "refusal", "raised"),
        [
            ([], RefreshInvalid(), RefreshInvalid),
            ([], RefreshReused("reuse"), RefreshReused),
            ([SessionEnded("logout")], RefreshInvalid(), SessionEnded),
            ([ClockSkew(verify(GOOD, NOW)[1])], SessionEnded("logout"), ClockSkew),
            ([SessionEnded("logout")], KeyUnknown(), KeyUnknown),
        ],
    )
    def test_of_several_refusals_the_gravest_is_raised(
        self, before: list[EvergreenError], refusal: Unauthenticated, raised: type[Exception]
    ) -> None:
        def redeem(token: str, sid: str | None) -> str:
            raise refusal

        with pytest.raises(raised):
            RefreshWanted(["a"], None, before).redeem_first(redeem)
