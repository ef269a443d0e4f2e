"""An adapter for servers that take and give tokens in plain JSON, forms or cookies."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn
from urllib.parse import urlencode, urlsplit

from ..adapter import Adapter, Refused, Tokens, Unavailable
from .client import Client
from .cookies import Jar
from .html_form import hidden_fields
from .response import Response, value_at

Fields = Mapping[str, Any]


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

    def missing(self, operation: str) -> str | None:
        if type(self).call is HttpAdapter.call and operation == "call" and not self.call_url:
            return "it needs --call URL"
        if type(self).logout is HttpAdapter.logout and operation == "logout":
            return None if self.logout_url else "it needs --logout URL"
        if not super().missing(operation):
            return None
        if operation == "absolute_limit":
            return "it needs --absolute-limit SECONDS"
        return f"it needs --operation {operation}=COMMAND"

    def login(self) -> Tokens:
        hidden, jar = self._page(self.login_url, Jar())
        response = self._send("POST", self.login_url, {**hidden, **self.login_body}, jar)
        if response.status >= 400:
            raise_refusal(response)
        tokens = self._tokens(response, Tokens("", state=jar), self.login_url)
        if not tokens.refresh:
            where = self.refresh_cookie or self.refresh_field
            raise Refused(f"{response}, and no {where} in it, but {response.contents()}")
        return tokens

    def refresh(self, tokens: Tokens) -> Tokens:
        body = self._body(self.refresh_body, tokens)
        headers = filled(self.refresh_headers, tokens)
        jar = self._cookies(tokens)
        response = self._send(self.refresh_method, self.refresh_url, body, jar, headers)
        self._require_kept_cookie(response, jar)
        if response.status >= 300:
            raise_refusal(response)
        found = self._tokens(response, replace(tokens, refresh="", access=None), self.refresh_url)
        # A page refreshes when it has to; all others were asked for nothing else.
        if not found.refresh and not found.access and self.refresh_method != "GET":
            raise Refused(f"{response}, and no tokens in it, but {response.contents()}")
        return replace(
            found,
            refresh=found.refresh or tokens.refresh,
            access=found.access or tokens.access,
        )

    def call(self, tokens: Tokens) -> None:
        jar, headers = Jar(), bearer(tokens)
        if self.access_cookie:
            jar, headers = Jar().replaced(self.access_cookie, tokens.access or ""), {}
        response = self._send("GET", str(self.call_url), None, jar, headers)
        if response.status >= 300:
            raise_refusal(response)

    def logout(self, tokens: Tokens) -> None:
        url, jar = str(self.logout_url), self._cookies(tokens)
        if self.access_cookie and tokens.access:
            jar = jar.replaced(self.access_cookie, tokens.access)
        hidden, jar = self._page(url, jar)
        body = {**hidden, **(self._body(self.logout_body, tokens) or {})}
        headers = {} if self.access_cookie else bearer(tokens)
        response = self._send("POST", url, body, jar, headers)
        if response.status >= 400:
            raise_refusal(response)

    def _page(self, url: str, jar: Jar) -> tuple[dict[str, str], Jar]:
        """The hidden fields of the page's form, and the cookies with those that the page sets."""
        if not self.from_page:
            return {}, jar
        page = self._send("GET", url, None, jar)
        text = page.body.decode(errors="replace")
        return hidden_fields(text, urlsplit(url).path), jar.after(page, url)

    def _body(self, template: Fields | None, tokens: Tokens) -> Fields | None:
        if template is not None:
            return filled(template, tokens)
        return None if self.refresh_cookie else {self.refresh_field.split(".")[-1]: tokens.refresh}

    def _cookies(self, tokens: Tokens) -> Jar:
        """All but the access token: the server has to refresh."""
        jar = tokens.state if isinstance(tokens.state, Jar) else Jar()
        jar = jar.without(self.access_cookie)
        return jar.replaced(self.refresh_cookie, tokens.refresh) if self.refresh_cookie else jar

    def _send(
        self,
        method: str,
        url: str,
        body: Fields | None,
        cookies: Jar,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        sent = {"Accept": "application/json, text/html;q=0.5"} | dict(self.headers)
        sent |= headers or {}
        if line := cookies.header(url):
            sent["Cookie"] = line
        if value := cookies.get(self.csrf_cookie):
            sent[self.csrf_header] = value
        if method == "GET":
            return self.client.send(method, url, sent)
        kind = "x-www-form-urlencoded" if self.form else "json"
        sent["Content-Type"] = f"application/{kind}"
        data = urlencode(body or {}) if self.form else json.dumps(body or {})
        return self.client.send(method, url, sent, data.encode())

    def _tokens(self, response: Response, old: Tokens, url: str) -> Tokens:
        """Those of the response; what it does not name stays. Raises Refused for wrong types."""
        body = response.json()
        jar = (old.state if isinstance(old.state, Jar) else Jar()).after(response, url)
        lines = {line.partition("=")[0].strip(): line for line in response.cookie_lines}
        found = {}
        for field_name, cookie in (
            (self.refresh_field, self.refresh_cookie),
            (self.access_field, self.access_cookie),
        ):
            set_now = jar.get(cookie) if cookie in lines else None
            value = set_now or value_at(body, field_name)
            if value is not None and not isinstance(value, str):
                raise Refused(f"{response}, and {field_name} is no text: {value!r:.20}")
            found[field_name] = value
        return Tokens(
            found[self.refresh_field] or old.refresh,
            found[self.access_field] or old.access,
            response.header_map,
            lines.get(self.refresh_cookie or ""),
            jar,
        )

    def _require_kept_cookie(self, response: Response, jar: Jar) -> None:
        """A server that deletes the cookie signs out, whatever its status says."""
        name = self.refresh_cookie
        if jar.get(name) and not jar.after(response, self.refresh_url).get(name):
            raise Refused(f"{response}, and the cookie is deleted")


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


def raise_refusal(response: Response) -> NoReturn:
    """Raises Unavailable for a status that says nothing about the tokens, else Refused."""
    if response.status == 429 or response.status >= 500:
        raise Unavailable(str(response))
    raise Refused(str(response))
