"""When the needs analysis may be taken, and from how many people on a group has a figure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.domain.learning import CourseWay, LessonFacts, way
from lms.domain.needs import FEWEST_PEOPLE, PhaseState, after_state, before_state, shown_share
from tests.practice_course import practice_course


def progress(*, lesson_done: bool) -> CourseWay:
    course = practice_course(kinds=("single",), siblings=())
    facts = {"first": LessonFacts(1, lesson_done, None)} if lesson_done else {}
    return way(course, lessons=facts, modules={})


@pytest.mark.parametrize("lesson_done", [False, True])
def test_before_is_open_until_a_module_is_complete(lesson_done: bool) -> None:
    """The module has a quiz too."""
    found = progress(lesson_done=lesson_done)

    assert before_state(found, begun=False, finished=False) is PhaseState.OPEN
    assert after_state(found, begun=False, finished=False) is PhaseState.LATER


@pytest.mark.parametrize(("finished", "state"), [(False, PhaseState.GOING), (True, PhaseState.DONE)])
def test_what_was_begun_can_be_finished_whatever_comes_between(finished: bool, state: PhaseState) -> None:
    found = progress(lesson_done=True)

    assert before_state(found, begun=True, finished=finished) is state
    assert after_state(found, begun=True, finished=finished) is state


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 20))
def test_a_group_of_fewer_than_five_has_no_figure(right: int, asked: int, people: int) -> None:
    share = shown_share(min(right, asked), asked, people=people)

    assert (share is None) == (people < FEWEST_PEOPLE or asked == 0)
    assert share is None or 0 <= share <= 1
