"""The practice course with both forms of a check: sixteen points, each with an item for practice, A and B."""

from __future__ import annotations

from dataclasses import replace

from courses.course import Course, Point
from quizzes.item import Skill
from tests.practice_course import MODULE, TYPES, both, practice_course, practice_item

POINTS = 16
"""Of which four are held out: a fifth, rounded up."""


def checked_course(
    *, compliance: tuple[str, ...] = (), hold_out: float = 0.2, points: int = POINTS
) -> Course:
    """A course of one module whose quiz asks one item on each of its points; the eight types in turn."""
    kinds = [list(TYPES)[n % len(TYPES)] for n in range(points)]
    names = [f"point-{n + 1:02}" for n in range(points)]
    items = [
        practice_item(kind, id=f"{name}-{form.lower()}", form=form, point=name)
        for kind, name in zip(kinds, names, strict=True)
        for form in ("practice", "A", "B")
    ]
    course = practice_course(kinds=("single",), siblings=())
    [module] = course.modules
    [lesson] = module.lessons
    in_lesson = practice_item("single", id="in-lesson", form="lesson", point=names[0])
    skills = list(Skill)
    return replace(
        course,
        retention=replace(course.retention, hold_out=hold_out),
        modules=(
            replace(
                module,
                quiz_length=points,
                pass_mark=0.5,
                lessons=(replace(lesson, points=(names[0],)),),
                items=(*items, in_lesson),
            ),
        ),
        points=tuple(
            Point(name, MODULE, skills[n % len(skills)], both(name), compliance=name in compliance)
            for n, name in enumerate(names)
        ),
    )
