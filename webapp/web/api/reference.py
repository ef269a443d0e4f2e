"""The OpenAPI document as a page shows it: names resolved, examples written out."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

from .openapi import TAGS, spec
from .types import Json


@dataclass(frozen=True)
class Field:
    name: str
    place: str
    """`path`, `query` or `body`."""
    type: str
    required: bool
    limits: str
    example: str


@dataclass(frozen=True)
class Answer:
    status: int
    phrase: str
    examples: list[tuple[str, str]]
    """The code of the error, and the JSON."""


@dataclass(frozen=True)
class Call:
    id: str
    method: str
    path: str
    summary: str
    description: str
    who: str
    """`public`, `user` or `admin`."""
    fields: list[Field]
    body: str
    success: Answer
    errors: list[Answer]


@dataclass(frozen=True)
class Group:
    name: str
    description: str
    calls: list[Call]


@cache
def groups() -> list[Group]:
    """All calls, in the order of the document."""
    descriptions = {tag["name"]: tag["description"] for tag in TAGS}
    found: dict[str, list[Call]] = {name: [] for name in descriptions}
    for path, item in spec()["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                call = call_of(path, method, operation, item.get("parameters", []))
                found.setdefault(operation["tags"][0], []).append(call)
    return [Group(name, descriptions.get(name, ""), calls) for name, calls in found.items()]


def call_of(path: str, method: str, operation: Json, of_path: list[Json]) -> Call:
    sent = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    success, *errors = answers(operation["responses"])
    return Call(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        who="public" if operation.get("security") == [] else operation.get("x-role", "user"),
        fields=[*fields(of_path + operation.get("parameters", [])), *fields_of_body(sent)],
        body=written(sent.get("example") or sample(sent["schema"])) if sent else "",
        success=success,
        errors=errors,
    )


def fields(parameters: list[Json]) -> Iterator[Field]:
    for each in parameters:
        yield field(each["name"], each["in"], each["schema"], required=each["required"])


def fields_of_body(sent: Json) -> Iterator[Field]:
    schema = resolved(sent.get("schema", {}))
    required = schema.get("required", ())
    properties = schema.get("properties", {})
    for name in sorted(properties, key=lambda name: name not in required):
        yield field(name, "body", properties[name], required=name in required)


def field(name: str, place: str, schema: Json, *, required: bool) -> Field:
    shown = str(schema.get("example", schema.get("default", "")))
    return Field(name, place, type_of(schema), required, ", ".join(limits(schema)), shown)


def type_of(schema: Json) -> str:
    kind = schema.get("type", "object")
    return " or ".join(kind) if isinstance(kind, list) else str(schema.get("format", kind))


def limits(schema: Json) -> Iterator[str]:
    if "enum" in schema:
        yield "one of " + ", ".join(map(str, schema["enum"]))
    if schema.get("minLength", 1) > 1:
        yield f"at least {schema['minLength']} characters"
    if "maxLength" in schema:
        yield f"at most {schema['maxLength']} characters"
    if "maximum" in schema:
        yield f"{schema['minimum']} to {schema['maximum']}"
    if schema.get("default"):
        yield f"default {schema['default']}"


def answers(responses: Json) -> Iterator[Answer]:
    """The one of success first."""
    for status, response in responses.items():
        if status.isdecimal():
            content = response.get("content", {}).get("application/json", {})
            values = [each["value"] for each in content.get("examples", {}).values()]
            examples = [(v.get("error", {}).get("code", ""), written(v)) for v in values]
            if content and not examples:
                shown = sample(content["schema"])
                if "status" in shown:  # of the envelope: its schema has one example for all
                    shown["status"] = int(status)
                examples = [("", written(shown))]
            yield Answer(int(status), HTTPStatus(int(status)).phrase, examples)


def sample(schema: Json) -> Any:
    """A value by the examples in the schema."""
    schema = resolved(schema)
    if "properties" in schema:
        return {name: sample(each) for name, each in schema["properties"].items()}
    if "items" in schema:
        return [sample(schema["items"])]
    if "example" in schema:
        return schema["example"]
    return {"boolean": False, "integer": 1}.get(type_of(schema), "")


def resolved(schema: Json) -> Json:
    """The schema, or the one that it refers to."""
    if "$ref" not in schema:
        return schema
    found: Json = spec()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def written(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
