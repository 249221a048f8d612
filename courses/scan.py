"""What was read of a course folder, with the place of everything: for references and checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from courses.course import Course
from courses.errors import Finding
from courses.lesson import Body
from courses.yaml_source import DataPath, YamlSource
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
