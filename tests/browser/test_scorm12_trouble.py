"""What goes wrong elsewhere: refused commits, no run-time, windows of other sites, popups, review mode."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.scorm12_learner import MONDAY, Open, clock_at, launch_course, leave, package, platform

pytestmark = pytest.mark.browser

Serve = Callable[[dict[str, bytes]], str]


def html(body: str) -> bytes:
    return f'<!doctype html><html lang="en"><title>t</title><body>{body}</body></html>'.encode()


def test_a_refused_commit_is_not_shown_as_saved_and_is_tried_again(open_course: Open) -> None:
    learner = open_course()
    learner.wait_saving("saved")
    before = learner.store()

    learner.page.evaluate("window.lms.refuse = true")
    learner.press_main()
    learner.wait_saving("retry")
    assert learner.saving() == "Not saved, will retry"
    assert learner.store() == before
    learner.page.evaluate("window.lms.refuse = false")

    learner.wait_saving("saved")
    assert learner.store()["location"] == "lesson/why-service-decides/0"


def test_what_could_not_be_saved_is_there_again_on_the_same_machine(open_course: Open) -> None:
    learner = open_course()
    learner.wait_saving("saved")
    learner.page.evaluate("window.lms.refuse = true")
    learner.press_main()
    learner.press_main()
    learner.wait_saving("retry")
    learner.page.close()

    learner = open_course()

    assert "2 / 6" in learner.frame.locator("main").inner_text()
    learner.wait_saving("saved")


def test_without_a_run_time_the_page_says_that_nothing_is_kept(context: Any, serve: Serve) -> None:
    page = context.new_page()
    page.goto(f"{serve(package())}/index.html")

    page.get_by_role("heading", name="The learning platform was not found").wait_for()
    page.get_by_role("button", name="Look at it without saving").click()

    page.get_by_role("heading", name="Foundation", level=1).wait_for()
    assert page.locator("[data-saving]").inner_text() == "Not saved this time"


def test_a_parent_of_another_site_throws_and_is_passed_over(context: Any, serve: Serve) -> None:
    inner = serve(package())
    outer = serve({"index.html": html(f'<iframe id="sco" src="{inner}/index.html"></iframe>')})
    page = context.new_page()
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))

    page.goto(f"{outer}/index.html")

    frame = page.frame_locator("#sco")
    frame.get_by_role("heading", name="The learning platform was not found").wait_for()
    assert failed == []


def test_a_frame_in_a_frame_finds_the_run_time(context: Any, serve: Serve) -> None:
    files = platform()
    files["sco/player/index.html"] = (
        files.pop("sco/index.html")
        .replace(b'="player.', b'="../player.')
        .replace(b'="course.', b'="../course.')
    )
    files["sco/index.html"] = html('<iframe id="inner" src="player/index.html"></iframe>')
    page = context.new_page()
    page.goto(f"{serve(files)}/launch.html")

    inner = page.frame_locator("#sco").frame_locator("#inner")

    inner.locator("[data-saving=saved]").wait_for()


def test_a_popup_finds_the_run_time_of_its_opener(context: Any, serve: Serve) -> None:
    files = platform()
    sco = files["sco/index.html"]
    files["sco/index.html"] = html("launched in a window of its own")
    files["sco/popup.html"] = sco
    page = context.new_page()
    page.goto(f"{serve(files)}/launch.html")

    with page.expect_popup() as opened:
        page.evaluate("window.open('sco/popup.html', 'sco', 'width=800,height=600')")

    popup = opened.value
    popup.locator("[data-saving=saved]").wait_for()
    popup.close()
    page.wait_for_function("window.lms.finished === 1")


@pytest.mark.parametrize("mode", ["review", "browse"])
def test_in_review_mode_nothing_is_written_and_the_page_says_so(open_course: Open, mode: str) -> None:
    learner = open_course(query=f"?mode={mode}")

    assert "nothing of this visit is kept" in learner.frame.locator("main").inner_text()
    learner.press_main()

    assert [element for element, _ in learner.lms("calls")] == []
    assert learner.saving() == "Not saved this time"


def test_a_pass_is_never_lowered_and_a_broken_state_does_not_touch_it(open_course: Open) -> None:
    learner = open_course()
    learner.wait_saving("saved")
    learner.page.evaluate("document.getElementById('sco').remove()")
    learner.page.evaluate(
        """() => { const kept = JSON.parse(localStorage.getItem('lms'));
        const spoilt = {...kept, status: 'passed', state: kept.state.slice(0, -2)};
        localStorage.setItem('lms', JSON.stringify(spoilt)); }"""
    )
    learner.page.close()

    learner = open_course()
    assert "cannot be read" in learner.frame.locator("main").inner_text()
    learner.press_main()
    learner.wait_saving("saved")
    kept = leave(learner)

    assert kept["status"] == "passed"


def test_times_and_exit_are_written_as_the_standard_wants(open_course: Open) -> None:
    learner = open_course()
    learner.press_main()
    learner.wait_saving("saved")
    calls = learner.lms("calls")

    times = [value for element, value in calls if element == "cmi.core.session_time"]
    assert times and all(re.fullmatch(r"\d{4}:\d\d:\d\d\.\d\d", value) for value in times)
    assert {value for element, value in calls if element == "cmi.core.exit"} == {"suspend"}
    assert calls[0][0] == "cmi.core.exit"


def test_without_reviews_a_finished_course_ends_its_attempt(open_course: Open) -> None:
    learner = open_course(reviews=False)
    learner.press_main()
    for _ in learner.data["modules"][0]["lessons"]:
        learner.work_lesson()
        learner.press_main()
    for _ in range(learner.data["modules"][0]["quizLength"]):
        learner.answer(learner.item_shown())
        learner.press_main()
    learner.press("Back to the overview")
    assert learner.frame.locator("[data-due]").count() == 0
    learner.wait_saving("saved")

    kept = leave(learner)

    assert (kept["status"], kept["score"], kept["exit"]) == ("passed", "100", "")


def test_a_state_that_cannot_be_read_for_now_is_not_written_over(context: Any, serve: Serve) -> None:
    files = platform()
    address = serve(files)
    learner = launch_course(context, address)
    learner.press_main()
    learner.wait_saving("saved")
    kept = leave(learner)
    files["lms.js"] = files["lms.js"].replace(
        b"LMSGetValue: (element) => api.LMSGetValue(element)",
        b"LMSGetValue: (element) => api.LMSGetValue(element.replace('suspend_data', 'nothing'))",
    )

    learner = launch_course(context, address)

    assert learner.heading() == "The learning platform did not accept this visit"
    assert learner.store()["state"] == kept["state"]
    assert learner.lms("calls") == []


def test_everything_is_closed_once_and_nothing_is_called_after_it(open_course: Open) -> None:
    learner = open_course()
    learner.press_main()

    learner.page.evaluate(
        """() => { const sco = document.getElementById('sco');
        sco.contentWindow.dispatchEvent(new PageTransitionEvent('pagehide')); }"""
    )
    commits = learner.lms("commits")
    learner.press_main()
    learner.page.wait_for_timeout(1200)

    assert learner.lms("finished") == 1
    assert learner.lms("commits") == commits


def test_the_call_log_opens_on_its_keys(open_course: Open) -> None:
    learner = open_course()

    learner.frame.locator("h1").press("Control+Alt+d")

    assert "LMSInitialize" in learner.frame.locator(".debug").inner_text()
    learner.frame.locator(".debug").press("Control+Alt+d")
    assert learner.frame.locator(".debug").count() == 0


def test_a_late_run_time_is_still_found(context: Any, serve: Serve) -> None:
    files = platform()
    page = context.new_page()
    page.add_init_script(clock_at(MONDAY))
    page.add_init_script(
        """if (window.parent === window) { let late; const at = Date.now();
        Object.defineProperty(window, 'API', {set: (api) => { late = api; },
        get: () => Date.now() - at > 600 ? late : null}); }"""
    )
    page.goto(f"{serve(files)}/launch.html")

    page.frame_locator("#sco").locator("[data-saving=saved]").wait_for()


def test_the_platform_need_not_keep_interactions(context: Any, serve: Serve) -> None:
    files = platform()
    files["lms.js"] = files["lms.js"].replace(
        b"return api.LMSSetValue(element, value);",
        b"return api.LMSSetValue(element.startsWith('cmi.interactions') ? 'cmi.nothing' : element, value);",
    )
    learner = launch_course(context, serve(files))
    learner.press_main()
    learner.work_lesson()

    learner.wait_saving("saved")
    tried = [element for element, _ in learner.lms("calls") if element.startswith("cmi.interactions")]
    assert len(tried) <= 2
