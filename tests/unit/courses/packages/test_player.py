"""The player's rules: which cards come when, how a quiz is drawn, what an LMS is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from courses.course import Course
from courses.packages.playable import playable, player_data

Player = Callable[..., Any]
PLAN = [2, 5]


@pytest.fixture
def data(course: Course) -> dict[str, Any]:
    part = playable(course, scope="course", language="en", iri_base="https://crossdesk.test", reviews=True)
    return player_data(part)


def item(id: str, point: str) -> dict[str, Any]:
    return {"id": id, "point": point, "type": "numeric", "prior": 0.5, "answer": {"value": 1}}


def test_the_answered_item_returns_on_the_first_plan_day_and_its_sibling_on_the_second(
    player: Player,
) -> None:
    items = [item("a", "p"), item("b", "p")]

    first, second = player(
        "cards",
        items=items,
        planDays=PLAN,
        answers=[{"id": "a", "day": 100, "correct": False}, {"id": "a", "day": 102, "correct": True}],
    )

    assert first["due"] == {"a": 102, "b": 105}
    assert first["today"] == ["a"]
    assert second["due"]["b"] == 105
    assert second["due"]["a"] > 102


def test_a_lone_item_takes_both_plan_days(player: Player) -> None:
    answers = [{"id": "a", "day": day, "correct": True} for day in (100, 102, 105)]

    days = [
        one["due"]["a"] for one in player("cards", items=[item("a", "p")], planDays=PLAN, answers=answers)
    ]

    assert days[:2] == [102, 105]
    assert days[2] > 106


def test_siblings_are_never_asked_on_one_day(player: Player) -> None:
    items = [item("a", "p"), item("b", "p")]

    (after,) = player("cards", items=items, planDays=[2, 2], answers=[{"id": "a", "day": 1, "correct": True}])

    assert after["due"] == {"a": 3, "b": 3}
    assert len(after["today"]) == 1


def test_a_quiz_asks_every_point_once_before_any_twice(player: Player, data: dict[str, Any]) -> None:
    module = data["modules"][0]

    draws = player("draws", course=data, seeds=["one", "two", "one"])

    assert draws[0] == draws[2] != draws[1]
    for draw in draws:
        assert len(draw) == module["quizLength"]
        points = {data["items"][id]["point"] for id in draw}
        assert len(points) == min(len(draw), len({data["items"][id]["point"] for id in module["items"]}))


def test_an_lms_is_told_a_score_only_when_it_agrees_with_the_status(
    player: Player, data: dict[str, Any]
) -> None:
    course = {**data, "modules": data["modules"][:1], "mastery": 0.8}
    module = course["modules"][0]
    lessons = [lesson["id"] for lesson in module["lessons"]]

    def quiz(best: float, passed: bool) -> dict[str, Any]:
        return {module["id"]: {"attempts": 1, "best": best, "passed": passed}}

    told = player(
        "standings",
        course=course,
        entries=[
            {"done": [], "quizzes": {}},
            {"done": lessons, "quizzes": {}},
            {"done": lessons, "quizzes": quiz(0.5, passed=False)},
            {"done": lessons, "quizzes": quiz(0.9, passed=True)},
        ],
    )

    assert told == [
        {"status": "incomplete", "score": None},
        {"status": "incomplete", "score": None},
        {"status": "incomplete", "score": 0.5},
        {"status": "passed", "score": 0.9},
    ]


def test_every_item_of_the_course_can_be_reported(player: Player, data: dict[str, Any]) -> None:
    written = player("interactions", items=list(data["items"].values()), language="zh-CN")

    for one in written:
        assert one["response"] == one["pattern"] != ""
        assert one["result"] == "correct"
        assert one["id"].isascii() and " " not in one["id"] and len(one["id"]) <= 255
        if one["type"] in ("choice", "sequencing"):
            assert all(len(part) == 1 for part in one["response"].split(","))
        if one["type"] == "numeric":
            float(one["response"])


def test_a_time_span_has_four_digits_of_hours_and_hundredths(player: Player) -> None:
    times = [0, 61_230, 3_600_000 * 30, -5, 3_600_000 * 20_000]

    assert player("timespans", times=times) == [
        "0000:00:00.00",
        "0000:01:01.23",
        "0030:00:00.00",
        "0000:00:00.00",
        "9999:00:00.00",
    ]


def test_the_run_time_is_found_wherever_it_may_be(player: Player) -> None:
    found = player("search")

    assert found == {
        "own": True,
        "above": True,
        "pastAnotherSite": True,
        "opener": True,
        "none": None,
        "endless": None,
    }
