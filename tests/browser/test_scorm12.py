"""A SCORM 1.2 package in a real run-time: worked through, left, opened again on a later day."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser.scorm12_learner import Open, leave

pytestmark = pytest.mark.browser


def test_a_learner_works_the_whole_module_through_and_returns_on_later_days(open_course: Open) -> None:
    learner = open_course()
    learner.press_main()
    first = learner.heading()
    learner.press_main()
    second = learner.heading()
    assert first != second
    learner.wait_saving("saved")
    kept = leave(learner)
    assert kept["exit"] == "suspend"
    assert kept["status"] == "incomplete"
    assert kept["location"] == "lesson/why-service-decides/1"

    # The same place, on the same day.
    learner = open_course(at="2026-11-23T10:00:00+08:00")
    assert learner.heading() == second
    for number in range(len(learner.data["modules"][0]["lessons"])):
        learner.work_lesson()
        if number == 2:
            learner.wait_saving("saved")
            leave(learner)
            learner = open_course(at="2026-11-23T11:00:00+08:00")
        learner.press_main()
    wrong = None
    length = learner.data["modules"][0]["quizLength"]
    for place in range(length):
        item_id = learner.item_shown()
        if wrong is None and learner.data["items"][item_id]["type"] == "single":
            wrong = item_id
            learner.answer(item_id, wrong=True)
        else:
            learner.answer(item_id)
        if place == 4:  # left in the middle of the quiz
            learner.wait_saving("saved")
            leave(learner)
            learner = open_course(at="2026-11-23T12:00:00+08:00")
            assert f"6 / {length}" in learner.frame.locator(".focusbar").inner_text()
        else:
            learner.press_main()
    assert learner.heading() == "You passed"
    learner.wait_saving("saved")
    kept = leave(learner)
    assert (kept["status"], kept["exit"]) == ("passed", "suspend")
    assert wrong is not None
    assert float(kept["score"]) == pytest.approx(100 * (length - 1) / length, abs=0.3)
    assert (kept["min"], kept["max"]) == ("0", "100")
    check_interactions(kept["interactions"], learner.data, wrong)

    # Two days later the points come back; a wrong answer returns in the same sitting.
    learner = open_course(at="2026-11-25T09:00:00+08:00")
    assert learner.frame.locator("[data-due]").get_attribute("data-due") == str(length)
    learner.press("Start the review")
    learner.answer(learner.item_shown(), wrong=True, button="Sure")
    learner.press_main()
    for _ in range(length):
        learner.answer(learner.item_shown(), button="Not sure")
        learner.press_main()
    assert learner.heading() == "Today's review is done"
    learner.wait_saving("saved")
    kept = leave(learner)
    assert (kept["status"], kept["exit"]) == ("passed", "suspend")
    assert len(kept["state"]) < 400

    learner = open_course(at="2026-11-28T09:00:00+08:00")
    assert int(learner.frame.locator("[data-due]").get_attribute("data-due") or 0) >= 5


def check_interactions(written: list[dict[str, Any]], data: dict[str, Any], wrong: str | None) -> None:
    types = {
        "single": "choice",
        "listen": "choice",
        "multiple": "choice",
        "order": "sequencing",
        "match": "matching",
        "numeric": "numeric",
        "short_text": "fill-in",
        "cloze": "fill-in",
    }
    lessons = [id for id, item in data["items"].items() if item["form"] == "lesson"]
    assert len(written) == len(lessons) + data["modules"][0]["quizLength"]
    assert set(lessons) < {one["id"] for one in written}
    for one in written:
        item = data["items"][one["id"]]
        assert one["type"] == types[item["type"]]
        patterns = one["correct_responses"]
        pattern = next(iter(patterns.get("childArray", patterns) if isinstance(patterns, dict) else patterns))
        pattern = pattern if isinstance(pattern, dict) else patterns[pattern]
        assert pattern["pattern"]
        assert one["result"] == ("wrong" if one["id"] == wrong else "correct")
        if one["result"] == "correct":
            assert one["student_response"] == pattern["pattern"]
        assert re.fullmatch(r"\d\d:\d\d:\d\d", one["time"])
        assert re.fullmatch(r"\d{2,4}:\d\d:\d\d(\.\d+)?", one["latency"])
