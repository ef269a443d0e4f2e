"""The floors of the house: which folder of `webapp/` may import which, and no circle of modules."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from scripts.bootstrap import ROOT

WEBAPP = ROOT / "webapp"
# They put the app together, and may import every floor.
COMPOSITION = {"container", "container_factors", "factory"}
# `config` is the three files config.py, config_table.py and config_types.py.
MAY_IMPORT: dict[str, set[str]] = {
    "core": set(),
    "store": {"core"},
    "mail": {"core", "runtime"},
    "runtime": {"core"},
    # A page reads settings, shows the outbox's mails and schedules work; stores only by services.
    "web": {"core", "mail", "runtime", "config"},
    # Its own storage is in Redis.
    "lab": {"core", "store", "web"},
    # Commands use the services that the container built.
    "cli": {"core", "runtime", "web", "config", "cli.checks"},
    # `flask doctor` looks at each part alone, also when no app can be built.
    "cli.checks": {"core", "store", "mail", "config"},
    # A URL is checked by the code that connects to it.
    "config": {"core", "store", "mail", "runtime"},
    "development": {"core", "config"},
    # The wrapper around another app is a door to web.
    "protect": {"core", "runtime", "web"},
    "": {"factory"},
}
FRAMEWORKS = {"flask", "redis", "sqlalchemy", "flask_sqlalchemy", "werkzeug"}
WITHOUT_FRAMEWORKS = {"core", "mail"}

Import = tuple[str, int, str]  # importing module, line, imported module


def floor(module: str) -> str:
    parts = module.split(".")[1:]
    if parts[:2] == ["cli", "checks"]:
        return "cli.checks"
    name = parts[0] if parts else ""
    return "config" if name.startswith("config") else name


def modules() -> dict[str, Path]:
    paths = [path for path in WEBAPP.rglob("*.py") if "versions" not in path.parts]
    return {module_of(path): path for path in paths}


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(module: str, path: Path, known: Mapping[str, Path]) -> Iterator[Import]:
    """Also those for type checkers alone, and those inside functions."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((module, node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.rsplit(".", node.level - 1)[0] if node.level else ""
            base = ".".join(filter(None, (base, node.module)))
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield module, node.lineno, inner if inner in known else base


def all_imports() -> list[Import]:
    known = modules()
    return [found for module, path in known.items() for found in imports(module, path, known)]


def place(module: str, line: int) -> str:
    return f"{modules()[module].relative_to(ROOT)}:{line}"


def test_each_floor_imports_only_what_is_below_it() -> None:
    wrong = [
        f"{place(module, line)} imports {target}"
        for module, line, target in all_imports()
        if target.startswith("webapp")
        and floor(module) not in COMPOSITION
        and floor(target) not in {floor(module), *MAY_IMPORT[floor(module)]}
    ]
    assert not wrong, "\n".join(wrong)


def test_each_permission_is_used() -> None:
    arrows = {(floor(module), floor(target)) for module, _, target in all_imports()}
    unused = [
        f"{above} -> {below}"
        for above, allowed in MAY_IMPORT.items()
        for below in allowed
        if (above, below) not in arrows
    ]
    assert not unused


@pytest.mark.parametrize("name", sorted(WITHOUT_FRAMEWORKS))
def test_the_core_and_mail_know_no_framework(name: str) -> None:
    wrong = [
        f"{place(module, line)} imports {target}"
        for module, line, target in all_imports()
        if floor(module) == name and target.partition(".")[0] in FRAMEWORKS
    ]
    assert not wrong, "\n".join(wrong)


def test_redis_and_sql_are_used_only_above_the_store() -> None:
    """By floors that may import the store: they use its connections."""
    allowed = COMPOSITION | {"store"} | {name for name in MAY_IMPORT if "store" in MAY_IMPORT[name]}
    wrong = [
        f"{place(module, line)} imports {target}"
        for module, line, target in all_imports()
        if target.partition(".")[0] in {"redis", "sqlalchemy"} and floor(module) not in allowed
    ]
    assert not wrong, "\n".join(wrong)


def test_no_module_imports_itself_by_way_of_others() -> None:
    """A package and its own modules are one: a blueprint loads its views last."""
    graph: dict[str, dict[str, int]] = {module: {} for module in modules()}
    for module, line, target in all_imports():
        inside = target.startswith(module + ".") or module.startswith(target + ".")
        if target in graph and target != module and not inside:
            graph[module].setdefault(target, line)
    circle = find_circle(graph)
    assert not circle, "\n".join(
        f"{place(here, graph[here][there])} imports {there}"
        for here, there in zip(circle, [*circle[1:], circle[0]], strict=True)
    )


def find_circle(graph: Mapping[str, Mapping[str, int]]) -> list[str]:
    """The modules of one circle, in the order of its imports; empty if there is none."""
    done: set[str] = set()

    def search(module: str, path: list[str]) -> list[str]:
        if module in path:
            return path[path.index(module) :]
        if module in done:
            return []
        for target in graph[module]:
            if found := search(target, [*path, module]):
                return found
        done.add(module)
        return []

    return next((found for module in graph if (found := search(module, []))), [])


def test_a_circle_is_found() -> None:
    assert find_circle({"a": {"b": 1}, "b": {"c": 2}, "c": {"a": 3}, "d": {}}) == ["a", "b", "c"]
    assert not find_circle({"a": {"b": 1, "c": 1}, "b": {"c": 2}, "c": {}})


def test_files_and_functions_are_short() -> None:
    """At most 250 lines a file and 40 a function: a reader keeps them in mind."""
    files = [path for path in modules().values() if len(path.read_text().splitlines()) > 250]
    functions = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in modules().values()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= 40
    ]
    assert not [*map(str, files), *functions]
