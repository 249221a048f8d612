"""What of a course leans on which dated rule, and what is stale because a rule's review day has come."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from courses.course import Course, Lesson
from courses.markets import Market
from courses.rules import Rule
from courses.scripts import Script
from courses.simulator.scenario import Scene
from quizzes.item import Item

Part = TypeVar("Part")


@dataclass(frozen=True)
class Leaning:
    """A rule with all that leans on it."""

    rule: Rule
    expired: bool
    lessons: tuple[Lesson, ...]
    items: tuple[Item, ...]
    scripts: tuple[Script, ...]
    markets: tuple[Market, ...]
    scenes: tuple[Scene, ...]

    @property
    def count(self) -> int:
        """How many parts lean on it."""
        return sum(map(len, (self.lessons, self.items, self.scripts, self.markets, self.scenes)))


@dataclass(frozen=True)
class RuleBook:
    """The rules of a course as they stand on a day, the one to be read again first at the top."""

    lines: tuple[Leaning, ...]

    @cached_property
    def expired(self) -> tuple[Leaning, ...]:
        """Rules whose review day has come."""
        return tuple(line for line in self.lines if line.expired)

    @cached_property
    def stale_items(self) -> frozenset[str]:
        """Items that lean on an expired rule."""
        return frozenset(item.id for line in self.expired for item in line.items)

    @cached_property
    def stale_lessons(self) -> frozenset[str]:
        """Lessons that lean on an expired rule."""
        return frozenset(lesson.id for line in self.expired for lesson in line.lessons)


def rule_book(course: Course, *, today: date) -> RuleBook:
    """Answer the rules of a course with what leans on each."""
    shelf = course.shelf
    lines = [
        Leaning(
            rule=rule,
            expired=rule.expired(today),
            lessons=_on(rule, course.lessons, lambda lesson: lesson.rules),
            items=_on(rule, (*course.items, *shelf.needs.values()), lambda item: item.rules),
            scripts=_on(rule, shelf.scripts.values(), lambda script: script.rules),
            markets=_on(rule, shelf.markets.values(), lambda market: market.rules),
            scenes=_on(rule, shelf.scenes.values(), lambda scene: scene.rests_on),
        )
        for rule in shelf.rules.values()
    ]
    return RuleBook(tuple(sorted(lines, key=lambda line: (line.rule.review, line.rule.id))))


def _on(rule: Rule, parts: Iterable[Part], rules_of: Callable[[Part], Any]) -> tuple[Part, ...]:
    return tuple(part for part in parts if rule.id in rules_of(part))
