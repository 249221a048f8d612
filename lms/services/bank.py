"""What trainers see of a course: its published versions, and the items of one as they are counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from courses.check import check_course
from courses.course import Course, Module, Point
from courses.errors import Finding, Severity
from courses.library import find_courses
from lms.db.accounts import Person
from lms.db.learning import Course as CourseRow
from lms.db.learning import CourseVersion
from lms.domain.errors import NotFound
from lms.services.catalogue import CourseCache
from quizzes.item import Form, Item

BANK_FORMS = tuple(form for form in Form if form is not Form.NEEDS)
"""The needs analysis stands beside the bank and has no points."""
CHECKS_KEPT = 32
"""Courses whose findings are kept until a file of theirs or the day changes: a check takes half a second."""


@dataclass(frozen=True)
class VersionLine:
    """A published version."""

    version: str
    content_hash: str
    published_at: datetime
    published_by: str | None
    """None for what a command or the start imported."""
    current: bool


@dataclass(frozen=True)
class PointItems:
    """A knowledge point with the items on it."""

    point: Point
    items: tuple[Item, ...]

    @cached_property
    def by_form(self) -> dict[str, int]:
        """Form -> how many items; a form without one counts 0."""
        return {form.value: sum(item.form is form for item in self.items) for form in BANK_FORMS}


@dataclass(frozen=True)
class ModuleBank:
    """A module with its points."""

    module: Module
    points: tuple[PointItems, ...]


@dataclass(frozen=True)
class CourseBank:
    """A course's current version, counted."""

    course: Course
    published_at: datetime
    digest: str

    @cached_property
    def modules(self) -> tuple[ModuleBank, ...]:
        """Modules in order, each with its points and their items."""
        items: dict[str, list[Item]] = {}
        for item in self.course.items:
            items.setdefault(item.point, []).append(item)
        return tuple(
            ModuleBank(
                module,
                tuple(
                    PointItems(point, tuple(items.get(point.id, ())))
                    for point in self.course.points
                    if point.module == module.id
                ),
            )
            for module in self.course.modules
        )

    @cached_property
    def by_form(self) -> dict[str, int]:
        """Form -> how many items; a form without one counts 0."""
        return {form.value: sum(item.form is form for item in self.course.items) for form in BANK_FORMS}

    @cached_property
    def by_type(self) -> dict[str, int]:
        """Type -> how many items, the most frequent first."""
        return dict(Counter(item.type.value for item in self.course.items).most_common())

    @cached_property
    def by_skill(self) -> dict[str, int]:
        """Skill -> how many items, the most frequent first; an item without one has its point's."""
        skills = {point.id: point.skill for point in self.course.points}
        return dict(
            Counter((item.skill or skills[item.point]).value for item in self.course.items).most_common()
        )


@dataclass(frozen=True)
class Checked:
    """What the check of a course folder found."""

    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        """Findings that break the course."""
        return sum(finding.severity is Severity.ERROR for finding in self.findings)

    @property
    def warnings(self) -> int:
        """Findings that weaken it."""
        return len(self.findings) - self.errors


@dataclass(frozen=True)
class CourseLine:
    """A course in the list: its current version, and how many there are."""

    slug: str
    bank: CourseBank
    versions: int


def list_banks(session: Session, cache: CourseCache) -> list[CourseLine]:
    """Answer every published course, by slug."""
    versions = dict(
        session.execute(select(CourseVersion.course_id, func.count()).group_by(CourseVersion.course_id)).all()
    )
    rows = session.execute(
        select(CourseRow.id, CourseRow.slug, CourseVersion.id, CourseVersion.published_at)
        .join(CourseVersion, CourseVersion.id == CourseRow.current_version_id)
        .order_by(CourseRow.slug)
    )
    return [
        CourseLine(slug, _bank(session, cache, version_id, published_at), versions[course_id])
        for course_id, slug, version_id, published_at in rows.all()
    ]


def course_bank(
    session: Session, cache: CourseCache, slug: str
) -> tuple[CourseBank, tuple[VersionLine, ...]]:
    """Answer a course's current version, and all of its versions, the latest first. Raises NotFound."""
    rows = session.execute(
        select(
            CourseVersion.id,
            CourseVersion.version,
            CourseVersion.content_hash,
            CourseVersion.published_at,
            Person.display_name,
            CourseRow.current_version_id,
        )
        .join(CourseRow, CourseRow.id == CourseVersion.course_id)
        .outerjoin(Person, Person.id == CourseVersion.published_by_id)
        .where(CourseRow.slug == slug)
        .order_by(CourseVersion.published_at.desc(), CourseVersion.id.desc())
    ).all()
    lines = tuple(VersionLine(row[1], row[2], row[3], row[4], row[0] == row[5]) for row in rows)
    current = next((row for row in rows if row[0] == row[5]), None)
    if current is None:
        raise NotFound("there is no such course")
    return _bank(session, cache, current[0], current[3]), lines


def _bank(session: Session, cache: CourseCache, version_id: int, published_at: datetime) -> CourseBank:
    loaded = cache.get(session, version_id)
    return CourseBank(loaded.course, published_at, loaded.digest)


def check_folder(root: Path, slug: str, *, today: date) -> Checked | None:
    """Answer what the check says of the course's folder as it is now; None where it came from elsewhere."""
    for folder in find_courses(root):
        if folder.name == slug:
            return _check(folder, _stamp(folder), today)
    return None


@lru_cache(maxsize=CHECKS_KEPT)
def _check(folder: Path, _stamp: tuple[tuple[str, int, int], ...], today: date) -> Checked:
    return Checked(tuple(check_course(folder, today=today)))


def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    files = [(path, path.stat()) for path in sorted(folder.rglob("*")) if path.is_file()]
    return tuple((str(path), found.st_mtime_ns, found.st_size) for path, found in files)
