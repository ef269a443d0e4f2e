"""The standard endpoints, as client libraries that already exist use them."""

import subprocess
import sys
from pathlib import Path

import jwt
import pytest
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from flask import Flask
from requests_oauthlib import OAuth2Session as OAuthlibSession

from tests.conftest import services_of
from tests.support.api import Json, Program
from tests.support.clock import Clock
from tests.support.servers import free_port, serving
from webapp import create_app
from webapp.core.keys import generate_pem
from webapp.core.models import UserChanges


class TestToken:
    def test_the_next_pair_in_the_standards_shape(self, program: Program) -> None:
        answer = program.form(
            "/oauth/token",
            grant_type="refresh_token",
            refresh_token=program.log_in()["refresh_token"],
        )
        assert answer.status_code == 200
        assert answer.json.keys() == {"access_token", "token_type", "expires_in", "refresh_token"}
        assert answer.headers["Cache-Control"] == "private, no-store"

    @pytest.mark.parametrize(
        ("form", "status", "error"),
        [
            ({}, 400, "invalid_request"),
            ({"grant_type": "refresh_token"}, 400, "invalid_request"),
            ({"grant_type": "password"}, 400, "unsupported_grant_type"),
            ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, "invalid_grant"),
            (
                {"grant_type": "refresh_token", "refresh_token": "x", "client_id": "nobody"},
                401,
                "invalid_client",
            ),
        ],
    )
    def test_errors_are_the_standards(
        self, program: Program, form: dict[str, str], status: int, error: str
    ) -> None:
        answer = program.form("/oauth/token", **form)
        assert (answer.status_code, answer.json["error"]) == (status, error)

    def test_a_parameter_twice_is_an_invalid_request(self, program: Program) -> None:
        data = {"grant_type": ["refresh_token", "password"]}
        assert program.client.post("/oauth/token", data=data).json["error"] == "invalid_request"

    def test_what_the_router_refuses_has_their_shape_too(self, app: Flask) -> None:
        answer = app.test_client().get("/oauth/token")
        assert (answer.status_code, answer.json["error"]) == (405, "method_not_allowed")


class TestRevoke:
    @pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
    def test_either_token_ends_the_session(self, program: Program, kind: str) -> None:
        auth = program.log_in()
        assert program.form("/oauth/revoke", token=auth[kind]).status_code == 200
        assert program.call("GET", "/protected").status_code == 401

    def test_the_token_of_another_client_ends_nothing(self, program: Program, secret: str) -> None:
        auth = program.log_in()
        program.form(
            "/oauth/revoke", token=auth["refresh_token"], client_id="shop", client_secret=secret
        )
        assert program.call("GET", "/protected").status_code == 200

    @pytest.mark.parametrize("path", ["/oauth/revoke", "/api/v1/auth/revoke"])
    def test_an_old_access_token_ends_nothing(
        self, program: Program, clock: Clock, path: str
    ) -> None:
        old = program.log_in()
        clock.advance(301)
        program.auth = program.refresh(old["refresh_token"]).json["data"]["auth"]
        if path.startswith("/api"):
            program.call("POST", "/auth/revoke", {"refresh_token": old["access_token"]})
        else:
            program.form(path, token=old["access_token"])
        assert program.call("GET", "/protected").status_code == 200

    def test_an_expired_refresh_token_ends_nothing(self, program: Program, clock: Clock) -> None:
        old = program.log_in()["refresh_token"]
        token = old
        for _ in range(2):
            clock.advance(20 * 86400)
            program.auth = program.refresh(token).json["data"]["auth"]
            token = program.auth["refresh_token"]
        program.form("/oauth/revoke", token=old)
        assert program.call("GET", "/protected").status_code == 200


class TestIntrospect:
    def ask(self, program: Program, token: str, secret: str) -> Json:
        answer = program.client.post(
            "/oauth/introspect", data={"token": token}, auth=("shop", secret)
        )
        assert answer.status_code == 200
        fields: Json = answer.json
        return fields

    def test_it_says_what_a_good_token_says(self, program: Program, secret: str) -> None:
        auth = program.log_in()
        for token in (auth["access_token"], auth["refresh_token"]):
            fields = self.ask(program, token, secret)
            assert fields["active"] is True
            assert fields["sub"] == auth["user"]["id"]

    def test_of_any_other_it_says_nothing(self, program: Program, secret: str) -> None:
        auth = program.log_in()
        renewed = program.refresh(auth["refresh_token"]).json["data"]["auth"]
        assert self.ask(program, auth["refresh_token"], secret) == {"active": False}
        program.form("/oauth/revoke", token=renewed["refresh_token"])
        for token in ("rubbish", renewed["access_token"], renewed["refresh_token"]):
            assert self.ask(program, token, secret) == {"active": False}

    def test_the_role_is_that_of_today(self, app: Flask, program: Program, secret: str) -> None:
        token = program.log_in()["access_token"]
        with app.app_context():
            services = services_of(app)
            user_id = program.auth["user"]["id"]
            services.accounts.change(user_id, UserChanges(role="admin"), services.now())
        assert self.ask(program, token, secret)["role"] == "admin"

    @pytest.mark.parametrize("who", [{}, {"client_id": "phone"}, {"client_id": "shop"}])
    def test_only_for_clients_with_a_secret(
        self, program: Program, secret: str, who: dict[str, str]
    ) -> None:
        answer = program.form("/oauth/introspect", token="x", **who)
        assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


