"""What a course is: modules of lessons, knowledge points, and the items that practise them.

Data and look-ups only; reading is in `reader`, the JSON form in `document`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from courses.errors import UnknownPart
from courses.shelf import Shelf
from quizzes.item import Item, Skill

Text = Mapping[str, str]
"""Language tag -> the same text in that language."""
Part = TypeVar("Part")


@dataclass(frozen=True)
class Html:
    """A stretch of a lesson, cleaned by `courses.markdown`; images are `media/…`, see `with_media_base`."""

    html: str


@dataclass(frozen=True)
class Interaction:
    """The place in a lesson where an item is answered."""

    item_id: str


Block = Html | Interaction


@dataclass(frozen=True)
class Step:
    """What a learner sees at once: a plain-text heading and what follows it."""

    heading: str
    blocks: tuple[Block, ...]

    @cached_property
    def interactions(self) -> tuple[str, ...]:
        """Answer the ids of the items placed here, in order."""
        return tuple(block.item_id for block in self.blocks if isinstance(block, Interaction))


@dataclass(frozen=True)
class Lesson:
    """Three to six steps towards one outcome."""

    id: str
    module: str
    title: Text
    outcome: Text
    minutes: int
    points: tuple[str, ...]
    sources: Mapping[str, tuple[str, ...]]
    steps: Mapping[str, tuple[Step, ...]]
    """Language -> steps; every language has as many, with the same interactions."""
    rules: tuple[str, ...] = ()
    """Dated rules that the lesson leans on."""

    @cached_property
    def interactions(self) -> tuple[str, ...]:
        """Answer the ids of the items placed in this lesson, in order."""
        steps = next(iter(self.steps.values()), ())
        return tuple(item_id for step in steps for item_id in step.interactions)


@dataclass(frozen=True)
class Point:
    """A knowledge point: the smallest thing that is taught, practised and checked."""

    id: str
    module: str
    skill: Skill
    title: Text
    compliance: bool = False
    """Must be known by everyone; never held out of practice."""


@dataclass(frozen=True)
class Retention:
    """How the course keeps what was learnt: practice days, the check, and its target."""

    check_day: int = 7
    plan_days: tuple[int, ...] = (2, 5)
    target: float = 0.8
    """Share of the check that should be right, 0..1."""
    hold_out: float = 0.2
    """Share of points that get no practice, 0..1, so that the effect can be seen."""


@dataclass(frozen=True)
class Module:
    """Lessons in order, and every item on the module's points."""

    id: str
    title: Text
    summary: Text
    requires: tuple[str, ...]
    pass_mark: float
    """Share of the module quiz, 0..1."""
    quiz_length: int
    lessons: tuple[Lesson, ...]
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Course:
    """One version of a course, complete in each of its languages."""

    slug: str
    version: str
    languages: tuple[str, ...]
    title: Text
    summary: Text
    retention: Retention
    modules: tuple[Module, ...]
    points: tuple[Point, ...]
    media: Mapping[str, str] = field(default_factory=dict)
    """`media/name.svg` -> SHA-256 of the file, in hexadecimal: a changed picture is a changed course."""
    shelf: Shelf = field(default_factory=Shelf)
    """What stands beside the lessons."""

    @cached_property
    def lessons(self) -> tuple[Lesson, ...]:
        """Answer every lesson in the order of the course."""
        return tuple(lesson for module in self.modules for lesson in module.lessons)

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """Answer every item, module by module."""
        return tuple(item for module in self.modules for item in module.items)

    def module(self, id: str) -> Module:
        """Answer the module of this id, or raise UnknownPart."""
        return _known("module", id, self._modules)

    def lesson(self, id: str) -> Lesson:
        """Answer the lesson of this id, or raise UnknownPart."""
        return _known("lesson", id, self._lessons)

    def item(self, id: str) -> Item:
        """Answer the item of this id, or raise UnknownPart."""
        return _known("item", id, self._items)

    def point(self, id: str) -> Point:
        """Answer the knowledge point of this id, or raise UnknownPart."""
        return _known("point", id, self._points)

    @cached_property
    def _modules(self) -> dict[str, Module]:
        return {module.id: module for module in self.modules}

    @cached_property
    def _lessons(self) -> dict[str, Lesson]:
        return {lesson.id: lesson for lesson in self.lessons}

    @cached_property
    def _items(self) -> dict[str, Item]:
        return {item.id: item for item in self.items}

    @cached_property
    def _points(self) -> dict[str, Point]:
        return {point.id: point for point in self.points}


def in_language(text: Text, lang: str, fallback: str = "en") -> str:
    """Answer the text in a language, else in the fallback, else in any; "" for an empty map."""
    for tag in (lang, fallback):
        if tag in text:
            return text[tag]
    return next(iter(text.values()), "")


def _known(kind: str, id: str, parts: Mapping[str, Part]) -> Part:
    if id not in parts:
        raise UnknownPart(kind, id)
    return parts[id]
