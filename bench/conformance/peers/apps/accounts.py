"""The one account of a test server, which an operator can disable."""

from flask import Flask, Response, request

from bench.peers import EMAIL, PASSWORD

SECRET = "a secret of the comparison and of nothing else"


class Account:
    """In memory: the comparison is about tokens. `bench.peers` has the password."""

    id = email = EMAIL

    def __init__(self) -> None:
        self.disabled = False

    def is_right(self, email: str, password: str) -> bool:
        return not self.disabled and (email, password) == (EMAIL, PASSWORD)


def add_operator(app: Flask, account: Account) -> None:
    """`POST /operator/account {"disabled": true}` disables the account."""

    @app.post("/operator/account")
    def change_account() -> Response:
        account.disabled = request.get_json()["disabled"]
        return Response(status=204)
