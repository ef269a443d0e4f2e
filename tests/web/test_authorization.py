"""Deny by default: what is public is written here, too; everything else needs a sign-in."""

import re

from flask import Flask

from tests.support.browser import Browser

PUBLIC = {"/", "/login", "/register", "/logout", "/favicon.ico"}


def test_every_route_but_the_public_ones_sends_a_stranger_away(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static" or rule.rule in PUBLIC:
            continue
        path = re.sub(r"<[^>]+>", "1", rule.rule)
        for method in rule.methods - {"OPTIONS", "HEAD"}:
            answer = Browser(app).client.open(path, method=method)
            if rule.rule.startswith("/api/"):
                assert answer.status_code == 401, rule
            else:
                assert answer.location.startswith("/login"), rule
