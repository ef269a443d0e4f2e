"""What is the same for each test's own app is made once a process: templates, routes, versions."""

from collections.abc import Callable
from functools import lru_cache, wraps
from types import CodeType
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from redis import utils
from werkzeug.routing import Rule


class Compiled(BytecodeCache):
    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._codes[bucket.key, bucket.checksum] = bucket.code


def compile_once() -> None:
    Flask.jinja_options = {"bytecode_cache": Compiled()}
    Rule.compile = once_a_rule(Rule.compile)  # type: ignore[method-assign]
    utils.get_lib_version = lru_cache(utils.get_lib_version)


def once_a_rule(compile_rule: Callable[[Rule], None]) -> Callable[[Rule], None]:
    """Most of an app's making. No rule here has defaults."""
    known: dict[tuple[str, str | None], dict[str, Any]] = {}
    results = ("_parts", "_trace", "_converters", "arguments", "_build", "_build_unknown")

    @wraps(compile_rule)
    def compiled(rule: Rule) -> None:
        key = rule.rule, rule.subdomain
        if key not in known:
            compile_rule(rule)
            known[key] = {name: getattr(rule, name) for name in results}
        for name, value in known[key].items():
            function = getattr(value, "__func__", None)
            setattr(rule, name, function.__get__(rule) if function else value)

    return compiled