class TestLibraries:
    def test_authlib_refreshes_by_itself_calls_and_revokes(
        self, program: Program, secret: str, address: str, clock: Clock
    ) -> None:
        auth = program.log_in(client_id="shop", client_secret=secret)
        kept: list[Json] = []
        session = AuthlibSession(
            "shop",
            secret,
            token={**auth, "expires_at": 1},
            token_endpoint=f"{address}/oauth/token",
            update_token=lambda token, **_: kept.append(token),
        )
        clock.advance(301)
        assert session.get(f"{address}/api/v1/protected").status_code == 200
        assert kept[0]["refresh_token"] != auth["refresh_token"]
        revoked = session.revoke_token(f"{address}/oauth/revoke", kept[0]["refresh_token"])
        assert revoked.status_code == 200
        assert session.get(f"{address}/api/v1/protected").status_code == 401
        session.close()

    def test_requests_oauthlib_refreshes_and_calls(
        self,
        program: Program,
        secret: str,
        address: str,
        clock: Clock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
        auth = program.log_in(client_id="phone")
        session = OAuthlibSession(
            "phone",
            token={**auth, "expires_in": -1},
            auto_refresh_url=f"{address}/oauth/token",
            auto_refresh_kwargs={"client_id": "phone"},
            token_updater=lambda token: None,
        )
        clock.advance(301)
        assert session.get(f"{address}/api/v1/protected").status_code == 200
        session.close()

    def test_oauth4webapi_discovers_refreshes_calls_and_revokes(
        self, environment: dict[str, str], clock: Clock, tmp_path: Path
    ) -> None:
        port = free_port()
        issuer = f"http://localhost:{port}"
        app = create_app(environment | {"WEBAPP_JWT_ISSUER": issuer}, clock)
        token = Program(app).log_in()["refresh_token"]
        install = ["npm", "install", "--no-save", "--no-package-lock", "--silent", OAUTH4WEBAPI]
        subprocess.run(install, cwd=tmp_path, check=True)
        script = tmp_path / "client.mjs"
        script.write_text(NODE_CLIENT)
        with serving(app, port):
            # Needed by Node 18, known to later ones.
            node = ["node", "--experimental-global-webcrypto", str(script), issuer, token]
            done = subprocess.run(node, capture_output=True, text=True, check=False)
        assert done.stdout.split() == ["200", "401"], done.stderr


OAUTH4WEBAPI = "oauth4webapi@3.8.8"
NODE_CLIENT = """
import * as oauth from 'oauth4webapi';
const [issuer, token] = process.argv.slice(2);
const local = { [oauth.allowInsecureRequests]: true };
const client = { client_id: 'api' };
const found = await oauth.discoveryRequest(new URL(issuer), { algorithm: 'oauth2', ...local });
const server = await oauth.processDiscoveryResponse(new URL(issuer), found);
const answer = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), token, local);
const pair = await oauth.processRefreshTokenResponse(server, client, answer);
const call = () => fetch(`${issuer}/api/v1/protected`, {
  headers: { Authorization: `Bearer ${pair.access_token}` },
});
console.log((await call()).status);
await oauth.processRevocationResponse(
  await oauth.revocationRequest(server, client, oauth.None(), pair.refresh_token, local));
console.log((await call()).status);
"""


class TestOtherServices:
    @pytest.fixture
    def app(self, environment: dict[str, str], clock: Clock, algorithm: str) -> Flask:
        return create_app(environment | {"WEBAPP_ACCESS_TOKEN_ALGORITHM": algorithm}, clock)

    @pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
    def test_a_process_that_has_only_the_jwks_address_verifies_our_tokens(
        self, app: Flask, address: str, algorithm: str
    ) -> None:
        token = Program(app).log_in()["access_token"]
        code = (
            "import jwt, sys; token, address = sys.argv[1:3]\n"
            "key = jwt.PyJWKClient(address).get_signing_key_from_jwt(token)\n"
            "print(jwt.decode(token, key, [sys.argv[3]], audience='evergreen-api')['email'])"
        )
        arguments = [token, f"{address}/.well-known/jwks.json", algorithm]
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
        )
        assert done.stdout.strip() == "ada@example.com", done.stderr

    @pytest.mark.parametrize("algorithm", ["HS256"])
    def test_a_shared_secret_is_not_among_the_public_keys(self, app: Flask) -> None:
        answer = app.test_client().get("/.well-known/jwks.json")
        assert answer.json == {"keys": []}
        assert "max-age" in answer.headers["Cache-Control"]


def test_the_metadata_names_addresses_that_answer(app: Flask) -> None:
    client = app.test_client()
    fields = client.get("/.well-known/oauth-authorization-server").json
    for name, address in fields.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            assert client.open(address, method="POST").status_code != 404, name
    assert fields["grant_types_supported"] == ["refresh_token"]


def test_a_key_rotation_in_the_documented_order_signs_no_user_out(
    environment: dict[str, str], clock: Clock, tmp_path: Path
) -> None:
    for name in ("old", "new"):
        (tmp_path / f"{name}.pem").write_bytes(generate_pem("ES256"))
    old, new = (f"{name}:@{tmp_path / name}.pem" for name in ("old", "new"))
    token, signed_by = "", []
    for keys in (old, f"{old},{new}", f"{new},{old}", new):
        settings = {
            "WEBAPP_ACCESS_TOKEN_ALGORITHM": "ES256",
            "WEBAPP_ACCESS_TOKEN_KEYS": keys,
        }
        program = Program(create_app(environment | settings, clock))
        if token:
            program.auth = program.refresh(token).json["data"]["auth"]
        else:
            program.log_in()
        assert program.call("GET", "/protected").status_code == 200
        token = program.auth["refresh_token"]
        signed_by.append(jwt.get_unverified_header(program.auth["access_token"])["kid"])
        clock.advance(301)
    assert signed_by == ["old", "old", "new", "new"]
