"""Deny by default: every route declares who may call it, and the policy is one table."""

import re

import pytest
from flask import Flask

from tests.support.browser import Browser
from webapp.core.policy import ROLE_PERMISSIONS, Permission, Role, has_permission
from webapp.web.auth.authorization import DECLARATION, PUBLIC

PUBLIC_PAGES = {
    "/",
    "/login",
    "/register",
    "/logout",
    "/session",
    "/forgot-password",
    "/forgot-password/sent",
    "/reset-password/<token>",
    "/undo-email/<token>",
    "/verify-email",
    "/verify-email/sent",
    "/verify-email/<token>",
    "/password-strength",
    "/dev/outbox",
    "/favicon.ico",
}
PUBLIC_FOR_PROGRAMS = {
    "/robots.txt",
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
    assets = {rule for rule in public if rule.startswith("/api/docs/")}
    assert public - assets == PUBLIC_PAGES | PUBLIC_FOR_PROGRAMS


def test_every_other_route_sends_a_stranger_away(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if rule.endpoint == "static" or view.__dict__[DECLARATION] == PUBLIC:
            continue
        path = re.sub(r"<[^>]+>", "1", rule.rule)
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            answer = Browser(app).client.open(path, method=method)
            if rule.rule.startswith("/api/"):
                assert answer.status_code == 401, rule
            else:
                assert answer.location.startswith("/login"), rule


def test_a_route_that_declares_nothing_answers_nobody(app: Flask) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "a secret")
    browser = Browser(app)
    browser.sign_in()
    assert browser.get("/forgotten").status_code == 403


@pytest.mark.parametrize("permission", list(Permission))
def test_an_unknown_role_may_do_nothing(permission: Permission) -> None:
    assert not has_permission("root", permission)


def test_who_may_do_what() -> None:
    assert {
        Role.USER: {Permission.OWN_ACCOUNT},
        Role.ADMIN: {Permission.OWN_ACCOUNT, Permission.MANAGE_USERS},
    } == ROLE_PERMISSIONS
