"""Every statement that the product makes follows its template of the published profile."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from lms.services import statements
from lms.services.statements import OWN_VERBS, VERBS, Run, verb_iri
from tests.practice_course import practice_course
from tests.profile_rules import templates_of
from tests.unit.lms.test_statements import AT, ATTEMPT, BASE, EVENTS, ME, MODULE, answer_given
from xapi.profile import read_profile

PROFILE = json.loads(read_profile(BASE).text)
CONCEPTS = {one["id"]: one for one in PROFILE["concepts"]}
ALONE = Run(practice_course())
"""No registration: reviews, and quizzes of who is not enrolled."""
PLAIN: dict[str, Callable[[], dict[str, Any]]] = {
    "assigned plain": lambda: statements.assigned(ME, ALONE, at=AT),
    "initialized course": lambda: statements.initialized(ME, ALONE, at=AT),
    "experienced plain": lambda: statements.experienced(ME, ALONE, at=AT, lesson_id="first"),
    "experienced for long": lambda: statements.experienced(
        ME, ALONE, at=AT, lesson_id="first", duration=timedelta(hours=2)
    ),
    "answered plain": lambda: statements.answered(ME, ALONE, at=AT, answer=answer_given("single")),
    "answered aided": lambda: statements.answered(
        ME, ALONE, at=AT, answer=answer_given("single", aided=True, lesson_id="first", confidence="unsure")
    ),
    "passed slowly": lambda: statements.judged(
        ME, ALONE, at=AT, module_id=MODULE, score=1 / 3, passed=True, attempt=ATTEMPT, duration=timedelta(9)
    ),
}
"""With as little, or as much, as an event can have."""


@pytest.mark.parametrize("event", [*EVENTS, *PLAIN])
def test_every_event_follows_exactly_one_template(event: str) -> None:
    said = (EVENTS | PLAIN)[event]()

    assert len(templates_of(said, PROFILE["templates"])) == 1


@pytest.mark.parametrize("event", [*EVENTS, *PLAIN])
def test_every_extension_is_a_concept_in_its_place_with_a_value_of_its_schema(event: str) -> None:
    said = (EVENTS | PLAIN)[event]()

    for place in ("context", "result"):
        for iri, value in said.get(place, {}).get("extensions", {}).items():
            assert CONCEPTS[iri]["type"] == f"{place.title()}Extension"
            Draft202012Validator(json.loads(CONCEPTS[iri]["inlineSchema"])).validate(value)
    assert "extensions" not in said["object"].get("definition", {})


def test_every_template_is_that_of_an_event() -> None:
    met = {
        template
        for event in (EVENTS | PLAIN).values()
        for template in templates_of(event(), PROFILE["templates"])
    }

    assert met == {one["id"] for one in PROFILE["templates"]}


def test_no_event_is_left_out_of_these_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new function that makes statements needs an event above, and with it a template."""
    makers = {
        name: function
        for name, function in inspect.getmembers(statements, inspect.isfunction)
        if function.__module__ == statements.__name__
        and not name.startswith("_")
        and inspect.signature(function).return_annotation in ("Json", "list[Json]")
    }
    called: set[str] = set()

    def recording(name: str) -> Callable[..., Any]:
        def record(*given: Any, **named: Any) -> Any:
            called.add(name)
            return makers[name](*given, **named)

        return record

    for name in makers:
        monkeypatch.setattr(statements, name, recording(name))
    for event in (EVENTS | PLAIN).values():
        event()

    assert called == makers.keys() and len(makers) >= 8


def test_every_verb_has_a_template_and_own_ones_are_concepts() -> None:
    verbs = {verb_iri(BASE, name): texts for name, texts in {**VERBS, **OWN_VERBS}.items()}

    assert verbs.keys() == {one["verb"] for one in PROFILE["templates"]}
    for name, texts in OWN_VERBS.items():
        assert CONCEPTS[verb_iri(BASE, name)]["prefLabel"] == texts


def test_a_statement_that_breaks_a_rule_is_found() -> None:
    said = EVENTS["passed"]()
    said["result"]["success"] = False

    with pytest.raises(AssertionError, match="templates/passed"):
        templates_of(said, PROFILE["templates"])
    del said["object"]["definition"]["type"]
    assert templates_of(said, PROFILE["templates"]) == []
