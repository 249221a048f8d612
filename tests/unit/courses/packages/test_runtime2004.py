"""What the player tells a SCORM 2004 run-time, call by call, also where that refuses something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from courses.course import Course
from courses.packages.playable import playable, player_data

COURSE = "https://crossdesk.test/courses/service-desk"
INCOMPLETE = {"status": "incomplete", "score": None}
PASSED = {"status": "passed", "score": 0.9}
Visit = Callable[..., dict[str, Any]]


@pytest.fixture
def data(course: Course) -> dict[str, Any]:
    part = playable(
        course, scope="module:foundation", language="en", iri_base="https://crossdesk.test", reviews=True
    )
    return player_data(part)


@pytest.fixture
def visit(player: Callable[..., Any], data: dict[str, Any]) -> Visit:
    def run(**given: Any) -> dict[str, Any]:
        done: dict[str, Any] = player("runtime2004", course=data, **given)
        return done

    return run


def last(calls: list[list[str]], element: str) -> str | None:
    return next((call[1] for call in reversed(calls) if call[0] == element), None)


def test_suspend_is_set_before_anything_else_and_the_end_is_said_once(visit: Visit) -> None:
    calls = visit(saves=[INCOMPLETE])["calls"]

    assert calls[0] == ["cmi.exit", "suspend"]
    assert [call for call in calls if call[0] == "Terminate"] == [["Terminate"]] == calls[-1:]


@pytest.mark.parametrize(("keep_open", "exit"), [(True, "suspend"), (False, "normal")])
def test_a_pass_ends_the_attempt_only_where_nothing_comes_due_later(
    visit: Visit, keep_open: bool, exit: str
) -> None:
    done = visit(keepOpen=keep_open, saves=[INCOMPLETE, PASSED])

    assert last(done["calls"], "cmi.exit") == exit
    assert done["saved"] == [True, True]


@pytest.mark.parametrize(
    ("payload", "completion", "success", "scaled"),
    [
        (INCOMPLETE, "incomplete", None, None),
        ({"status": "incomplete", "score": 0.4}, "incomplete", "failed", "0.4"),
        ({"status": "completed", "score": None}, "completed", None, None),
        (PASSED, "completed", "passed", "0.9"),
    ],
)
def test_completion_and_success_are_told_apart(
    visit: Visit, payload: dict[str, Any], completion: str, success: str | None, scaled: str | None
) -> None:
    values = visit(saves=[payload])["values"]

    assert values["cmi.completion_status"] == completion
    assert values.get("cmi.success_status") == success
    assert values.get("cmi.score.scaled") == scaled
    assert values["cmi.progress_measure"] == "0.5"


@pytest.mark.parametrize(
    "held",
    [
        {"cmi.completion_status": "completed", "cmi.success_status": "passed"},
        {"cmi.completion_status": "completed", "cmi.success_status": "unknown"},
    ],
)
def test_a_status_is_never_lowered(visit: Visit, held: dict[str, str]) -> None:
    done = visit(values=held, saves=[{"status": "incomplete", "score": 0.1}])

    assert {element: done["values"][element] for element in held} == held
    assert done["facts"]["status"] in ("passed", "completed")


def test_where_the_status_cannot_be_read_only_a_pass_is_written(visit: Visit) -> None:
    done = visit(refused={"cmi.completion_status": "301"}, saves=[INCOMPLETE])

    assert last(done["calls"], "cmi.completion_status") is None


def test_a_state_that_cannot_be_read_for_now_is_not_written_over(visit: Visit) -> None:
    done = visit(values={"cmi.entry": "resume"}, refused={"cmi.suspend_data": "301"})

    assert done["facts"]["opened"] is False
    assert [call for call in done["calls"] if call[0].startswith("cmi.")] == []


@pytest.mark.parametrize("mode", ["review", "browse"])
def test_in_review_mode_nothing_is_written(visit: Visit, mode: str) -> None:
    done = visit(values={"cmi.mode": mode}, saves=[PASSED])

    assert done["saved"] == [False]
    assert done["calls"] == [["Terminate"]]


def test_objectives_come_after_those_that_are_there_and_go_on_counting(
    visit: Visit, data: dict[str, Any]
) -> None:
    item = next(item for item in data["items"].values() if item["form"] == "practice")
    skill = f"{COURSE}/skills/{data['points'][item['point']]['skill']}"
    held = {
        "cmi.objectives.0.id": "of-the-platform",
        "cmi.objectives.0.score.raw": "7",
        "cmi.objectives.1.id": skill,
        "cmi.objectives.1.score.raw": "1",
        "cmi.objectives.1.score.max": "3",
    }

    values = visit(values=held, answers=[item["id"]], saves=[INCOMPLETE])["values"]

    assert (values["cmi.objectives.0.id"], values["cmi.objectives.0.score.raw"]) == ("of-the-platform", "7")
    assert values["cmi.objectives.1.id"] == skill
    assert (values["cmi.objectives.1.score.raw"], values["cmi.objectives.1.score.max"]) == ("2", "4")
    assert values["cmi.objectives.1.score.scaled"] == "0.5"
    ids = [value for element, value in values.items() if element.endswith(".id") and "objectives." in element]
    assert values["cmi.interactions.0.objectives.0.id"] == skill
    skills = {point["skill"] for point in data["points"].values()}
    assert {one.rpartition("/")[2] for one in ids} >= skills


@pytest.mark.parametrize("part", ["cmi.interactions", "cmi.objectives"])
def test_a_platform_may_keep_neither_interactions_nor_objectives(
    visit: Visit, data: dict[str, Any], part: str
) -> None:
    done = visit(refused={part: "402"}, answers=list(data["items"])[:3], saves=[INCOMPLETE, PASSED])

    assert done["saved"] == [True, True]
    assert done["values"]["cmi.success_status"] == "passed"
    assert len([call for call in done["calls"] if call[0].startswith(part)]) <= 3


def test_what_is_refused_for_now_is_not_called_saved(visit: Visit) -> None:
    done = visit(refused={"cmi.suspend_data": "391"}, saves=[INCOMPLETE])

    assert done["saved"] == [False]
