"""What was read of a course folder, with the place of everything: for references and checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from courses.course import Course
from courses.errors import Finding, Severity
from courses.lesson import Body
from courses.yaml_source import DataPath, YamlSource, path_text
from quizzes.item import Item


@dataclass(frozen=True)
class PlacedItem:
    """An item and where it is written."""

    item: Item
    file: str
    path: DataPath
    source: YamlSource

    def line(self, *inside: str | int) -> int:
        """Answer the line of the item, or of a value inside it."""
        return self.source.line(self.path + inside)


@dataclass(frozen=True)
class Placed:
    """A term, script, market, rule, stated figure or scene as it is written, and where."""

    value: Mapping[str, Any]
    file: str
    path: DataPath
    """() where the whole file is one."""
    source: YamlSource

    def place(self, *inside: str | int) -> str:
        """Answer `file:line` of a value inside it."""
        return f"{self.file}:{self.source.line(self.path + inside)}"

    def error(self, inside: DataPath, message: str) -> Finding:
        """Answer a fault of a value inside it."""
        path = self.path + inside
        return Finding(self.file, self.source.line(path), path_text(path), message)

    def warning(self, inside: DataPath, message: str) -> Finding:
        """Answer a weakness of a value inside it."""
        path = self.path + inside
        return Finding(self.file, self.source.line(path), path_text(path), message, Severity.WARNING)


@dataclass(frozen=True)
class ShelfScan:
    """What stands beside the lessons, each entry that has the right shape."""

    terms: tuple[Placed, ...] = ()
    scripts: tuple[Placed, ...] = ()
    markets: tuple[Placed, ...] = ()
    rules: tuple[Placed, ...] = ()
    scenes: tuple[Placed, ...] = ()
    stated: tuple[Placed, ...] = ()
    needs: tuple[PlacedItem, ...] = ()
    """Items of the needs analysis."""


@dataclass(frozen=True)
class LessonFile:
    """One lesson in one language, as it stands in its file."""

    id: str
    lang: str
    file: str
    front: Mapping[str, Any]
    front_source: YamlSource
    body: Body


@dataclass(frozen=True)
class Scan:
    """What a course folder holds; `course` is None where an error stands in the way."""

    course: Course | None
    findings: tuple[Finding, ...]
    source: YamlSource | None
    """course.yaml, where it has the right shape."""
    items: tuple[PlacedItem, ...]
    lessons: tuple[LessonFile, ...]
    media: Mapping[str, str]
    """`media/name.svg` -> SHA-256."""
    shelf: ShelfScan = field(default_factory=ShelfScan)
