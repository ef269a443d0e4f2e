"""Forged and malformed tokens: every one is refused, and never with a 500.

Each is tried as a bearer token, as a refresh token in a body, and as cookies.
"""

import base64
import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from flask import Flask

from tests.support.api import Program
from tests.support.browser import Browser
from tests.support.clock import Clock
from webapp import create_app
from webapp.core.keys import generate_pem, generate_secret, parse_key

ACCESS_SECRET, REFRESH_SECRET = generate_secret(), generate_secret()
PEM = generate_pem("RS256")
# The same in all processes of a run: it stands in the names of tests.
NOW = 1_800_000_000

Json = dict[str, Any]


def access(**changes: Any) -> Json:
    claims: Json = {
        "iss": "evergreen",
        "aud": "evergreen-api",
        "sub": "u1",
        "sid": "s1",
        "gen": 0,
        "client_id": "browser",
        "role": "admin",
        "email": "ada@example.com",
        "jti": "j1",
        "iat": NOW,
        "exp": NOW + 300,
    }
    return {name: value for name, value in (claims | changes).items() if value is not GONE}


def header(**changes: Any) -> Json:
    fields: Json = {"alg": "HS256", "typ": "at+jwt", "kid": "a1"}
    return {name: value for name, value in (fields | changes).items() if value is not GONE}


GONE = object()


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def raw(head: bytes, body: bytes, secret: bytes | None = None, digest: str = "sha256") -> str:
    message = f"{b64(head)}.{b64(body)}"
    key = base64.urlsafe_b64decode(ACCESS_SECRET + "==") if secret is None else secret
    return f"{message}.{b64(hmac.digest(key, message.encode(), digest))}"


def signed(head: Json | None = None, body: Json | None = None, **more: Any) -> str:
    return raw(json.dumps(head or header()).encode(), json.dumps(body or access()).encode(), **more)


GOOD = signed()
HEAD, BODY, SIGNATURE = GOOD.split(".")
PUBLIC_PEM = (
    serialization.load_pem_private_key(PEM, None)
    .public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
)
RSA_KEY = parse_key("a1:" + ACCESS_SECRET)
DUPLICATE = b'{"sub":"u1","sub":"u2",' + json.dumps(access()).encode()[1:]

