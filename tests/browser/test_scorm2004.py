"""SCORM 2004 packages in a real run-time: worked through, left, opened again on a later day."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from tests.browser.scorm12_learner import Learner, launch_course, leave, platform

pytestmark = pytest.mark.browser

Serve = Callable[[dict[str, bytes]], str]
launch = partial(launch_course, format="scorm2004")
COURSE = "https://crossdesk.test/courses/service-desk"
TYPES = {
    "single": "choice",
    "listen": "choice",
    "multiple": "choice",
    "order": "sequencing",
    "match": "matching",
    "numeric": "numeric",
    "short_text": "fill-in",
    "cloze": "fill-in",
}


def interactions(kept: dict[str, str]) -> list[dict[str, str]]:
    """Answer what the platform keeps of every answer, in order."""
    found: dict[int, dict[str, str]] = {}
    for element, value in kept.items():
        if one := re.fullmatch(r"cmi\.interactions\.(\d+)\.(.+)", element):
            found.setdefault(int(one[1]), {})[one[2]] = value
    assert sorted(found) == list(range(len(found)))
    return [found[at] for at in sorted(found)]


def close(learner: Learner) -> dict[str, Any]:
    assert learner.lms("failed") == []
    return leave(learner)


def work_quiz(learner: Learner, *, wrong: int) -> list[str]:
    """Answer a whole quiz, the first so many questions wrongly; answer the ids of those."""
    missed: list[str] = []
    for _ in range(learner.data["modules"][0]["quizLength"]):
        item_id = learner.item_shown()
        is_wrong = len(missed) < wrong
        learner.answer(item_id, wrong=is_wrong)
        missed += [item_id] if is_wrong else []
        learner.press_main()
    return missed


def test_a_learner_fails_passes_and_returns_on_a_later_day(context: Any, serve: Serve) -> None:
    address = serve(platform(format="scorm2004"))
    learner = launch(context, address)
    learner.press_main()
    learner.press_main()
    learner.wait_saving("saved")
    assert learner.lms("calls")[0] == ["cmi.exit", "suspend"]  # before anything else can go wrong
    kept = close(learner)
    assert kept["cmi.completion_status"] == "incomplete"
    assert "cmi.success_status" not in kept and "cmi.score.scaled" not in kept
    assert kept["cmi.location"] == "lesson/why-service-decides/1"
    assert 0 < float(kept["cmi.progress_measure"]) < 0.5

    learner = launch(context, address, at="2026-11-23T11:00:00+08:00")
    for _ in learner.data["modules"][0]["lessons"]:
        learner.work_lesson()
        learner.press_main()
    missed = work_quiz(learner, wrong=2)
    learner.wait_saving("saved")
    kept = close(learner)
    assert (kept["cmi.completion_status"], kept["cmi.success_status"]) == ("incomplete", "failed")
    assert float(kept["cmi.score.scaled"]) < 0.8
    check_interactions(kept, learner.data, missed)

    learner = launch(context, address, at="2026-11-24T09:00:00+08:00")
    assert "1 / 5" in learner.frame.locator(".focusbar").inner_text()
    work_quiz(learner, wrong=0)
    assert learner.heading() == "You passed"
    learner.wait_saving("saved")
    kept = close(learner)
    assert (kept["cmi.completion_status"], kept["cmi.success_status"]) == ("completed", "passed")
    assert (kept["cmi.score.scaled"], kept["cmi.score.raw"]) == ("1", "100")
    assert (kept["cmi.score.min"], kept["cmi.score.max"]) == ("0", "100")
    assert (kept["cmi.progress_measure"], kept["cmi.exit"]) == ("1", "suspend")
    check_objectives(kept, learner.data)

    learner = launch(context, address, at="2026-11-26T09:00:00+08:00")
    assert int(learner.frame.locator("[data-due]").get_attribute("data-due") or 0) >= 3
    before = len(interactions(kept))
    learner.press("Start the review")
    learner.answer(learner.item_shown(), wrong=True, button="Sure")
    learner.wait_saving("saved")
    kept = close(learner)
    assert len(interactions(kept)) == before + 1
    assert (kept["cmi.completion_status"], kept["cmi.success_status"]) == ("completed", "passed")


def check_interactions(kept: dict[str, str], data: dict[str, Any], missed: list[str]) -> None:
    written = interactions(kept)
    lessons = set(_placed(data))
    assert len(written) == len(lessons) + data["modules"][0]["quizLength"]
    assert lessons < {one["id"].rpartition("/")[2] for one in written}
    for one in written:
        assert one["id"].startswith(f"{COURSE}/items/")
        item_id = one["id"].rpartition("/")[2]
        item = data["items"][item_id]
        assert one["type"] == TYPES[item["type"]]
        assert one["result"] == ("incorrect" if item_id in missed else "correct")
        assert one["description"].startswith("{lang=en}")
        assert len(one["description"].removeprefix("{lang=en}")) <= 250
        assert one["objectives.0.id"] == f"{COURSE}/skills/{data['points'][item['point']]['skill']}"
        if one["result"] == "correct" and one["type"] != "numeric":
            assert one["learner_response"] == one["correct_responses.0.pattern"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\dZ", one["timestamp"])
        assert re.fullmatch(r"PT\d+H\d+M\d+\.\d\dS", one["latency"])
        parts = list(one)
        assert parts.index("type") < parts.index("correct_responses.0.pattern")
        assert parts.index("type") < parts.index("learner_response")


def _placed(data: dict[str, Any]) -> Iterator[str]:
    """Answer the ids of the items inside lessons."""
    for lesson in data["modules"][0]["lessons"]:
        for step in lesson["steps"]["en"]:
            yield from (block["item"] for block in step["blocks"] if "item" in block)


def check_objectives(kept: dict[str, str], data: dict[str, Any]) -> None:
    skills = sorted({point["skill"] for point in data["points"].values()})
    tallied = 0
    for at, skill in enumerate(skills):
        base = f"cmi.objectives.{at}"
        assert kept[f"{base}.id"] == f"{COURSE}/skills/{skill}"
        of = int(kept.get(f"{base}.score.max", "0"))
        tallied += of
        if of:
            raw = int(kept[f"{base}.score.raw"])
            assert float(kept[f"{base}.score.scaled"]) == pytest.approx(raw / of, abs=1e-4)
    assert tallied == len(interactions(kept))  # the counts went on over the visits
    assert f"cmi.objectives.{len(skills)}.id" not in kept


def test_the_3rd_edition_is_kept_in_4000_characters(context: Any, serve: Serve) -> None:
    learner = launch(context, serve(platform(format="scorm2004", edition=3)))
    learner.press_main()
    learner.work_lesson()
    learner.wait_saving("saved")

    kept = close(learner)

    assert 0 < len(kept["cmi.suspend_data"]) < 4000
    assert kept["cmi.completion_status"] == "incomplete"


@pytest.mark.parametrize("mode", ["review", "browse"])
def test_in_review_mode_nothing_is_scored(context: Any, serve: Serve, mode: str) -> None:
    learner = launch(context, serve(platform(format="scorm2004")), query=f"?mode={mode}")

    learner.press_main()

    assert learner.lms("calls") == []
    assert learner.saving() == "Not saved this time"


def test_a_refused_commit_is_tried_again_and_nothing_is_called_after_the_end(
    context: Any, serve: Serve
) -> None:
    learner = launch(context, serve(platform(format="scorm2004")))
    learner.wait_saving("saved")
    learner.page.evaluate("window.lms.refuse = true")
    learner.press_main()
    learner.wait_saving("retry")
    learner.page.evaluate("window.lms.refuse = false")
    learner.wait_saving("saved")

    learner.page.evaluate(
        """() => { const sco = document.getElementById('sco');
        sco.contentWindow.dispatchEvent(new PageTransitionEvent('pagehide')); }"""
    )
    calls = len(learner.lms("calls"))
    learner.press_main()

    assert learner.lms("finished") == 1
    assert len(learner.lms("calls")) == calls
    assert learner.lms("failed") == []
