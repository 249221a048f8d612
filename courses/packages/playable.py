"""A course as the player reads it: modules, lessons in HTML, items, marks to reach. JSON values only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from courses.course import Block, Course, Html, Interaction, Lesson, Module, Text, in_language
from courses.errors import UnknownPart
from courses.packages.errors import PackageError, TooLarge, UnknownOption
from courses.packages.state_size import (
    LONGEST_PLAN,
    LONGEST_QUIZ,
    MOST_INTERACTIONS,
    find_salt,
    longest_state,
)
from quizzes.item import Form, Item
from quizzes.parse import item_document

FORMAT = 1
WHOLE_COURSE = "course"
ALL_LANGUAGES = "all"

_TEXTS = ("stem", "explanation", "source", "text")
_PART_TEXTS = ("text", "why")
"""Texts of choices, pairs and gaps; the two sides of a pair stay whole: they are compared when marked."""


@dataclass(frozen=True)
class Playable:
    """A part of a course, ready for a package."""

    course: Course
    scope: str
    """`course` or `module:ID`."""
    languages: tuple[str, ...]
    reviews: bool
    iri: str
    modules: tuple[Module, ...]
    salt: int
    """With it no two ids look the same in the player's state."""

    @property
    def title(self) -> str:
        """The title in the package's first language."""
        return in_language(self.titles, self.languages[0])

    @property
    def titles(self) -> Text:
        """The title of the course, or of its one module."""
        return self.course.title if self.scope == WHOLE_COURSE else self.modules[0].title

    @property
    def lessons(self) -> tuple[Lesson, ...]:
        """The lessons in order."""
        return tuple(lesson for module in self.modules for lesson in module.lessons)

    @property
    def items(self) -> tuple[Item, ...]:
        """The items that are met: inside lessons and in practice, never those of a check."""
        return tuple(item for module in self.modules for item in module.items if item.form in _MET)

    @property
    def mastery(self) -> float | None:
        """The share of the quizzes that counts as a pass, 0..1; None without a quiz."""
        marks = [module.pass_mark for module in self.modules if quiz_items(module)]
        return sum(marks) / len(marks) if marks else None


_MET = (Form.LESSON, Form.PRACTICE)


def playable(course: Course, *, scope: str, language: str, iri_base: str, reviews: bool) -> Playable:
    """Answer the part of a course that a package holds. Raises UnknownOption or PackageError."""
    modules = _modules(course, scope)
    return Playable(
        course=course,
        scope=scope,
        languages=_languages(course, language),
        reviews=reviews,
        iri=_iri(course, scope, iri_base),
        modules=modules,
        salt=_salt(modules),
    )


def check_state(part: Playable, *, most: int, format_name: str) -> None:
    """Raise TooLarge where a learner's state could outgrow what the format keeps; it says what to split."""
    longest = longest_state(
        steps=[len(next(iter(lesson.steps.values()))) for lesson in part.lessons],
        interactions=sum(len(lesson.interactions) for lesson in part.lessons),
        quizzes=[min(module.quiz_length, len(quiz_items(module))) for module in part.modules],
        cards=sum(len(quiz_items(module)) for module in part.modules),
    )
    if longest <= most:
        return
    if len(part.modules) > 1:
        advice = "export its modules one by one: " + ", ".join(
            f"--scope module:{one.id}" for one in part.modules
        )
    else:
        advice = "split the module: it holds too many practice items for one package"
    raise TooLarge(
        f"{part.course.slug}: a learner's state could take {longest} characters, and {format_name} "
        f"keeps {most}; {advice}"
    )


def quiz_items(module: Module) -> tuple[Item, ...]:
    """Answer the practice items of a module; they are its quiz and its cards."""
    return tuple(item for item in module.items if item.form is Form.PRACTICE)


def player_data(part: Playable) -> dict[str, Any]:
    """Answer what the player reads as `window.crossdeskCourse`."""
    course, languages = part.course, part.languages
    points = {item.point for item in part.items}
    return {
        "format": FORMAT,
        "slug": course.slug,
        "version": course.version,
        "scope": part.scope,
        "iri": part.iri,
        "languages": list(languages),
        "title": _text(part.titles, languages),
        "summary": _text(
            course.summary if part.scope == WHOLE_COURSE else part.modules[0].summary, languages
        ),
        "reviews": part.reviews,
        "salt": part.salt,
        "planDays": [day for day in course.retention.plan_days if day <= LONGEST_PLAN],
        "mastery": 1 if part.mastery is None else part.mastery,
        "modules": [_module(module, languages) for module in part.modules],
        "items": {item.id: _item(item, languages) for item in part.items},
        "points": {
            point.id: {"title": _text(point.title, languages), "skill": point.skill.value}
            for point in course.points
            if point.id in points
        },
    }


