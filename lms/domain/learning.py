"""Rules of learning: what finishes a lesson, what comes next, what today holds, what is late.

Pure: a course and the facts of one person in, finished values out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property

from courses.course import Course, Lesson, Module
from quizzes.item import Form

QUIZ_SECONDS = 20
"""What one question of a quiz is taken to need; for the minutes that a page announces."""
WEEK_DAYS = 7


class LessonState(StrEnum):
    """How far somebody is in a lesson."""

    NEW = "new"
    OPEN = "open"
    DONE = "done"


class QuizState(StrEnum):
    """How far somebody is with a module's quiz."""

    NONE = "none"
    """The module has none."""
    WAITING = "waiting"
    HANDED_IN = "handed_in"
    """Handed in and not passed; it may be taken again."""
    PASSED = "passed"


class DueKind(StrEnum):
    """What a due date says today."""

    FREE = "free"
    SUGGESTED = "suggested"
    SUGGESTED_BEFORE = "suggested_before"
    """The suggested day is over; nothing closes."""
    BY = "by"
    LATE = "late"


class PartOfDay(StrEnum):
    """What to greet with."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


@dataclass(frozen=True)
class LessonFacts:
    """What is stored of a person in a lesson."""

    step: int
    """The last step opened, from 1."""
    done: bool
    at: datetime
    """When something was last done in it."""


@dataclass(frozen=True)
class ModuleFacts:
    """What is stored of a person in a module."""

    best_score: float | None
    """0..1; None until a quiz is handed in."""
    passed: bool


@dataclass(frozen=True)
class Missing:
    """What a lesson still needs to count as finished."""

    steps: int
    interactions: tuple[str, ...]
    """Items not yet answered right, in the order of the lesson."""

    @property
    def nothing(self) -> bool:
        """Whether the lesson is finished."""
        return not self.steps and not self.interactions


@dataclass(frozen=True)
class LessonWay:
    """A person in a lesson."""

    lesson: Lesson
    state: LessonState
    step: int
    steps: int
    at: datetime | None = None
    """When something was last done in it; None where it is new."""

    @property
    def minutes_left(self) -> int:
        """What is still to do, in whole minutes, at least 1 while there is anything."""
        match self.state:
            case LessonState.NEW:
                return self.lesson.minutes
            case LessonState.DONE:
                return 0
            case LessonState.OPEN:
                share = (self.steps - self.step + 1) / self.steps
                return max(1, math.ceil(self.lesson.minutes * share))


@dataclass(frozen=True)
class ModuleWay:
    """A person in a module."""

    module: Module
    lessons: tuple[LessonWay, ...]
    quiz: QuizState
    score: float | None
    first: tuple[Module, ...]
    """Modules that are meant to come before and are not complete."""

    @cached_property
    def lessons_done(self) -> int:
        """How many lessons are finished."""
        return sum(way.state is LessonState.DONE for way in self.lessons)

    @cached_property
    def done(self) -> int:
        """Finished parts: lessons, and the quiz once it is handed in."""
        return self.lessons_done + (self.quiz in (QuizState.HANDED_IN, QuizState.PASSED))

    @cached_property
    def total(self) -> int:
        """All parts."""
        return len(self.lessons) + (self.quiz is not QuizState.NONE)

    @cached_property
    def complete(self) -> bool:
        """All lessons finished and the quiz handed in."""
        return self.done == self.total

    @property
    def score_percent(self) -> int:
        """The best quiz as it is shown: rounded down, so that no result reads as passed that was not."""
        return math.floor((self.score or 0) * 100 + 1e-9)

    @property
    def mark_percent(self) -> int:
        """What passes."""
        return math.ceil(self.module.pass_mark * 100 - 1e-9)

    @property
    def quiz_minutes(self) -> int:
        """What the quiz takes."""
        return max(1, math.ceil(self.module.quiz_length * QUIZ_SECONDS / 60))


@dataclass(frozen=True)
class Next:
    """The next thing to do in a course: a lesson, or a module's quiz where `lesson` is None."""

    module: ModuleWay
    lesson: LessonWay | None
    minutes: int


@dataclass(frozen=True)
class CourseWay:
    """A person in a course."""

    course: Course
    modules: tuple[ModuleWay, ...]
    next: Next | None

    @cached_property
    def done(self) -> int:
        """Finished parts of all modules."""
        return sum(way.done for way in self.modules)

    @cached_property
    def total(self) -> int:
        """Parts of all modules."""
        return sum(way.total for way in self.modules)

    @cached_property
    def complete(self) -> bool:
        """Every module complete."""
        return self.done == self.total

    @property
    def minutes(self) -> int:
        """What the whole course takes for somebody who begins."""
        return sum(
            sum(lesson.lesson.minutes for lesson in way.lessons)
            + (way.quiz_minutes if way.quiz is not QuizState.NONE else 0)
            for way in self.modules
        )

    def module(self, module_id: str) -> ModuleWay:
        """Answer the module of this id."""
        return next(way for way in self.modules if way.module.id == module_id)


@dataclass(frozen=True)
class Deadline:
    """What is to be said of due dates today."""

    kind: DueKind
    day: date | None = None
    late: int = 0
    """Working days after the day, for LATE."""


@dataclass(frozen=True)
class Plan:
    """What today asks for, never more than the person's minutes a day."""

    minutes: int
    review_minutes: int
    next_minutes: int
    """For the next lesson or quiz: 0 where it does not fit beside the reviews, a part where it is long."""


@dataclass(frozen=True)
class PlannedDay:
    """A day of the week ahead."""

    day: date
    reviews: int
    rest: bool


