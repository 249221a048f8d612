"""Every event as a statement: valid by the record store's own rules, complete, the same in every language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from courses.simulator.play import play
from lms.domain.interactions import interaction_definition, interaction_response
from lms.services import statements
from lms.services.statements import AnswerGiven, Run, Speaker
from quizzes.grading import correct_response
from tests.practice_course import MODULE, SLUG, TYPES, practice_course, practice_item
from tests.shelf_course import shelf
from xapi.spec.statement import check_statement
from xapi.spec.version import Version

BASE = "https://crossdesk.test"
PERSON = UUID("11111111-2222-4333-8444-555555555555")
BOSS = UUID("99999999-2222-4333-8444-555555555555")
REGISTRATION = UUID("aaaaaaaa-2222-4333-8444-555555555555")
ATTEMPT = UUID("bbbbbbbb-2222-4333-8444-555555555555")
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
ME = Speaker(BASE, PERSON)
RUN = Run(practice_course(), REGISTRATION)
PLAYED = play(shelf().scenes["en-late-parcel"], ["a", "b"])


def answer_given(kind: str, **more: Any) -> AnswerGiven:
    item = practice_item(kind)
    return AnswerGiven(
        item_id=item.id,
        kind="quiz",
        attempt=ATTEMPT,
        response=correct_response(item),
        score=1.0,
        success=True,
        study_day=20780,
        **more,
    )


EVENTS: dict[str, Callable[[], dict[str, Any]]] = {
    "assigned": lambda: statements.assigned(
        ME, RUN, at=AT, by=Speaker(BASE, BOSS), hard_due=date(2026, 12, 1)
    ),
    "launched": lambda: statements.launched(ME, RUN, at=AT),
    "initialized": lambda: statements.initialized(ME, RUN, at=AT, lesson_id="first"),
    "experienced": lambda: statements.experienced(ME, RUN, at=AT, lesson_id="first", step=1),
    "completed lesson": lambda: statements.completed(
        ME, RUN, at=AT, lesson_id="first", duration=timedelta(minutes=3)
    ),
    "completed module": lambda: statements.completed(ME, RUN, at=AT, module_id=MODULE),
    "completed course": lambda: statements.completed(ME, RUN, at=AT),
    "responded": lambda: statements.replied(
        ME, RUN, at=AT, run_uuid=ATTEMPT, move=PLAYED.moves[0], play=PLAYED
    ),
    "completed scene": lambda: statements.played(
        ME, RUN, at=AT, run_uuid=ATTEMPT, play=PLAYED, duration=timedelta(minutes=3)
    ),
    "passed": lambda: statements.judged(
        ME, RUN, at=AT, module_id=MODULE, score=0.9, passed=True, attempt=ATTEMPT
    ),
    "failed": lambda: statements.judged(
        ME, RUN, at=AT, module_id=MODULE, score=0.2, passed=False, attempt=ATTEMPT
    ),
    "completed check": lambda: statements.checked(
        ME,
        RUN,
        at=AT,
        module_id=MODULE,
        form="B",
        occasion="delayed",
        day=7,
        study_day=20787,
        score=0.8,
        attempt=ATTEMPT,
        duration=timedelta(seconds=168),
    ),
    "scheduled": lambda: statements.scheduled(ME, RUN, at=AT, item_id="single-1", due=AT, study_day=20782),
    **{
        f"answered {kind}": lambda kind=kind: statements.answered(  # type: ignore[misc]
            ME,
            RUN,
            at=AT,
            answer=answer_given(kind, response_ms=3500, confidence="sure", predicted=0.91, rating=3),
        )
        for kind in TYPES
    },
}


@pytest.mark.parametrize("event", list(EVENTS))
def test_every_event_is_a_valid_statement(event: str) -> None:
    said = EVENTS[event]()

    check_statement(said, version=Version.V1)
    assert said["verb"]["id"].endswith(event.split()[0])
    assert said["actor"] == {
        "objectType": "Agent",
        "account": {"homePage": BASE, "name": str(PERSON)},
    }
    assert said["context"]["registration"] == str(REGISTRATION)
    assert said["context"]["platform"] == "Crossdesk" and "language" not in said["context"]
    assert said["timestamp"] == "2026-11-23T09:00:00+00:00"


def test_an_answer_carries_all_that_a_replay_needs() -> None:
    said = EVENTS["answered single"]()

    result = said["result"]
    named = {iri.rsplit("/", 1)[1]: value for iri, value in result["extensions"].items()}
    assert named == {
        "study-day": 20780,
        "response-ms": 3500,
        "confidence": "sure",
        "predicted-recall": 0.91,
        "rating": 3,
    }
    assert (result["success"], result["score"], result["response"]) == (True, {"scaled": 1.0}, "b")
    assert said["object"]["id"] == f"{BASE}/courses/{SLUG}/items/single-1"
    assert (
        said["context"]["contextActivities"]["parent"][0]["id"] == f"{BASE}/courses/{SLUG}/modules/{MODULE}"
    )


def test_who_assigned_stands_as_the_instructor() -> None:
    said = EVENTS["assigned"]()

    assert said["context"]["instructor"]["account"]["name"] == str(BOSS)


CASES = [
    ("single", "choice", "b", ["b"]),
    ("multiple", "choice", "b[,]d", ["b[,]d"]),
    ("listen", "choice", "b", ["b"]),
    ("order", "sequencing", "a[,]b[,]c", ["a[,]b[,]c"]),
    ("match", "matching", "a[.]a[,]b[.]b", ["a[.]a[,]b[.]b"]),
    ("numeric", "numeric", "18", ["17.5[:]18.5"]),
    (
        "cloze",
        "fill-in",
        "eighteen",
        ["{case_matters=false}{lang=en}eighteen", "{case_matters=false}{lang=zh-CN}十八"],
    ),
    (
        "short_text",
        "fill-in",
        "first response time",
        ["{case_matters=false}{lang=en}first response time", "{case_matters=false}{lang=zh-CN}首次响应时间"],
    ),
]


@pytest.mark.parametrize(("kind", "interaction", "response", "pattern"), CASES)
def test_each_type_is_an_xapi_interaction(
    kind: str, interaction: str, response: str, pattern: list[str]
) -> None:
    item = practice_item(kind)

    definition = interaction_definition(item)

    assert definition["interaction_type"] == interaction
    assert definition["correct_responses_pattern"] == pattern
    assert interaction_response(item, correct_response(item)) == response


def test_choices_are_there_in_both_languages_and_foreign_words_in_their_own() -> None:
    said = EVENTS["answered single"]()

    choices = {one["id"]: one["description"] for one in said["object"]["definition"]["choices"]}

    assert choices["a"] == {"zh-CN": "Ask first（中）", "en": "Ask first"}
    assert choices["c"] == {"de": "Später"}


@pytest.mark.parametrize(("typed", "written"), [("12,5", "12.5"), ("约十八", "约十八"), (" 18 min", "18")])
def test_a_typed_number_is_written_as_a_number_where_it_is_one(typed: str, written: str) -> None:
    assert interaction_response(practice_item("numeric"), typed) == written