FORGERIES: dict[str, str] = {
    # Algorithms (RFC 8725 section 3.1)
    **{f"alg {alg}": signed(header(alg=alg)) for alg in ("none", "None", "nOnE", "NONE", "")},
    **{f"alg {alg}": signed(header(alg=alg)) for alg in ("HS384", "HS512", "RS256", "ES256")},
    **{f"alg {alg}": signed(header(alg=alg)) for alg in ("EdDSA", "PS256", "hs256", "dir")},
    **{f"alg {alg!r}": signed(header(alg=alg)) for alg in (None, 1, [], ["HS256"], {}, True)},
    "alg missing": signed(header(alg=GONE)),
    "none without signature": f"{b64(json.dumps(header(alg='none')).encode())}.{BODY}.",
    "HS512 for real": signed(header(alg="HS512"), digest="sha512"),
    "HMAC with the public key": signed(header(kid="rsa"), secret=PUBLIC_PEM),
    "HMAC with the public key, as RS256": signed(header(kid="rsa", alg="RS256"), secret=PUBLIC_PEM),
    "HMAC with the public key, as ES256": signed(header(kid="rsa", alg="ES256"), secret=PUBLIC_PEM),
    # Signatures
    "signature stripped": f"{HEAD}.{BODY}.",
    "signature missing": f"{HEAD}.{BODY}",
    "signature truncated": GOOD[:-4],
    "signature of zeros": f"{HEAD}.{BODY}.{b64(bytes(32))}",
    "signature doubled": GOOD + SIGNATURE,
    "first letter changed": f"{HEAD}.{BODY}.{'A' if SIGNATURE[0] != 'A' else 'B'}{SIGNATURE[1:]}",
    "body of another": f"{HEAD}.{b64(json.dumps(access(role='root')).encode())}.{SIGNATURE}",
    "empty secret": signed(secret=b""),
    "secret 'secret'": signed(secret=b"secret"),
    "secret as text": signed(secret=ACCESS_SECRET.encode()),
    "the refresh key": signed(secret=base64.urlsafe_b64decode(REFRESH_SECRET + "==")),
    "hash without key": f"{HEAD}.{BODY}.{b64(hashlib.sha256(b'x').digest())}",
    # Key ids
    **{
        f"kid {kid!r}": signed(header(kid=kid))
        for kid in (
            "unknown",
            "",
            "../../dev/null",
            "/etc/passwd",
            "a1' OR '1'='1",
            "a1; DROP TABLE users",
            "a1\0",
            "A1",
            " a1",
            "http://127.0.0.1:1/k",
            None,
            1,
            [],
            ["a1"],
            {},
            True,
        )
    },
    "kid missing": signed(header(kid=GONE)),
    # Headers that would have us fetch or trust a key, or read otherwise
    "jku": signed(header(jku="http://127.0.0.1:1/jwks")),
    "x5u": signed(header(x5u="http://127.0.0.1:1/cert")),
    "x5c": signed(header(x5c=["MIIB"])),
    "jwk": signed(header(jwk={"kty": "oct", "k": ACCESS_SECRET})),
    "crit": signed(header(crit=["exp"])),
    "crit b64": signed(header(crit=["b64"], b64=False)),
    "b64": signed(header(b64=False)),
    "zip": signed(header(zip="DEF")),
    "cty": signed(header(cty="JWT")),
    # Types: neither kind of token passes for the other
    **{f"typ {typ!r}": signed(header(typ=typ)) for typ in ("JWT", "rt+jwt", "AT+JWT", "", None)},
    "typ application": signed(header(typ="application/at+jwt")),
    "typ missing": signed(header(typ=GONE)),
    "a refresh token's claims": signed(
        body=access(aud="evergreen", role=GONE, email=GONE, jti=GONE)
    ),
    # Claims
    **{
        f"{name} missing": signed(body=access(**{name: GONE}))
        for name in ("iss", "aud", "sub", "sid", "gen", "client_id", "role", "email", "jti")
    },
    "iat missing": signed(body=access(iat=GONE)),
    "exp missing": signed(body=access(exp=GONE)),
    **{
        f"exp {exp!r}": signed(body=access(exp=exp))
        for exp in (str(NOW + 300), None, NOW + 300.5, 10**30, -1, 0, True, [NOW], NOW, NOW - 1)
    },
    "exp in ten years": signed(body=access(exp=NOW + 10 * 365 * 86400)),
    **{f"iat {iat!r}": signed(body=access(iat=iat)) for iat in ("0", None, 1.5, True, -(10**30))},
    **{f"nbf {nbf!r}": signed(body=access(nbf=nbf)) for nbf in ("0", None, 1.5, True)},
    **{
        f"iss {iss!r}": signed(body=access(iss=iss))
        for iss in ("evil", "", None, ["evergreen"], 1, "Evergreen", "evergreen ")
    },
    **{
        f"aud {aud!r}": signed(body=access(aud=aud))
        for aud in ("other", "", None, ["evergreen-api"], ["evergreen-api", "x"], "evergreen")
    },
    **{f"sub {sub!r}": signed(body=access(sub=sub)) for sub in ("", 1, None, [], {"a": 1})},
    **{
        f"gen {gen!r}": signed(body=access(gen=gen))
        for gen in (-1, 0.0, 1.5, "0", None, True, 2**31, 10**30)
    },
    "sid of nobody": signed(body=access(sid="x" * 22)),
    "sid with a wildcard": signed(body=access(sid="*")),
    "sub with SQL": signed(body=access(sub="' OR 1=1 --")),
    "sub with half a character": signed(body=access(sub="\ud800")),
    "duplicate claims": raw(json.dumps(header()).encode(), DUPLICATE),
    "NaN": raw(json.dumps(header()).encode(), json.dumps(access(exp=float("nan"))).encode()),
    "Infinity": raw(json.dumps(header()).encode(), json.dumps(access(exp=float("inf"))).encode()),
    # Spellings
    "UTF-16": raw(json.dumps(header()).encode(), json.dumps(access()).encode("utf-16")),
    "byte order mark": raw(json.dumps(header()).encode(), json.dumps(access()).encode("utf-8-sig")),
    "header in UTF-16": raw(json.dumps(header()).encode("utf-16"), json.dumps(access()).encode()),
    "not UTF-8": raw(json.dumps(header()).encode(), b"\xff\xfe"),
    "a list": raw(json.dumps(header()).encode(), b"[]"),
    "a number": raw(json.dumps(header()).encode(), b"1"),
    "nothing": raw(b"", b""),
    "header is a list": raw(b"[]", json.dumps(access()).encode()),
    "deep brackets": raw(json.dumps(header()).encode(), b"[" * 1500),
    "deep brackets in the header": raw(b"[" * 1500, b"{}"),
    "5,000 digits": raw(b'{"alg":' + b"9" * 2900 + b"}", b"{}"),
    "padding": GOOD + "=",
    "padding everywhere": ".".join(part + "==" for part in GOOD.split(".")),
    "last bit flipped": GOOD[:-1] + chr(ord(GOOD[-1]) + 1),
    "standard base64": f"{HEAD}.{BODY}.+/{SIGNATURE[2:]}",
    "white space before": " " + GOOD + " x",
    "white space inside": f"{HEAD}. {BODY}.{SIGNATURE}",
    "line break": f"{HEAD}.{BODY[:5]}%0a{BODY[5:]}.{SIGNATURE}",
    "four segments": GOOD + ".x",
    "five segments (JWE)": f"{HEAD}.{BODY}.{SIGNATURE}.x.x",
    "two dots": "..",
    "one word": "token",
    "empty": "",
    "a JWT in a JWT": raw(json.dumps(header(cty="JWT")).encode(), GOOD.encode()),
    "letters of elsewhere": "\uff41.\uff42.\uff43",
    "a null byte": GOOD + "%00",
    "JSON serialization": json.dumps({"payload": BODY, "signatures": []}),
    "60 kB": GOOD + "A" * 60_000,
}


