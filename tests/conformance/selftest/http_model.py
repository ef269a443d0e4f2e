"""The model behind HTTP: tokens in JSON, in forms, in cookies, or in a page with a CSRF token."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from tests.conformance import Refused, Tokens, Unavailable

from .model import ModelServer

PASSWORD = "correct horse"
PAGE = """<form method="post" action="/search"><input type="hidden" name="csrf" value="no"></form>
<form method="post" action="{path}"><input type="hidden" name="csrf" value="yes"></form>"""


@contextmanager
def serving(model: ModelServer) -> Iterator[str]:
    """The address of a server on this machine."""

    class Handler(ModelHandler):
        pass

    Handler.model = model
    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    # Twenty connections at once must not be closed.
    request_queue_size = 64


class ModelHandler(BaseHTTPRequestHandler):
    """`/login`, `/refresh`, `/logout`, `/me`; below `/cookie` and `/page` tokens are in cookies."""

    model: ModelServer

    def do_GET(self) -> None:
        if self.path.startswith("/page/log"):
            self._answer(200, PAGE.format(path=self.path).encode(), [])
        else:
            self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        text = self.rfile.read(length).decode()
        is_form = "form" in self.headers.get("Content-Type", "")
        body = {k: v[0] for k, v in parse_qs(text).items()} if is_form else json.loads(text or "{}")
        try:
            self._run(body)
        except KeyError:
            self._send({"error": "not_found"}, 404)
        except Refused as error:
            self._send({"error": str(error).partition(" ")[2]}, 401)
        except Unavailable:
            self._send({"error": "unavailable"}, 503)

    def _run(self, body: dict[str, str]) -> None:
        folder, _, action = self.path.rpartition("/")
        if action not in ("login", "refresh", "logout", "me"):
            raise KeyError(action)
        if folder == "/page" and action.startswith("log") and body.get("csrf") != "yes":
            raise Refused("401 csrf")
        if action == "me":
            self.model.call(self._sent(body))
            return self._send({})
        if action == "logout":
            self.model.logout(self._sent(body))
            return self._send({})
        if action == "login" and body.get("password") != PASSWORD:
            raise Refused("401 wrong_password")
        refresh = action != "login"
        tokens = self.model.refresh(self._sent(body)) if refresh else self.model.login()
        if folder:
            return self._send_cookies(tokens)
        return self._send({"data": {"refresh_token": tokens.refresh}, "access": tokens.access})

    def _sent(self, body: dict[str, str]) -> Tokens:
        cookies = SimpleCookie(self.headers.get("Cookie", ""))
        found = {name: morsel.value for name, morsel in cookies.items()}
        access = self.headers.get("Authorization", "").removeprefix("Bearer ")
        refresh = found.get("refresh") or body.get("refresh_token", "")
        return Tokens(refresh, found.get("access") or access)

    def _send_cookies(self, tokens: Tokens) -> None:
        flags = "; HttpOnly; SameSite=Lax; Path=/"
        lines = [f"refresh={tokens.refresh}{flags}", f"access={tokens.access}{flags}"]
        self._answer(200, b"{}", lines)

    def _send(self, body: object, status: int = 200) -> None:
        self._answer(status, json.dumps(body).encode(), [])

    def _answer(self, status: int, body: bytes, cookies: list[str]) -> None:
        self.send_response(status)
        for name, value in self.model.headers.items():
            self.send_header(name, value)
        for line in cookies:
            self.send_header("Set-Cookie", line)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
