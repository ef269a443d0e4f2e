"""`python3 -m scripts.sbom`: what the app is made of, as CycloneDX JSON on standard output.

Names, versions and digests are those of the lock, so of every installation; licences, and who
needs whom, are what the packages installed here say of themselves. What the lock keeps for other
systems is left out. The same lock gives the same text.
"""

import json
import re
import sys
import tomllib
from importlib import metadata
from itertools import chain
from typing import TYPE_CHECKING, Any

from scripts.bootstrap import LOCKS, ROOT, ensure, stop

if TYPE_CHECKING:
    from packaging.requirements import Requirement

Json = dict[str, Any]

PINNED = re.compile(r"^(\S+)==(\S+)( ; .+)? \\((?:\n    --hash=\S+(?: \\)?)+)", re.MULTILINE)


def main() -> None:
    ensure("app")
    json.dump(bill(), sys.stdout, indent=2)
    print()


def bill() -> Json:
    """CycloneDX 1.6 (ECMA-424). Ends the program if `.venv` is not what the lock says."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    packages = components("app")
    names = {package["name"] for package in packages}
    needed = needs(names, project["dependencies"]) | {project["name"]: direct(project)}
    identity = {"name": project["name"], "version": project["version"]}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": project["name"]} | identity},
        "components": packages,
        "dependencies": [
            {"ref": name, "dependsOn": sorted(others)} for name, others in sorted(needed.items())
        ],
    }


def components(lock: str) -> list[Json]:
    text = (LOCKS / f"{lock}.txt").read_text()
    return [
        component(name, version, re.findall("[0-9a-f]{64}", hashes))
        for name, version, marker, hashes in PINNED.findall(text)
        if is_installed(name, version, marker)
    ]


def is_installed(name: str, version: str, marker: str) -> bool:
    try:
        installed = metadata.version(name)
    except metadata.PackageNotFoundError:
        installed = "nothing"
    if installed != version and not marker:
        stop(f"the lock says {name} {version}, and {installed} is installed.")
    return installed == version


def component(name: str, version: str, hashes: list[str]) -> Json:
    digests = [{"alg": "SHA-256", "content": digest} for digest in hashes]
    page = f"https://pypi.org/project/{name}/{version}/"
    return {
        "type": "library",
        "bom-ref": name,
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name}@{version}",
        "licenses": [licence(name)],
        # A digest for each file that pip may choose.
        "externalReferences": [{"type": "distribution", "url": page, "hashes": digests}],
    }


def licence(name: str) -> Json:
    """As PEP 639 has it, or, of packages older than that, in the words that they use."""
    package = metadata.metadata(name)
    if expression := package.get_all("License-Expression"):
        return {"expression": expression[0]}
    classified = [
        line.split(" :: ")[-1]
        for line in package.get_all("Classifier") or []
        if line.startswith("License ::") and line != "License :: OSI Approved"
    ]
    words = classified or package.get_all("License") or ["unknown"]
    return {"license": {"name": " or ".join(words)}}


def needs(names: set[str], wanted: list[str]) -> dict[str, set[str]]:
    """Which of `names` each of them needs, with the extras that are requested."""
    from packaging.requirements import Requirement

    needed = {name: [Requirement(line) for line in metadata.requires(name) or []] for name in names}
    requested = [*map(Requirement, wanted), *chain.from_iterable(needed.values())]
    extras: dict[str, set[str]] = {name: {""} for name in names}
    for need in requested:
        if applies(need, {""}) and spelt(need.name) in names:
            extras[spelt(need.name)] |= need.extras
    return {
        name: {spelt(need.name) for need in needed[name] if applies(need, extras[name])} & names
        for name in names
    }


def applies(need: "Requirement", extras: set[str]) -> bool:
    return need.marker is None or any(need.marker.evaluate({"extra": e}) for e in extras)


def direct(project: Json) -> set[str]:
    return {spelt(re.split(r"[^A-Za-z0-9._-]", line)[0]) for line in project["dependencies"]}


def spelt(name: str) -> str:
    """PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main()
