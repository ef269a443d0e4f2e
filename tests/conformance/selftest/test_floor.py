"""The kit stands alone: it can be copied into any project."""

import ast
import sys
from pathlib import Path

import tests.conformance

FOLDER = Path(tests.conformance.__file__).parent
ALLOWED = {"tests", "pytest", "hypothesis"}


def test_it_imports_nothing_of_the_app_and_no_library_but_for_its_tests() -> None:
    for file in FOLDER.rglob("*.py"):
        for name in imports(file):
            first = name.split(".")[0]
            assert first in ALLOWED or first in sys.stdlib_module_names, f"{file}: {name}"
            if first == "tests":
                assert name == "tests" or name.startswith("tests.conformance"), f"{file}: {name}"


def imports(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found
