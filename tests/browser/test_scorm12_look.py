"""The player for everybody: two languages, phones, dark, keyboard alone, and no finding of axe."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.scorm12_learner import ROOT, Open

pytestmark = pytest.mark.browser

AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text() if (ROOT / "node_modules").exists() else ""


def findings(learner: Any) -> list[str]:
    frame = next(frame for frame in learner.page.frames if "sco/" in frame.url)
    frame.evaluate(AXE)
    result = frame.evaluate("axe.run(document, {iframes: false})")
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in result["violations"]]


def test_the_language_changes_inside_and_is_kept(open_course: Open) -> None:
    learner = open_course(language="all")
    assert learner.heading() == "Foundation"

    learner.press("中文")

    assert learner.heading() == "基础"
    assert learner.frame.locator("html").get_attribute("lang") == "zh-CN"
    learner.wait_saving("saved")
    learner.page.close()
    assert open_course(language="all").heading() == "基础"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_pages_have_no_finding_and_fit_a_phone(
    open_course: Open, context: Any, language: str, scheme: str
) -> None:
    learner = open_course(language=language)
    learner.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    learner.page.set_viewport_size({"width": 390, "height": 844})
    found = findings(learner)
    learner.press_main()
    for lesson in learner.data["modules"][0]["lessons"]:
        for step in range(len(lesson["steps"][language])):
            found += findings(learner)
            assert not sideways(learner), f"{lesson['id']} {step}"
            for item_id in learner.questions():
                learner.answer(item_id, button="作答" if language == "zh-CN" else "Answer")
            found += findings(learner) if step == 4 else []
            assert not sideways(learner), f"{lesson['id']} {step} answered"
            learner.press_main()
    assert found == []


def sideways(learner: Any) -> bool:
    wide: bool = learner.frame.locator("html").evaluate("one => one.scrollWidth > one.clientWidth")
    return wide


def test_a_question_is_answered_with_the_keyboard_alone(open_course: Open) -> None:
    learner = open_course()
    learner.press_main()
    for _ in range(4):
        learner.press_main()
    keyboard = learner.page.keyboard

    # From the heading: play, read instead, the choices, answer.
    focus = "() => document.activeElement.getAttribute('name')"
    frame = next(frame for frame in learner.page.frames if "sco/" in frame.url)
    for _ in range(8):
        keyboard.press("Tab")
        if frame.evaluate(focus):
            break
    keyboard.press("ArrowDown")
    keyboard.press("Enter")

    assert frame.evaluate("document.activeElement.getAttribute('role')") == "status"
    assert learner.frame.locator("[role=status].note").first.inner_text() != ""


def test_a_wrong_answer_in_a_lesson_says_why_and_can_be_tried_again(open_course: Open) -> None:
    learner = open_course()
    learner.press_main()
    for _ in range(4):
        learner.press_main()
    first = learner.questions()[0]

    learner.answer(first, wrong=True)
    assert "Not yet; try again" in learner.block(first).inner_text()
    explanation = learner.data["items"][first]["explanation"]["en"]
    assert explanation not in learner.block(first).inner_text()
    learner.answer(first, wrong=True)
    assert explanation in learner.block(first).inner_text()
    learner.answer(first)

    assert learner.block(first).locator(".note-success").count() == 1


def test_printing_leaves_the_buttons_out(open_course: Open) -> None:
    learner = open_course()
    learner.press_main()

    learner.page.emulate_media(media="print")

    assert not learner.frame.locator(".focusbar").is_visible()
    assert not learner.frame.locator("main .btn-main").first.is_visible()
