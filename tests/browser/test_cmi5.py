"""A cmi5 unit against our own record store: launched, worked through, left, opened again, finished."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.cmi5_lms import AGENT, SESSION, Platform, is_uuid, open_unit, running
from tests.browser.scorm12_learner import MONDAY, ROOT, Learner, package

pytestmark = pytest.mark.browser

CMI5 = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
MOVE_ON = "https://w3id.org/xapi/cmi5/context/categories/moveon"
MASTERY = "https://w3id.org/xapi/cmi5/context/extensions/masteryscore"
COURSE = "https://crossdesk.test/courses/service-desk"
LATER = "2026-11-25T09:00:00+08:00"
AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text() if (ROOT / "node_modules").exists() else ""
Launch = Callable[..., tuple[str, Learner]]


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    return Platform(package("all", True, "cmi5"), tmp_path)


@pytest.fixture
def launch(platform: Platform, context: Any) -> Iterator[Launch]:
    """Begin a session and open it: `session, learner = launch(at=LATER)`."""
    script = package("all", True, "cmi5")["au-foundation.js"].decode()
    data = json.loads(script.removeprefix("window.crossdeskCourse = ").rstrip(";\n"))
    with running(platform) as address:

        def begin(*, at: str = MONDAY, **given: Any) -> tuple[str, Learner]:
            session, url = platform.begin(address, **given)
            learner = open_unit(context, url, data, at=at)
            learner.language = str(learner.page.locator("html").get_attribute("lang"))
            return session, learner

        yield begin


def verbs(said: list[dict[str, Any]]) -> list[str]:
    return [one["verb"]["id"].rpartition("/")[2] for one in said]


def categories(one: dict[str, Any]) -> set[str]:
    return {activity["id"] for activity in one["context"]["contextActivities"].get("category", [])}


def wait_for(platform: Platform, learner: Learner, session: str | None, verb: str) -> list[dict[str, Any]]:
    """Answer a session's statements (None: all) once this verb is among them."""
    for _ in range(600):
        said = platform.statements(session)
        if verb in verbs(said):
            return said
        learner.page.context.pages[0].wait_for_timeout(50)
    raise AssertionError(f"no {verb} among {verbs(said)}")


def work_quiz(learner: Learner, *, wrong: int) -> None:
    for place in range(learner.data["modules"][0]["quizLength"]):
        learner.answer(learner.item_shown(), wrong=place < wrong)
        learner.press_main()


def test_a_unit_is_failed_left_passed_and_reviewed_later(
    platform: Platform, launch: Launch, context: Any
) -> None:
    context.new_page()  # keeps the browser open between visits
    first, learner = launch()
    learner.press_main()
    for _ in learner.data["modules"][0]["lessons"]:
        learner.work_lesson()
        learner.press_main()
    work_quiz(learner, wrong=2)
    learner.wait_saving("saved")
    assert platform.fetched == [first]
    learner.page.get_by_role("button", name="Save and leave").click()
    learner.page.get_by_role("heading", name="Welcome back").wait_for()  # the returnURL
    said = wait_for(platform, learner, first, "terminated")
    told = verbs(said)
    assert (told[0], told[-2:]) == ("initialized", ["failed", "terminated"])
    assert set(told[1:-2]) == {"answered"}
    check_statements(platform, first)
    learner.page.close()

    second, learner = launch(at="2026-11-24T09:00:00+08:00")
    work_quiz(learner, wrong=0)
    learner.press("Back to the overview")
    learner.wait_saving("saved")
    learner.page.close(run_before_unload=True)  # closed without a word: pagehide has to do it
    said = wait_for(platform, learner, second, "terminated")
    told = [verb for verb in verbs(said) if verb != "answered"]
    assert told == ["initialized", "completed", "passed", "terminated"]
    check_statements(platform, second)

    third, learner = launch(at="2026-11-26T09:00:00+08:00")
    assert int(learner.frame.locator("[data-due]").get_attribute("data-due") or 0) >= 3
    learner.press("Start the review")
    learner.answer(learner.item_shown(), button="Sure")
    learner.wait_saving("saved")
    learner.page.close(run_before_unload=True)
    said = wait_for(platform, learner, third, "terminated")
    assert verbs(said) == ["initialized", "answered", "terminated"]  # nothing is told twice
    assert learner.page.crossdesk_errors == []


