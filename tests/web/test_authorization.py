"""Deny by default: every route declares who may call it, and the policy is one table."""

import re
from pathlib import Path

import pytest
from flask import Blueprint, Flask

from scripts.serve import create_app_or_exit
from tests.support.browser import Browser
from webapp.core.policy import ROLE_PERMISSIONS, Permission, Role, has_permission
from webapp.web import api
from webapp.web.app import EvergreenFlask
from webapp.web.auth.authorization import (
    DECLARATION,
    PUBLIC,
    UndeclaredRoute,
    declare_extension,
    public,
)

PUBLIC_PAGES = {
    "/",
    "/lab",
    "/lab/architectures",
    "/lab/code/<path:path>",
    "/lab/compare",
    "/lab/compare/<slug>",
    "/lab/lifetimes",
    "/lab/questions",
    "/lab/scenarios",
    "/lab/scenarios/<slug>",
    "/lab/walk",
    "/lab/walk/<int:number>",
    "/language",
    "/login",
    "/login/passkey",
    "/login/passkey/options",
    "/login/second-step",
    "/login/second-step/passkey/options",
    "/not-me/<token>",
    "/register",
    "/logout",
    "/session",
    "/theme",
    "/forgot-password",
    "/forgot-password/sent",
    "/reset-password/<token>",
    "/undo-email/<token>",
    "/verify-email",
    "/verify-email/sent",
    "/verify-email/<token>",
    "/password-strength",
    "/dev/outbox",
    "/dev/outbox/<mail_id>",
    "/favicon.ico",
}
PUBLIC_FOR_PROGRAMS = {
    "/robots.txt",
    "/manifest.webmanifest",
    "/flow.<language>.svg",
    "/.well-known/security.txt",
    "/.well-known/change-password",
    "/api/docs",
    "/api/openapi.json",
    "/api/v1/auth/register",
    "/api/v1/auth/login",
    "/api/v1/auth/refresh",
    "/api/v1/auth/revoke",
    "/oauth/token",
    "/oauth/revoke",
    "/oauth/introspect",
    "/.well-known/jwks.json",
    "/.well-known/oauth-authorization-server",
}


def test_every_route_declares_who_may_call_it(app: Flask) -> None:
    undeclared = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        and DECLARATION not in app.view_functions[rule.endpoint].__dict__
    ]
    assert undeclared == []


def test_what_is_public_is_written_here_too(app: Flask) -> None:
    public = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if app.view_functions[rule.endpoint].__dict__.get(DECLARATION) == PUBLIC
    }
    assert public == PUBLIC_PAGES | PUBLIC_FOR_PROGRAMS


def test_every_other_route_sends_a_stranger_away(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if rule.endpoint == "static" or view.__dict__[DECLARATION] == PUBLIC:
            continue
        path = re.sub(r"<[^>]+>", "1", rule.rule)
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            answer = Browser(app).client.open(path, method=method)
            if rule.rule.startswith(("/api/", "/forward")):
                assert answer.status_code == 401, rule
            else:
                assert answer.location.startswith("/login"), rule


def test_a_route_that_declares_nothing_is_not_added(app: Flask) -> None:
    with pytest.raises(UndeclaredRoute, match="'forgotten' declares no permission"):
        app.add_url_rule("/forgotten", "forgotten", lambda: "a secret")
    assert app.test_client().get("/forgotten").status_code == 404


def test_a_blueprint_with_such_a_route_is_not_added(app: Flask) -> None:
    blueprint = Blueprint("reports", __name__)
    blueprint.add_url_rule("/forgotten", "all", lambda: "a secret")
    with pytest.raises(UndeclaredRoute, match=r"'reports\.all' declares no permission"):
        app.register_blueprint(blueprint)
    assert app.test_client().get("/forgotten").status_code == 404


def test_the_start_fails_with_one_line_that_names_the_route(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def install(app: Flask) -> None:
        app.add_url_rule("/forgotten", "forgotten", lambda: "a secret")

    monkeypatch.setattr(api, "install", install)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        create_app_or_exit()
    (line,) = capsys.readouterr().err.splitlines()
    assert "'forgotten' declares no permission. Write @public or @requires" in line


def test_a_view_that_is_exchanged_for_an_undeclared_one_is_an_error(app: Flask) -> None:
    app.view_functions["pages.home"] = lambda: "a secret"
    response = app.test_client().get("/")
    assert response.status_code == 500
    assert "a secret" not in response.text


def test_a_rule_whose_view_comes_later_is_an_error_without_a_declaration(app: Flask) -> None:
    app.add_url_rule("/later", "later")
    app.endpoint("later")(lambda: "a secret")
    assert app.test_client().get("/later").status_code == 500
    app.view_functions["later"] = public(lambda: "open")
    assert app.test_client().get("/later").text == "open"


def test_routes_of_an_extension_are_declared_by_its_name(app: Flask) -> None:
    declare_extension(app, "shop", Permission.OWN_ACCOUNT)
    declare_extension(app, "shop.prices", PUBLIC)
    declare_extension(app, "shop.admin", Permission.MANAGE_USERS)
    blueprint, nested = Blueprint("shop", __name__), Blueprint("admin", __name__)
    for name in ("cart", "prices"):
        blueprint.add_url_rule(f"/{name}", name, lambda: "goods")
    nested.add_url_rule("/sales", "sales", lambda: "sums")
    blueprint.register_blueprint(nested)
    app.register_blueprint(blueprint)
    browser = Browser(app)
    assert browser.get("/prices").text == "goods"
    assert browser.get("/cart").location.startswith("/login")
    browser.sign_in()
    assert browser.get("/cart").text == "goods"
    assert browser.get("/sales").status_code == 403


def test_static_files_of_a_blueprint_are_public(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "shop.css").write_text("b {}")
    shop = Blueprint("shop", __name__, static_folder=str(tmp_path), static_url_path="/files")
    app.register_blueprint(shop)
    with app.test_client().get("/files/shop.css") as response:
        assert response.text == "b {}"


def test_a_view_that_is_called_static_is_no_static_folder() -> None:
    app = EvergreenFlask("app", static_folder=None)
    with pytest.raises(UndeclaredRoute):
        app.add_url_rule("/static", "static", lambda: "a secret")


@pytest.mark.parametrize("permission", list(Permission))
def test_an_unknown_role_may_do_nothing(permission: Permission) -> None:
    assert not has_permission("root", permission)


def test_who_may_do_what() -> None:
    assert {
        Role.USER: {Permission.OWN_ACCOUNT},
        Role.ADMIN: {Permission.OWN_ACCOUNT, Permission.MANAGE_USERS},
    } == ROLE_PERMISSIONS
