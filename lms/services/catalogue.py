"""Course versions in the memory of a process: read once, rendered once. None ever changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.course import Course, Html, Lesson
from courses.document import course_from_document
from courses.errors import UnknownPart
from courses.markdown import with_media_base
from courses.terms import TermLinker
from lms.db.learning import CourseVersion, CourseVersionItem
from lms.domain.errors import NotFound

CACHED_COURSES = 32
"""Course versions kept in the memory of a process."""


@dataclass(frozen=True)
class Block:
    """A piece of a step: HTML, or the place of an item."""

    html: str | None
    item_id: str | None


@dataclass(frozen=True)
class StepView:
    """A step of a lesson in one language, its pictures addressed."""

    heading: str
    blocks: tuple[Block, ...]

    @property
    def interactions(self) -> tuple[str, ...]:
        """The items placed here."""
        return tuple(block.item_id for block in self.blocks if block.item_id is not None)


@dataclass(frozen=True)
class Loaded:
    """A course version in memory; it never changes."""

    course_id: int
    version_id: int
    digest: str
    course: Course
    item_versions: Mapping[str, int]
    """Item -> row of the version of it that is served."""
    _steps: dict[tuple[str, str, str, str], tuple[StepView, ...]] = field(default_factory=dict, repr=False)
    _linkers: dict[tuple[str, str], TermLinker] = field(default_factory=dict, repr=False)

    def lesson(self, lesson_id: str) -> Lesson:
        """Answer a lesson. Raises NotFound."""
        try:
            return self.course.lesson(lesson_id)
        except UnknownPart:
            raise NotFound(f"there is no lesson {lesson_id!r} in this course") from None

    def steps(
        self, lesson_id: str, language: str, *, media_base: str, term_base: str
    ) -> tuple[StepView, ...]:
        """Answer a lesson's steps, with pictures from `media_base` and links to `term_base`; made once."""
        key = (lesson_id, language, media_base, term_base)
        if key not in self._steps:
            linker = self._linker(language, term_base)
            self._steps[key] = _step_views(self.lesson(lesson_id), language, media_base, linker)
        return self._steps[key]

    def _linker(self, language: str, base: str) -> TermLinker:
        key = (language, base)
        if key not in self._linkers:
            terms = self.course.shelf.terms.values()
            self._linkers[key] = TermLinker(terms, lang=language, base=base)
        return self._linkers[key]


class CourseCache:
    """Course versions by row number, least recently used given up first. Versions never change."""

    def __init__(self, limit: int = CACHED_COURSES) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._loaded: OrderedDict[int, Loaded] = OrderedDict()

    def get(self, session: Session, version_id: int) -> Loaded:
        """Answer a course version, read once. Raises NotFound."""
        with self._lock:
            found = self._loaded.get(version_id)
            if found is not None:
                self._loaded.move_to_end(version_id)
                return found
        row = session.execute(
            select(CourseVersion.course_id, CourseVersion.content_hash, CourseVersion.document).where(
                CourseVersion.id == version_id
            )
        ).one_or_none()
        if row is None:
            raise NotFound("this course version does not exist")
        items = session.execute(
            select(CourseVersionItem.item_id, CourseVersionItem.item_version_id).where(
                CourseVersionItem.course_version_id == version_id
            )
        )
        course = course_from_document(row.document)
        versions = {row.item_id: row.item_version_id for row in items}
        found = Loaded(row.course_id, version_id, row.content_hash, course, versions)
        with self._lock:
            self._loaded[version_id] = found
            while len(self._loaded) > self._limit:
                self._loaded.popitem(last=False)
        return found


def _step_views(lesson: Lesson, language: str, media_base: str, linker: TermLinker) -> tuple[StepView, ...]:
    steps = lesson.steps.get(language) or next(iter(lesson.steps.values()), ())
    texts = [block.html for step in steps for block in step.blocks if isinstance(block, Html)]
    linked = iter(linker.link(texts))
    return tuple(
        StepView(
            step.heading,
            tuple(
                Block(with_media_base(next(linked), media_base), None)
                if isinstance(block, Html)
                else Block(None, block.item_id)
                for block in step.blocks
            ),
        )
        for step in steps
    )