def check_statements(platform: Platform, session: str) -> None:
    """Every statement as cmi5 1.0, 9 wants it."""
    for verb, one in zip(verbs(platform.statements(session)), platform.statements(session), strict=True):
        context, result = one["context"], one.get("result", {})
        assert is_uuid(one["id"]) and one["actor"] == AGENT
        assert context["registration"] == platform.registration
        assert context["extensions"][SESSION] == session
        assert context["platform"] == "Platform"  # the template is merged, not replaced
        grouping = [activity["id"] for activity in context["contextActivities"]["grouping"]]
        assert f"{COURSE}/modules/foundation" in grouping
        settles = verb in ("completed", "passed", "failed")
        if verb == "answered":
            assert categories(one) == set()
            assert one["object"]["id"].startswith(f"{COURSE}/items/")
            assert one["object"]["definition"]["correctResponsesPattern"]
            continue
        assert categories(one) == ({CMI5, MOVE_ON} if settles else {CMI5})
        assert one["object"]["id"] == platform.activity
        assert ("completion" in result, "success" in result) == (
            verb == "completed",
            verb in ("passed", "failed"),
        )
        assert ("score" in result) == (verb in ("passed", "failed"))
        if verb in ("passed", "failed"):
            assert context["extensions"][MASTERY] == 0.8
            assert (result["score"]["scaled"] >= 0.8) == (verb == "passed") == result["success"]
        if verb != "initialized":
            assert re.fullmatch(r"PT[0-9HMS.]+", result["duration"])


def test_the_language_is_what_the_learner_prefers(platform: Platform, launch: Launch) -> None:
    platform.prefer("fr-FR,zh-CN")

    _, learner = launch()

    assert (learner.heading(), learner.language) == ("基础", "zh-CN")
    learner.page.set_viewport_size({"width": 390, "height": 800})
    assert learner.page.evaluate("document.documentElement.scrollWidth") <= 390
    learner.page.evaluate(AXE)
    found = learner.page.evaluate("axe.run(document)")
    assert [one["id"] for one in found["violations"]] == []


def test_the_mark_is_the_platforms(platform: Platform, launch: Launch) -> None:
    session, learner = launch(masteryScore=0.55)
    learner.press_main()
    for _ in learner.data["modules"][0]["lessons"]:
        learner.work_lesson()
        learner.press_main()

    work_quiz(learner, wrong=2)

    learner.press("Back to the overview")
    learner.wait_saving("saved")
    passed = next(one for one in platform.statements(session) if verbs([one]) == ["passed"])
    assert 0.55 <= passed["result"]["score"]["scaled"] < 0.8
    assert passed["context"]["extensions"][MASTERY] == 0.55
    state = platform.state()
    assert state is not None and sorted(state["told"]) == ["completed", "passed"]


def test_a_page_loaded_again_uses_its_token_and_says_nothing_after_the_end(
    platform: Platform, launch: Launch, context: Any
) -> None:
    session, learner = launch()
    learner.press_main()
    learner.wait_saving("saved")

    learner.page.reload()
    learner.page.locator("#main h1").wait_for()
    learner.press_main()
    learner.wait_saving("saved")

    assert platform.fetched == [session]
    assert verbs(platform.statements(session)) == ["initialized", "terminated"]
    state = platform.state()
    assert state is not None and state["location"] == "lesson/why-service-decides/1"


@pytest.mark.parametrize("mode", ["Browse", "Review"])
def test_in_review_mode_nothing_is_judged_or_kept(
    platform: Platform, launch: Launch, context: Any, mode: str
) -> None:
    context.new_page()
    session, learner = launch(launchMode=mode)
    learner.press_main()
    learner.work_lesson()
    assert learner.saving() == "Not saved this time"

    learner.page.close(run_before_unload=True)

    assert verbs(wait_for(platform, learner, session, "terminated")) == ["initialized", "terminated"]
    assert platform.state() is None


def test_what_the_store_did_not_take_is_not_shown_as_saved_and_sent_again(
    platform: Platform, launch: Launch
) -> None:
    session, learner = launch()
    learner.wait_saving("saved")
    before = platform.state()
    platform.refuse = True
    learner.press_main()
    learner.wait_saving("retry")
    assert platform.state() == before
    platform.refuse = False

    learner.page.get_by_role("button", name="Try again").click()

    learner.wait_saving("saved")
    state = platform.state()
    assert state is not None and state["location"] == "lesson/why-service-decides/0"
    assert len({one["id"] for one in platform.statements(session)}) == len(platform.statements(session))


def test_two_windows_of_one_learner_lose_nothing(platform: Platform, launch: Launch) -> None:
    _, one = launch()
    one.wait_saving("saved")
    _, two = launch()
    two.wait_saving("saved")
    two.press_main()
    two.work_lesson()
    two.wait_saving("saved")

    one.press_main()
    one.wait_saving("saved")
    state = platform.state()
    assert (
        state is not None and state["location"] == "lesson/why-service-decides/0"
    )  # of the one that came last

    _, later = launch(at=LATER)
    later.press("Course overview")
    first = later.frame.locator("main li").filter(
        has_text=later.data["modules"][0]["lessons"][0]["title"]["en"]
    )
    assert "Done" in first.first.inner_text()


def test_without_a_launch_the_page_says_so(platform: Platform, context: Any) -> None:
    with running(platform) as address:
        page = context.new_page()
        page.goto(f"{address}/unit/au-foundation.html")

        page.get_by_role("heading", name="The learning platform was not found").wait_for()
