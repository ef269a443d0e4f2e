"""docs/dependencies.md says what is true, licences are known ones, and the SBOM is the lock."""

import json
import re
import subprocess
import sys
import tomllib
from typing import Any

import pytest

from scripts.bootstrap import LOCKS, ROOT
from scripts.sbom import bill, components, spelt
from tests.test_bootstrap import pins

PAGE = (ROOT / "docs" / "dependencies.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# In SPDX's words, and in those of the classifiers that older packages use.
PERMISSIVE = {
    *("MIT", "MIT-0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "ISC", "PSF-2.0"),
    *("CNRI-Python", "MIT License", "BSD License", "Apache Software License"),
    "Apache License, Version 2.0",
    *("ISC License (ISCL)", "Python Software Foundation License", "The Unlicense (Unlicense)"),
}


def section(title: str) -> str:
    _, _, after = PAGE.partition(f"\n## {title}\n")
    assert after, title
    return after.partition("\n## ")[0]


def rows(text: str) -> dict[str, str]:
    """First cell → the rest of its line."""
    return dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", text, re.MULTILINE))


def names(requirements: list[str]) -> set[str]:
    return {spelt(re.split(r"[^\w.-]", line)[0]) for line in requirements}


@pytest.mark.parametrize(
    ("title", "requirements"),
    [
        ("The app", PROJECT["project"]["dependencies"]),
        ("The tests", PROJECT["dependency-groups"]["tests"]),
    ],
)
def test_each_direct_one_is_explained_and_none_that_is_gone(
    title: str, requirements: list[str]
) -> None:
    explained = rows(section(title).partition("### ")[0])
    assert set(explained) == names(requirements)


def test_the_peers_of_the_bench_are_named() -> None:
    peers = names(PROJECT["dependency-groups"]["bench"])
    assert {f"`{name}`" for name in peers} == set(re.findall("`[^`]+`", section("The bench")))


def test_each_that_comes_along_is_listed_with_who_brings_it() -> None:
    listed = rows(section("The app").partition("### ")[2])
    direct = names(PROJECT["project"]["dependencies"])
    locked = {pin.partition("==")[0] for pin in pins(LOCKS / "app.txt")}
    assert set(listed) == locked - direct
    for package in bill()["dependencies"]:
        for brought in set(package["dependsOn"]) - direct:
            assert f"`{package['ref']}`" in listed[brought], brought


@pytest.mark.parametrize("lock", ["app", "tests"])
def test_every_licence_is_permissive_or_named_as_an_exception(lock: str) -> None:
    exceptions = {name: row.partition(" | ")[0] for name, row in rows(section("Licences")).items()}
    strict = {
        package["name"]: words(package)
        for package in components(lock)
        if not set(re.split(" (?:AND|OR|or) ", words(package))) <= PERMISSIVE
    }
    for name, licence in strict.items():
        assert name in exceptions, licence
        # Some older ones spell it out: "Mozilla Public License 2.0 (MPL 2.0)".
        assert licence == exceptions[name] or exceptions[name].replace("-", " ") in licence
    if lock == "tests":  # which are the app's as well
        assert set(exceptions) == set(strict)


def words(package: dict[str, Any]) -> str:
    (found,) = package["licenses"]
    said: str = found.get("expression") or found["license"]["name"]
    return said


def test_the_bill_of_materials_is_the_lock_with_its_digests() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scripts.sbom"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    written = json.loads(done.stdout)
    assert written == bill()
    packages = {f"{part['name']}=={part['version']}": part for part in written["components"]}
    unconditional = set(re.findall(r"^(\S+==\S+) \\", (LOCKS / "app.txt").read_text(), re.M))
    assert unconditional <= set(packages) <= pins(LOCKS / "app.txt")
    flask = next(part for part in packages.values() if part["name"] == "flask")
    assert flask["purl"] == f"pkg:pypi/flask@{flask['version']}"
    (files,) = flask["externalReferences"]
    assert all(digest["content"] in (LOCKS / "app.txt").read_text() for digest in files["hashes"])
    assert len(files["hashes"]) == 2, "one is the wheel's, one the source's"
