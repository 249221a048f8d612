"""The JSON Schemas: sound, in step with the code, and found from the documentation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from courses.schema import SCHEMAS, schema_text, shape_faults
from quizzes.item import Form, ItemType, Skill

DOCUMENTED = Path(__file__).resolve().parents[3] / "docs" / "content-format"
NAMES = ("course", "glossary", "lesson", "markets", "needs", "quizzes", "rules", "scenarios", "scripts")


@pytest.mark.parametrize("name", NAMES)
def test_each_schema_is_a_schema(name: str) -> None:
    Draft202012Validator.check_schema(schema_text(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_documentation_points_at_each_schema(name: str) -> None:
    pointer = json.loads((DOCUMENTED / f"{name}.schema.json").read_text(encoding="utf-8"))["$ref"]

    assert (DOCUMENTED / pointer).resolve() == SCHEMAS / f"{name}.schema.json"


def test_the_schema_of_items_knows_the_types_forms_and_skills_of_the_code() -> None:
    item = schema_text("quizzes")["$defs"]["item"]["properties"]

    assert item["type"]["enum"] == [kind.value for kind in ItemType]
    assert item["form"]["enum"] == [form.value for form in Form if form is not Form.NEEDS]
    assert item["skill"]["enum"] == [skill.value for skill in Skill]


@pytest.mark.parametrize("data", [None, 3, "text", [], {}, {"items": 3}, {"items": [3, None, []]}])
def test_any_data_is_judged(data: object) -> None:
    assert list(shape_faults("quizzes", data))


def test_all_missing_keys_are_named() -> None:
    faults = list(shape_faults("quizzes", {"items": [{"id": "a", "type": "listen", "stem": {}}]}))

    assert (("items", 0, "audio"), "missing") in faults
    assert (("items", 0, "choices"), "missing") in faults
    assert (("items", 0, "stem", "zh-CN"), "missing translation") in faults
