"""Tokens of a sandbox, taken apart for people to read."""

import base64
import json

from webapp.lab.diagram.jwt_parts import decode


def token(**claims: object) -> str:
    parts = [{"alg": "HS256"}, claims]
    texts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts]
    return ".".join([*texts, "signature"]).replace("=", "")


def claims_of(text: str) -> str:
    return decode(text)[1].content


def test_times_are_written_as_people_read_them() -> None:
    lines = claims_of(token(iat=1_795_290_313, exp=1_795_290_613)).splitlines()
    assert lines[1] == '  "iat": 1795290313,  // 2026-11-21 19:45:13 UTC'
    assert lines[2] == '  "exp": 1795290613  // 2026-11-21 19:50:13 UTC'


def test_what_is_no_time_is_left_as_it_is() -> None:
    for odd in (10**12, -1, "soon", [1]):
        assert "//" not in claims_of(token(exp=odd))


def test_what_cannot_be_read_is_shown_as_it_stands() -> None:
    header, claims, signature = decode("not.json.here")
    assert [header.content, claims.content, signature.content] == ["", "", ""]
    assert [header.text, claims.text, signature.text] == ["not", "json", "here"]
