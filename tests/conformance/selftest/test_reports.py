"""Each format holds what was seen."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.conformance import ALL, Report, run
from tests.conformance.__main__ import main
from tests.conformance.reports import FORMATS
from tests.conformance.reports.markdown import by_group, side_by_side

from .broken import OnlyOnce
from .model import ModelServer

CHECKS = [each for each in ALL if each.name in ("two_tabs", "refresh_works", "absolute_limit")]


class Server(OnlyOnce):
    name = "a <server> | mine"
    absolute_limit = None


@pytest.fixture
def report() -> Report:
    return run(Server(), CHECKS)


def test_text(report: Report) -> None:
    lines = FORMATS["text"](report).splitlines()
    assert lines[1].startswith("pass  refresh_works")
    assert "      seen: the second tab is refused: refresh with R1 → 401 used" in lines
    assert lines[-1] == f"{Server.name}: 1 passed, 1 failed, 1 not applicable"


def test_json(report: Report) -> None:
    document = json.loads(FORMATS["json"](report))
    assert document["server"] == Server.name
    assert document["exit_status"] == 1
    by_name = {each["name"]: each for each in document["checks"]}
    assert by_name["two_tabs"]["outcome"] == "failed"
    assert by_name["two_tabs"]["exchanges"][-1] == {
        "actor": "you",
        "request": "refresh with R1",
        "response": "401 used",
        "good": False,
    }


def test_markdown(report: Report) -> None:
    text = FORMATS["markdown"](report)
    row = "| Two tabs, 0.2 s apart, with one refresh token | **fail** | the second tab is refused"
    assert row in text


def test_junit(report: Report) -> None:
    suite = ElementTree.fromstring(FORMATS["junit"](report).encode())  # noqa: S314
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    [failure] = suite.iter("failure")
    assert "the second tab is refused" in failure.get("message", "")
    assert "you: refresh with R1 → 401 used" in (failure.text or "")


def test_html_has_a_picture_of_each_failure_and_escapes(report: Report) -> None:
    page = FORMATS["html"](report)
    assert page.count("<svg") == 1
    assert "401 used</text>" in page
    assert "a &lt;server&gt; | mine" in page
    assert "<server>" not in page


def test_servers_side_by_side(report: Report) -> None:
    right = run(ModelServer(), CHECKS)
    lines = side_by_side([right, report]).splitlines()
    assert lines[0] == "|  | the model | a <server> \\| mine |"
    assert "| Two tabs, 0.2 s apart, with one refresh token | pass | **fail** |" in lines
    assert lines[-1] == "| passed, of those that apply | 3 of 3 | 1 of 2 |"


def test_servers_by_group_of_checks(report: Report) -> None:
    lines = by_group([report]).splitlines()
    assert lines[0].startswith("|  | basics | parallel requests |")
    assert lines[-1] == "| a <server> \\| mine | 1 of 1 | 0 of 1 |  |  |  |  | 1 of 2 |"


def test_a_report_goes_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "report.html"
    adapter = ["--adapter", "tests.conformance.selftest.model:ModelServer"]
    assert main([*adapter, "--format", "html", "--output", str(file)]) == 0
    assert file.read_text().startswith("<!doctype html>")
    assert capsys.readouterr().out == f"the model: {len(ALL)} passed\n"
