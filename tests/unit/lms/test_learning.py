"""Rules of learning: what finishes, what comes next, what today holds, what is late."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from courses.course import Course, Html, Interaction, Lesson, Module, Point, Retention, Step
from lms.domain.learning import (
    DueKind,
    LessonFacts,
    LessonState,
    ModuleFacts,
    PartOfDay,
    Plan,
    QuizState,
    deadline,
    missing,
    neighbours,
    part_of_day,
    plan,
    way,
    week_ahead,
    working_days_between,
)
from quizzes.item import Skill
from quizzes.parse import parse_item

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
BOTH = {"zh-CN": "文", "en": "text"}


def lesson(id: str, *, module: str = "one", interactions: tuple[str, ...] = (), steps: int = 3) -> Lesson:
    last = Step("last", tuple(Interaction(item) for item in interactions) or (Html("<p>x</p>"),))
    made = (*(Step(f"step {n}", (Html("<p>x</p>"),)) for n in range(1, steps)), last)
    return Lesson(id, module, BOTH, BOTH, 6, (), {}, {"zh-CN": made, "en": made})


def module(id: str, *lessons: Lesson, requires: tuple[str, ...] = ()) -> Module:
    item = parse_item(
        {
            "id": f"{id}-1",
            "type": "single",
            "form": "practice",
            "point": f"{id}-point",
            "stem": BOTH,
            "choices": [
                {"id": "a", "text": BOTH, "right": True, "why": BOTH},
                {"id": "b", "text": {"zh-CN": "别的", "en": "other"}, "why": BOTH},
            ],
            "explanation": BOTH,
            "prior": 0.5,
            "source": "here",
        },
        at="item",
    )
    return Module(id, BOTH, BOTH, requires, 0.8, 10, lessons, (item,))


COURSE = Course(
    slug="small",
    version="1",
    languages=("zh-CN", "en"),
    title=BOTH,
    summary=BOTH,
    retention=Retention(),
    modules=(
        module("one", lesson("a", interactions=("ask-1", "ask-2")), lesson("b")),
        module("two", lesson("c", module="two"), requires=("one",)),
    ),
    points=(Point("one-point", "one", Skill.TOOLS, BOTH), Point("two-point", "two", Skill.TOOLS, BOTH)),
)


def done(minutes: int = 0) -> LessonFacts:
    return LessonFacts(3, True, AT + timedelta(minutes=minutes))


def opened(step: int, minutes: int = 0) -> LessonFacts:
    return LessonFacts(step, False, AT + timedelta(minutes=minutes))


def test_a_lesson_is_finished_when_all_steps_are_open_and_each_interaction_was_right_once() -> None:
    asked = COURSE.lesson("a")

    assert missing(asked, step=3, right=frozenset({"ask-1", "ask-2"})).nothing
    assert missing(asked, step=2, right=frozenset({"ask-1", "ask-2"})).steps == 1
    assert missing(asked, step=3, right=frozenset({"ask-2", "other"})).interactions == ("ask-1",)


def test_a_new_course_begins_with_its_first_lesson() -> None:
    fresh = way(COURSE, lessons={}, modules={})

    assert (fresh.done, fresh.total, fresh.complete) == (0, 5, False)
    assert fresh.next is not None and fresh.next.lesson is not None
    assert (fresh.next.lesson.lesson.id, fresh.next.minutes) == ("a", 6)


def test_the_lesson_last_worked_on_comes_before_new_ones() -> None:
    going = way(COURSE, lessons={"a": opened(2), "c": opened(3, minutes=5)}, modules={})

    assert going.next is not None and going.next.lesson is not None
    assert (going.next.lesson.lesson.id, going.next.lesson.step, going.next.minutes) == ("c", 3, 2)


def test_after_the_lessons_of_a_module_its_quiz_comes_next() -> None:
    after = way(COURSE, lessons={"a": done(), "b": done()}, modules={})

    assert after.next is not None and after.next.lesson is None
    assert after.next.module.module.id == "one"
    assert after.modules[0].done == 2 and after.modules[0].total == 3 and not after.modules[0].complete


def test_a_quiz_that_was_not_passed_comes_back_when_all_else_is_done() -> None:
    lessons = {"a": done(), "b": done(), "c": done()}
    results = {"one": ModuleFacts(0.5, False), "two": ModuleFacts(0.9, True)}

    found = way(COURSE, lessons=lessons, modules=results)

    assert found.complete
    assert found.modules[0].quiz is QuizState.HANDED_IN and found.modules[1].quiz is QuizState.PASSED
    assert found.next is not None and found.next.module.module.id == "one" and found.next.lesson is None


def test_nothing_comes_next_when_every_quiz_is_passed() -> None:
    lessons = {"a": done(), "b": done(), "c": done()}
    results = {"one": ModuleFacts(0.8, True), "two": ModuleFacts(0.9, True)}

    assert way(COURSE, lessons=lessons, modules=results).next is None


def test_a_module_says_which_ones_are_meant_to_come_before() -> None:
    fresh = way(COURSE, lessons={}, modules={})
    later = way(COURSE, lessons={"a": done(), "b": done()}, modules={"one": ModuleFacts(0.1, False)})

    assert [first.id for first in fresh.modules[1].first] == ["one"]
    assert later.modules[1].first == ()


def test_a_lesson_that_became_shorter_is_at_its_last_step() -> None:
    found = way(COURSE, lessons={"a": opened(9)}, modules={})

    assert found.modules[0].lessons[0].step == 3
    assert found.modules[0].lessons[0].state is LessonState.OPEN


def test_no_result_is_shown_as_passed_that_was_not() -> None:
    found = way(COURSE, lessons={}, modules={"one": ModuleFacts(0.7999, False)})

    assert found.modules[0].score_percent == 79
    assert found.modules[0].mark_percent == 80


@pytest.mark.parametrize(
    ("reviews", "following", "expected"),
    [
        (0, 0, Plan(0, 0, 0)),
        (2, 0, Plan(2, 2, 0)),
        (0, 4, Plan(4, 0, 4)),
        (0, 9, Plan(5, 0, 5)),  # a long lesson: a part of it
        (2, 3, Plan(5, 2, 3)),
        (2, 4, Plan(2, 2, 0)),  # does not fit beside the reviews
        (8, 1, Plan(5, 5, 0)),
    ],
)
def test_today_never_asks_for_more_than_the_minutes_a_day(
    reviews: int, following: int, expected: Plan
) -> None:
    assert plan(review_minutes=reviews, next_minutes=following, daily_minutes=5) == expected


@pytest.mark.parametrize(
    ("after", "until", "days", "expected"),
    [
        (date(2026, 11, 20), date(2026, 11, 23), "12345", 1),  # Friday to Monday
        (date(2026, 11, 20), date(2026, 11, 22), "12345", 0),  # a weekend is not late
        (date(2026, 11, 23), date(2026, 11, 23), "12345", 0),
        (date(2026, 11, 24), date(2026, 11, 23), "12345", 0),
        (date(2026, 11, 2), date(2026, 11, 23), "12345", 15),
        (date(2026, 11, 20), date(2026, 11, 23), "67", 2),
    ],
)
def test_lateness_counts_working_days(after: date, until: date, days: str, expected: int) -> None:
    assert working_days_between(after, until, working_days=days) == expected


@pytest.mark.parametrize(
    ("soft", "hard", "kind", "late"),
    [
        (None, None, DueKind.FREE, 0),
        (date(2026, 11, 27), None, DueKind.SUGGESTED, 0),
        (date(2026, 11, 22), None, DueKind.SUGGESTED_BEFORE, 0),
        (None, date(2026, 11, 23), DueKind.BY, 0),
        (date(2026, 11, 20), date(2026, 11, 27), DueKind.BY, 0),
        (date(2026, 11, 25), date(2026, 11, 27), DueKind.SUGGESTED, 0),
        (date(2026, 11, 16), date(2026, 11, 19), DueKind.LATE, 2),
    ],
)
def test_due_dates_say_one_thing(soft: date | None, hard: date | None, kind: DueKind, late: int) -> None:
    found = deadline(soft=soft, hard=hard, today=date(2026, 11, 23), working_days="12345")

    assert (found.kind, found.late) == (kind, late)


def test_the_week_ahead_marks_days_off() -> None:
    week = week_ahead([3, 0, 1, 0, 0, 0, 0], first=date(2026, 11, 23), working_days="12345")

    assert [day.reviews for day in week] == [3, 0, 1, 0, 0, 0, 0]
    assert [day.rest for day in week] == [False] * 5 + [True] * 2


@pytest.mark.parametrize(
    ("hour", "part"),
    [(3, PartOfDay.EVENING), (4, PartOfDay.MORNING), (12, PartOfDay.AFTERNOON), (18, PartOfDay.EVENING)],
)
def test_the_greeting_follows_the_hour(hour: int, part: PartOfDay) -> None:
    assert part_of_day(hour) is part


def test_neighbours_stay_inside_the_module() -> None:
    before, after = neighbours(COURSE, "b")

    assert before is not None and before.id == "a"
    assert after is None
