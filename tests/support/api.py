"""A program that uses the JSON API."""

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from .browser import EMAIL, PASSWORD

Json = dict[str, Any]


class Program:
    def __init__(self, app: Flask, user_agent: str = "program/1.0") -> None:
        self.client = app.test_client(use_cookies=False)
        self.headers = {"User-Agent": user_agent}
        self.auth: Json = {}

    def call(self, method: str, path: str, json: Any = None, **headers: str) -> TestResponse:
        bearer = self.auth.get("access_token")
        known = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        return self.client.open(
            f"/api/v1{path}", method=method, json=json, headers=self.headers | known | headers
        )

    def log_in(self, email: str = EMAIL, password: str = PASSWORD, **client: str) -> Json:
        answer = self.call("POST", "/auth/login", {"email": email, "password": password, **client})
        assert answer.status_code == 200, answer.text
        self.auth = answer.json["data"]["auth"]
        return self.auth

    def refresh(self, refresh_token: str, **client: str) -> TestResponse:
        return self.call("POST", "/auth/refresh", {"refresh_token": refresh_token, **client})

    def form(self, path: str, **data: str) -> TestResponse:
        return self.client.post(path, data=data, headers=self.headers)


def error_code(answer: TestResponse) -> str:
    code: str = answer.json["error"]["code"]
    return code