def missing(lesson: Lesson, *, step: int, right: frozenset[str]) -> Missing:
    """Answer what the lesson still needs: every step opened, and each interaction right once."""
    return Missing(
        steps=max(0, step_count(lesson) - step),
        interactions=tuple(item for item in lesson.interactions if item not in right),
    )


def step_count(lesson: Lesson) -> int:
    """Answer how many steps a lesson has; every language has as many."""
    return len(next(iter(lesson.steps.values()), ()))


def has_quiz(module: Module) -> bool:
    """Whether a module ends with a quiz."""
    return module.quiz_length > 0 and any(item.form is Form.PRACTICE for item in module.items)


def way(
    course: Course, *, lessons: Mapping[str, LessonFacts], modules: Mapping[str, ModuleFacts]
) -> CourseWay:
    """Answer how far somebody is, from what is stored of their run."""
    ways: list[ModuleWay] = []
    for module in course.modules:
        complete = {before.module.id for before in ways if before.complete}
        ways.append(
            ModuleWay(
                module=module,
                lessons=tuple(_lesson_way(lesson, lessons.get(lesson.id)) for lesson in module.lessons),
                quiz=_quiz_state(module, modules.get(module.id)),
                score=modules[module.id].best_score if module.id in modules else None,
                first=tuple(course.module(before) for before in module.requires if before not in complete),
            )
        )
    return CourseWay(course=course, modules=tuple(ways), next=_next(ways))


def deadline(*, soft: date | None, hard: date | None, today: date, working_days: str) -> Deadline:
    """Answer what the due dates of an assignment say today."""
    late = 0 if hard is None else working_days_between(hard, today, working_days=working_days)
    if late:
        return Deadline(DueKind.LATE, hard, late)
    if soft is not None and today <= soft:
        return Deadline(DueKind.SUGGESTED, soft)
    if hard is not None:
        return Deadline(DueKind.BY, hard)
    if soft is not None:
        return Deadline(DueKind.SUGGESTED_BEFORE, soft)
    return Deadline(DueKind.FREE)


def working_days_between(after: date, until: date, *, working_days: str) -> int:
    """Count the working days after one date, up to and with another; `working_days` are ISO weekdays."""
    days = (until - after).days
    if days <= 0:
        return 0
    weeks, rest = divmod(days, WEEK_DAYS)
    start = after + timedelta(days=weeks * WEEK_DAYS)
    extra = sum(works(start + timedelta(days=n), working_days) for n in range(1, rest + 1))
    return weeks * len(working_days) + extra


def works(day: date, working_days: str) -> bool:
    """Whether a date is a working day."""
    return str(day.isoweekday()) in working_days


def plan(*, review_minutes: int, next_minutes: int, daily_minutes: int) -> Plan:
    """Answer what today asks for: reviews first, then the next part where it fits; 0 minutes: there is none.

    What stands alone is always asked for, if only a part of it.
    """
    reviews = min(review_minutes, daily_minutes)
    fits = reviews == 0 or reviews + next_minutes <= daily_minutes
    following = min(next_minutes, daily_minutes) if fits else 0
    return Plan(minutes=reviews + following, review_minutes=reviews, next_minutes=following)


def week_ahead(counts: Sequence[int], *, first: date, working_days: str) -> tuple[PlannedDay, ...]:
    """Answer the days from `first` on with the reviews planned for each."""
    days = (first + timedelta(days=n) for n in range(len(counts)))
    return tuple(
        PlannedDay(day, count, not works(day, working_days)) for day, count in zip(days, counts, strict=True)
    )


def part_of_day(hour: int) -> PartOfDay:
    """Answer the part of the day of an hour 0..23."""
    if 4 <= hour < 12:
        return PartOfDay.MORNING
    return PartOfDay.AFTERNOON if 12 <= hour < 18 else PartOfDay.EVENING


def neighbours(course: Course, lesson_id: str) -> tuple[Lesson | None, Lesson | None]:
    """Answer the lessons before and after one, inside its module."""
    lessons = course.module(course.lesson(lesson_id).module).lessons
    at = next(n for n, lesson in enumerate(lessons) if lesson.id == lesson_id)
    return (lessons[at - 1] if at else None, lessons[at + 1] if at + 1 < len(lessons) else None)


def _lesson_way(lesson: Lesson, facts: LessonFacts | None) -> LessonWay:
    steps = step_count(lesson)
    if facts is None:
        return LessonWay(lesson, LessonState.NEW, 1, steps)
    state = LessonState.DONE if facts.done else LessonState.OPEN
    return LessonWay(lesson, state, min(facts.step, steps), steps, facts.at)


def _quiz_state(module: Module, facts: ModuleFacts | None) -> QuizState:
    if not has_quiz(module):
        return QuizState.NONE
    if facts is None or facts.best_score is None:
        return QuizState.WAITING
    return QuizState.PASSED if facts.passed else QuizState.HANDED_IN


def _next(ways: Sequence[ModuleWay]) -> Next | None:
    """Answer the lesson last worked on, else the first new one or quiz in order, else a quiz not passed."""
    begun = [
        (way.at, module, way)
        for module in ways
        for way in module.lessons
        if way.state is LessonState.OPEN and way.at is not None
    ]
    if begun:
        _, module, lesson = max(begun, key=lambda found: found[0])
        return Next(module, lesson, lesson.minutes_left)
    for module in ways:
        for lesson in module.lessons:
            if lesson.state is LessonState.NEW:
                return Next(module, lesson, lesson.minutes_left)
        if module.quiz is QuizState.WAITING:
            return Next(module, None, module.quiz_minutes)
    failed = next((module for module in ways if module.quiz is QuizState.HANDED_IN), None)
    return None if failed is None else Next(failed, None, failed.quiz_minutes)
