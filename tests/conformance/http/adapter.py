"""An adapter for servers that take and give tokens in plain JSON, forms or cookies."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import urlencode, urlsplit

from ..adapter import Adapter, NotSupported, Refused, Tokens, Unavailable
from .client import Client, Response, cookie_value
from .html_form import hidden_fields

Fields = Mapping[str, Any]
Cookies = dict[str, str]


@dataclass
class HttpAdapter(Adapter):
    """Texts `{refresh}` and `{access}` in a body or header stand for the tokens."""

    login_url: str
    refresh_url: str
    login_body: Fields
    client: Client = field(default_factory=Client)
    name: str = "the server"
    grace: float = 0
    absolute_limit: float | None = None
    form: bool = False
    """Bodies are forms, not JSON."""
    from_page: bool = False
    """Fetch the page at the URL of the login and of the logout first: its form has a CSRF token."""
    refresh_method: str = "POST"
    refresh_body: Fields | None = None
    """None: the refresh token alone, or nothing if it travels in a cookie."""
    refresh_headers: Mapping[str, str] = field(default_factory=dict)
    refresh_field: str = "refresh_token"
    """Where responses have it; dots lead into objects: `data.tokens.refresh`."""
    refresh_cookie: str | None = None
    access_field: str = "access_token"
    access_cookie: str | None = None
    call_url: str | None = None
    logout_url: str | None = None
    logout_body: Fields | None = None
    """None: as the body of a refresh."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent with each request."""
    csrf_cookie: str | None = None
    csrf_header: str = "X-CSRF-Token"
    """Gets the value of `csrf_cookie`."""

    def login(self) -> Tokens:
        hidden, cookies = self._page(self.login_url, {})
        response = self._send("POST", self.login_url, {**hidden, **self.login_body}, cookies)
        tokens = self._tokens(response, Tokens("", state=cookies))
        if response.status >= 400:
            raise_refusal(response)
        if not tokens.refresh:
            where = self.refresh_cookie or self.refresh_field
            raise Refused(f"{response}, and no {where} in it, but {contents(response)}")
        return tokens

    def refresh(self, tokens: Tokens) -> Tokens:
        body = self._body(self.refresh_body, tokens)
        headers = filled(self.refresh_headers, tokens)
        response = self._send(
            self.refresh_method, self.refresh_url, body, self._cookies(tokens), headers
        )
        self._require_kept_cookie(response)
        if response.status >= 300:
            raise_refusal(response)
        return self._tokens(response, tokens)

    def call(self, tokens: Tokens) -> None:
        if not self.call_url:
            raise NotSupported("there is no address for calls with the access token")
        if self.access_cookie:
            response = self._send(
                "GET", self.call_url, None, {self.access_cookie: tokens.access or ""}
            )
        else:
            response = self._send("GET", self.call_url, None, {}, bearer(tokens))
        if response.status >= 300:
            raise_refusal(response)

    def logout(self, tokens: Tokens) -> None:
        if not self.logout_url:
            raise NotSupported("there is no address for the logout")
        cookies = self._cookies(tokens)
        if self.access_cookie and tokens.access:
            cookies[self.access_cookie] = tokens.access
        hidden, cookies = self._page(self.logout_url, cookies)
        body = {**hidden, **(self._body(self.logout_body, tokens) or {})}
        headers = {} if self.access_cookie else bearer(tokens)
        response = self._send("POST", self.logout_url, body, cookies, headers)
        if response.status >= 400:
            raise_refusal(response)

    def _page(self, url: str, cookies: Cookies) -> tuple[dict[str, str], Cookies]:
        """The hidden fields of the page's form, and the cookies with those that the page sets."""
        if not self.from_page:
            return {}, cookies
        page = self._send("GET", url, None, cookies)
        text = page.body.decode(errors="replace")
        return hidden_fields(text, urlsplit(url).path), merged(cookies, page)

    def _body(self, template: Fields | None, tokens: Tokens) -> Fields | None:
        if template is not None:
            return filled(template, tokens)
        return None if self.refresh_cookie else {self.refresh_field.split(".")[-1]: tokens.refresh}

    def _cookies(self, tokens: Tokens) -> Cookies:
        """All but the access token: the server has to refresh."""
        cookies: Cookies = dict(tokens.state) if isinstance(tokens.state, dict) else {}
        cookies.pop(self.access_cookie or "", None)
        return cookies | ({self.refresh_cookie: tokens.refresh} if self.refresh_cookie else {})

    def _send(
        self,
        method: str,
        url: str,
        body: Fields | None,
        cookies: Cookies,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        sent = {"Accept": "application/json, text/html;q=0.5"} | dict(self.headers)
        sent |= headers or {}
        if cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        if self.csrf_cookie in cookies:
            sent[self.csrf_header] = cookies[self.csrf_cookie]
        if method == "GET":
            return self.client.send(method, url, sent)
        kind = "x-www-form-urlencoded" if self.form else "json"
        sent["Content-Type"] = f"application/{kind}"
        data = urlencode(body or {}) if self.form else json.dumps(body or {})
        return self.client.send(method, url, sent, data.encode())

    def _tokens(self, response: Response, old: Tokens) -> Tokens:
        """Those of the response; what it does not name stays."""
        body = response.json()
        lines = response.cookie_lines()
        cookies = merged(old.state if isinstance(old.state, dict) else {}, response)
        line = lines.get(self.refresh_cookie or "")
        refresh = cookies.pop(self.refresh_cookie, None) if self.refresh_cookie else None
        refresh = refresh or at(body, self.refresh_field) or old.refresh
        access = cookies.get(self.access_cookie) if self.access_cookie else None
        access = access or at(body, self.access_field) or old.access
        return Tokens(refresh, access, response.header_map, line, cookies)

    def _require_kept_cookie(self, response: Response) -> None:
        """A server that deletes the cookie signs out, whatever its status says."""
        line = response.cookie_lines().get(self.refresh_cookie or "")
        if line and cookie_value(line) is None:
            raise Refused(f"{response}, and the cookie is deleted")


def merged(cookies: Cookies, response: Response) -> Cookies:
    """What a browser keeps after the response."""
    kept = dict(cookies)
    for name, line in response.cookie_lines().items():
        value = cookie_value(line)
        kept.pop(name, None)
        if value is not None:
            kept[name] = value
    return kept


def filled(template: Mapping[str, Any], tokens: Tokens) -> dict[str, Any]:
    """The template with the tokens in place of `{refresh}` and `{access}`."""
    values = {"{refresh}": tokens.refresh, "{access}": tokens.access or ""}
    result = {}
    for name, value in template.items():
        for mark, token in values.items():
            value = value.replace(mark, token) if isinstance(value, str) else value
        result[name] = value
    return result


def bearer(tokens: Tokens) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens.access}"} if tokens.access else {}


def at(body: Any, path: str) -> Any:
    """The value at `data.tokens.refresh`, or None."""
    for key in path.split("."):
        body = body.get(key) if isinstance(body, dict) else None
    return body


def contents(response: Response) -> str:
    """The names of the fields and cookies of a response, for a person who looks for one."""
    names = [f"the field {path}" for path in paths(response.json())]
    names += [f"the cookie {name}" for name in response.cookie_lines()]
    return ", ".join(names) or "nothing"


def paths(body: Any, before: str = "") -> list[str]:
    if not isinstance(body, dict):
        return [before.rstrip(".")] if before else []
    return [path for key, value in body.items() for path in paths(value, f"{before}{key}.")]


def raise_refusal(response: Response) -> NoReturn:
    """Raises Unavailable for a status that says nothing about the tokens, else Refused."""
    if response.status == 429 or response.status >= 500:
        raise Unavailable(str(response))
    raise Refused(str(response))
