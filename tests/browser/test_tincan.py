"""A plain xAPI package against our own record store: launched, left, opened again, finished."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.cmi5_lms import AGENT, HOME, Platform, open_unit, running
from tests.browser.scorm12_learner import MONDAY, course_data, package
from tests.browser.test_cmi5 import verbs, wait_for

pytestmark = pytest.mark.browser

OLD_ACTOR = {"name": ["Li"], "account": [{"accountServiceHomePage": HOME, "accountName": "u-4711"}]}


def test_a_course_is_left_finished_and_reviewed_later(context: Any, tmp_path: Path) -> None:
    platform = Platform(package("en", True, "xapi"), tmp_path)
    data = course_data("en", True, "xapi")
    context.new_page()  # keeps the browser open between visits
    with running(platform) as address:
        url = platform.plain_launch(address, actor=OLD_ACTOR)
        learner = open_unit(context, url, data, at=MONDAY)
        learner.press_main()
        learner.wait_saving("saved")
        learner.page.close(run_before_unload=True)
        assert verbs(wait_for(platform, learner, None, "terminated")) == ["initialized", "terminated"]

        learner = open_unit(context, url, data, at="2026-11-24T09:00:00+08:00")
        for _ in data["modules"][0]["lessons"]:
            learner.work_lesson()
            learner.press_main()
        for _ in range(data["modules"][0]["quizLength"]):
            learner.answer(learner.item_shown())
            learner.press_main()
        learner.press("Back to the overview")
        learner.wait_saving("saved")
        state = platform.state()
        assert state is not None and sorted(state["told"]) == ["completed", "passed"]
        learner.page.goto(f"{address}/back")

        learner = open_unit(context, url, data, at="2026-11-26T09:00:00+08:00")
        assert int(learner.frame.locator("[data-due]").get_attribute("data-due") or 0) >= 3
        assert learner.page.crossdesk_errors == []

    said = platform.statements()
    told = verbs(said)
    assert (told.count("completed"), told.count("passed"), told.count("failed")) == (1, 1, 0)
    assert told.count("initialized") == 3
    for verb, one in zip(told, said, strict=True):
        assert one["actor"] == {**AGENT, "name": "Li"}
        assert one["context"]["registration"] == platform.registration
        assert "category" not in one["context"].get("contextActivities", {})
        if verb != "answered":
            assert one["object"]["id"] == platform.activity
        else:
            definition = one["object"]["definition"]
            assert definition["interactionType"] and definition["correctResponsesPattern"]