@pytest.fixture
def app(environment: dict[str, str], clock: Clock, tmp_path: Path) -> Flask:
    (tmp_path / "rsa.pem").write_bytes(PUBLIC_PEM)
    clock.now = NOW
    keys = {
        "WEBAPP_ACCESS_TOKEN_KEYS": f"a1:{ACCESS_SECRET},rsa:@{tmp_path / 'rsa.pem'}",
        "WEBAPP_REFRESH_TOKEN_KEYS": f"a1:{REFRESH_SECRET}",
    }
    return create_app(environment | keys, clock)


@pytest.fixture
def no_way_out(monkeypatch: pytest.MonkeyPatch, redis_server: Any) -> None:
    """Redis may be reached, and nothing else: no token makes us fetch anything."""
    connect: Callable[..., Any] = socket.socket.connect
    this = threading.get_ident()  # the app of another test may still look for its Redis

    def guarded(self: socket.socket, address: Any) -> Any:
        ours = threading.get_ident() == this
        assert not ours or address[1] == redis_server.port, f"an outgoing connection to {address}"
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


def test_there_are_more_than_a_hundred() -> None:
    assert len(FORGERIES) > 100


@pytest.mark.usefixtures("no_way_out")
@pytest.mark.parametrize("token", FORGERIES.values(), ids=FORGERIES.keys())
def test_it_is_refused_everywhere(app: Flask, token: str) -> None:
    program, browser = Program(app), Browser(app)
    attempts: list[Callable[[], Any]] = [
        lambda: program.call("GET", "/users", Authorization=f"Bearer {as_header(token)}"),
        lambda: program.refresh(token),
    ]
    for attempt in attempts:
        assert attempt().status_code in (400, 401, 431)
    browser.keep({"access_token": as_header(token)[:4000]})
    assert not browser.is_in()
    browser.keep({"refresh_token": as_header(token)[:4000]})
    assert not browser.is_in()


def test_the_model_for_them_all_is_good(app: Flask) -> None:
    """Or they might all be refused for one and the same wrong reason."""
    program = Program(app)
    program.log_in()
    real = json.loads(base64.urlsafe_b64decode(program.auth["access_token"].split(".")[1] + "=="))
    forged = signed(body=access(sub=real["sub"], sid=real["sid"], client_id="api"))
    assert program.call("GET", "/protected", Authorization=f"Bearer {forged}").status_code == 200


def test_a_token_in_the_address_is_not_looked_at(app: Flask) -> None:
    program = Program(app)
    token = program.log_in()["access_token"]
    program.auth = {}
    for name in ("access_token", "token", "jwt"):
        assert program.call("GET", f"/protected?{name}={token}").status_code == 401


def test_a_megabyte_is_refused_by_its_size(app: Flask) -> None:
    assert Program(app).refresh("A" * 1_000_000).status_code == 413


def as_header(token: str) -> str:
    """As far as it can be sent in a header at all."""
    return token.encode().decode("latin-1")
