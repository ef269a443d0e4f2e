"""What is the same for each test's own app is compiled once a process: templates and routes."""

from collections.abc import Callable
from functools import wraps
from types import CodeType
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
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
    Rule._compile_builder = once_a_rule(Rule._compile_builder)  # type: ignore[method-assign]


def once_a_rule(compile_builder: Callable[..., Any]) -> Callable[..., Any]:
    """Half of an app's making. Our rules have no defaults and no subdomains."""
    builders: dict[tuple[str, bool], Any] = {}

    @wraps(compile_builder)
    def compiled(rule: Rule, append_unknown: bool = True) -> Any:
        key = (rule.rule, append_unknown)
        if key not in builders:
            builders[key] = compile_builder(rule, append_unknown)
        return builders[key]

    return compiled
