"""An operator at a terminal."""

import json
from typing import Any

from click.testing import Result
from flask import Flask


def run(app: Flask, *arguments: str, typed: str = "") -> Result:
    return app.test_cli_runner().invoke(args=list(arguments), input=typed)


def read(app: Flask, *arguments: str, typed: str = "") -> Any:
    """The JSON document that it answers with."""
    result = run(app, *arguments, "--json", typed=typed)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refusal(app: Flask, *arguments: str) -> str:
    """The one line that it refuses with."""
    result = run(app, *arguments)
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    lines = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, result.stderr
    return lines[0].removeprefix("Error: ")
