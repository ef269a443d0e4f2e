"""The OpenAPI document tells the truth: schemathesis takes it at its word, and so may clients."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import services_of
from tests.support.api import Json, Program
from tests.support.browser import PASSWORD
from webapp.web.auth.authorization import DECLARATION, PUBLIC

# A minute's worth here; `EVERGREEN_CASES` for a long run.
CASES = os.environ.get("EVERGREEN_CASES", "15")


@pytest.fixture
def document(app: Flask) -> Json:
    spec: Json = app.test_client().get("/api/openapi.json").json
    return spec


def operations(document: Json) -> list[tuple[str, str, Json]]:
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in ("get", "post", "patch", "delete")
    ]


def test_every_operation_has_a_name_a_summary_and_its_errors(document: Json) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names) >= 13
    for _, _, operation in operations(document):
        assert operation["summary"]
        assert {"429", "503"} <= operation["responses"].keys()


def test_what_needs_a_token_according_to_the_document_does_so(app: Flask, document: Json) -> None:
    adapter = app.url_map.bind("")
    for path, method, operation in operations(document):
        endpoint, _ = adapter.match(path.replace("{", "").replace("}", ""), method.upper())
        public = app.view_functions[endpoint].__dict__[DECLARATION] == PUBLIC
        assert (operation.get("security") == []) is public, path


# Each group signs in anew: what it tries may end its own session, as it should.
GROUPS = {
    "what leaves the session alone": ["--exclude-operation-id=endSession"]
    + [f"--exclude-operation-id={name}" for name in ("updateUser", "deleteUser")],
    "changing users": ["--include-operation-id=updateUser"],
    "deleting users": ["--include-operation-id=deleteUser"],
    "ending sessions": ["--include-operation-id=endSession"],
}


@pytest.mark.thorough("long fuzzing")
@pytest.mark.parametrize(
    "group",
    [
        pytest.param(options, id=name, marks=[pytest.mark.quick] * (name == "deleting users"))
        for name, options in GROUPS.items()
    ],
)
def test_schemathesis_finds_nothing(
    app: Flask, address: str, tmp_path: Path, group: list[str]
) -> None:
    with app.app_context():
        for name in ("root", "spare"):
            email = f"{name}@example.com"
            services_of(app).accounts.register(email, PASSWORD, role="admin", now=0)
    token = Program(app).log_in("root@example.com")["access_token"]
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{address}/api/openapi.json"]
    options = [
        "--checks=all",
        # No schema can say which passwords are easy to guess.
        "--exclude-checks=positive_data_acceptance",
        "--phases=examples,coverage,fuzzing",
        f"--max-examples={CASES}",
        f"--header=Authorization: Bearer {token}",
        "--no-color",
    ]
    done = subprocess.run(
        command + options + group, capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
