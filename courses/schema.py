"""The shapes that course files must have (JSON Schemas in `courses/schemas/`), in plain words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from courses.yaml_source import DataPath

SCHEMAS = Path(__file__).resolve().parent / "schemas"
LANGUAGES = ("zh-CN", "en")


def shape_faults(name: str, data: Any) -> Iterator[tuple[DataPath, str]]:
    """Answer path and message of each breach of `<name>.schema.json`, in the order of the file."""
    errors = _validator(name).iter_errors(data)
    for error in sorted(errors, key=lambda error: [str(part) for part in error.absolute_path]):
        yield from _explained(error)


def schema_text(name: str) -> dict[str, Any]:
    """Answer the JSON Schema for course, lesson, quizzes or rules."""
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    return schema


@cache
def _validator(name: str) -> Draft202012Validator:
    schema = schema_text(name)
    return Draft202012Validator(_inlined(schema, schema["$defs"]))


def _inlined(schema: Any, parts: dict[str, Any]) -> Any:
    """Answer the schema with its parts in place of references, which cost jsonschema most of its time."""
    match schema:
        case {"$ref": reference, **beside}:
            return {**_inlined(parts[reference.removeprefix("#/$defs/")], parts), **beside}
        case dict():
            return {key: _inlined(value, parts) for key, value in schema.items() if key != "$defs"}
        case list():
            return [_inlined(value, parts) for value in schema]
        case _:
            return schema


def _explained(error: ValidationError) -> Iterator[tuple[DataPath, str]]:
    path: DataPath = tuple(error.absolute_path)
    given: Any = error.instance
    wanted: Any = error.validator_value
    schema: Any = error.schema
    match error.validator:
        case "required":
            for key in wanted:
                # One error comes for each missing key; this one names its key first.
                if key not in given and error.message.startswith(repr(key)):
                    yield (*path, key), "missing translation" if key in LANGUAGES else "missing"
        case "additionalProperties":
            for key in given:
                if key not in schema.get("properties", {}):
                    yield (*path, key), "unknown key"
        case "enum" if given in ("reply", "rewrite"):
            yield path, f"items of type `{given}` come with practice and cannot be used yet"
        case "enum":
            yield path, f"{_short(given)} is none of {', '.join(map(str, wanted))}"
        case "type":
            yield path, f"must be {_kinds(wanted)}, not {_kind(given)}"
        case "pattern" | "minLength" if isinstance(given, str) and not given.strip():
            yield path, "is empty"
        case "pattern":
            yield path, f"{_short(given)} is not written as it must be ({_pattern(error)})"
        case "maxLength":
            yield path, f"is longer than {wanted} characters"
        case "minItems":
            yield path, f"needs at least {wanted}, has {len(given)}"
        case "maxItems":
            yield path, f"has {len(given)}, at most {wanted} are allowed"
        case "minimum" | "maximum":
            yield path, f"{_short(given)} is out of range"
        case "uniqueItems":
            yield path, "holds the same entry twice"
        case _:
            yield path, error.message[:200]


def _pattern(error: ValidationError) -> str:
    schema: Any = error.schema
    described = schema.get("description")
    return str(described).rstrip(".") if described else f"pattern {error.validator_value}"


def _kinds(wanted: str | list[str]) -> str:
    names = {
        "object": "a mapping",
        "array": "a list",
        "string": "text in quotes",
        "integer": "a whole number",
    }
    names |= {"number": "a number", "boolean": "true or false"}
    kinds = [wanted] if isinstance(wanted, str) else wanted
    return " or ".join(names.get(kind, kind) for kind in kinds)


def _kind(given: object) -> str:
    match given:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return f"the number {_short(given)}"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "a mapping"


def _short(given: object) -> str:
    shown = str(given)
    return f"`{shown[:60]}{'…' if len(shown) > 60 else ''}`"