# Options


def _languages(course: Course, language: str) -> tuple[str, ...]:
    if language == ALL_LANGUAGES:
        return course.languages
    if language not in course.languages:
        known = ", ".join((*course.languages, ALL_LANGUAGES))
        raise UnknownOption(f"language {language!r}: {course.slug} has {known}")
    return (language,)


def _modules(course: Course, scope: str) -> tuple[Module, ...]:
    kind, _, id = scope.partition(":")
    if scope == WHOLE_COURSE:
        return course.modules
    if kind == "check" and id:
        raise UnknownOption(f"scope {scope!r}: checks are not available as packages yet")
    if kind == "module" and id:
        try:
            return (course.module(id),)
        except UnknownPart as error:
            known = ", ".join(module.id for module in course.modules)
            raise UnknownOption(f"scope {scope!r}: {course.slug} has the modules {known}") from error
    raise UnknownOption(f"scope {scope!r}: expected course, module:ID or check:ID")


def _salt(modules: Sequence[Module]) -> int:
    lessons = [lesson for module in modules for lesson in module.lessons]
    for lesson in lessons:
        if len(lesson.interactions) > MOST_INTERACTIONS:
            raise PackageError(
                f"lesson {lesson.id}: a package takes at most {MOST_INTERACTIONS} interactions"
            )
    salt = find_salt(
        parts=([lesson.id for lesson in lessons], [module.id for module in modules]),
        items=[item.id for module in modules for item in quiz_items(module)],
        lessons=[lesson.interactions for lesson in lessons],
    )
    if salt is None:
        raise PackageError("the player cannot tell all ids apart: export the modules one by one")
    return salt


def _iri(course: Course, scope: str, iri_base: str) -> str:
    base = f"{iri_base.rstrip('/')}/courses/{course.slug}"
    return base if scope == WHOLE_COURSE else f"{base}/modules/{scope.partition(':')[2]}"


# Parts


def _module(module: Module, languages: Sequence[str]) -> dict[str, Any]:
    items = quiz_items(module)
    return {
        "id": module.id,
        "title": _text(module.title, languages),
        "summary": _text(module.summary, languages),
        "requires": list(module.requires),
        "passMark": module.pass_mark,
        "quizLength": min(module.quiz_length, len(items), LONGEST_QUIZ),
        "items": [item.id for item in items],
        "lessons": [_lesson(lesson, languages) for lesson in module.lessons],
    }


def _lesson(lesson: Lesson, languages: Sequence[str]) -> dict[str, Any]:
    return {
        "id": lesson.id,
        "title": _text(lesson.title, languages),
        "outcome": _text(lesson.outcome, languages),
        "minutes": lesson.minutes,
        "sources": {lang: list(lesson.sources.get(lang, ())) for lang in languages},
        "steps": {
            lang: [
                {"heading": step.heading, "blocks": [_block(block) for block in step.blocks]}
                for step in lesson.steps[lang]
            ]
            for lang in languages
        },
    }


def _block(block: Block) -> dict[str, str]:
    match block:
        case Html(html=html):
            return {"html": html}
        case Interaction(item_id=item_id):
            return {"item": item_id}


def _item(item: Item, languages: Sequence[str]) -> dict[str, Any]:
    document = _narrowed(item_document(item), _TEXTS, languages)
    for key in ("choices", "pairs", "gaps"):
        if key in document:
            document[key] = [_narrowed(part, _PART_TEXTS, languages) for part in document[key]]
    if "passage" in document:
        document["passage"] = _narrowed(document["passage"], ("gloss",), languages)
    return document


def _narrowed(document: Mapping[str, Any], keys: Iterable[str], languages: Sequence[str]) -> dict[str, Any]:
    wanted = set(keys)
    return {
        key: _text(value, languages) if key in wanted and isinstance(value, Mapping) else value
        for key, value in document.items()
    }


def _text(text: Text, languages: Sequence[str]) -> dict[str, str]:
    return {lang: text[lang] for lang in languages if lang in text}
