"""What trainers see of one item: its versions, and what first unaided answers say of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import Select

from courses.course import Course, Point
from lms.db.learning import Course as CourseRow
from lms.db.learning import CourseVersion, CourseVersionItem, ItemVersion
from lms.db.quizzes import Answer, Confidence
from lms.domain.errors import NotFound
from lms.services.answers import find_item
from lms.services.catalogue import CourseCache, Loaded
from quizzes.analysis import MIN_SHOWN, Analysis, First, analyse
from quizzes.item import Item

ANALYSED = 500
"""Learners whose answers are analysed, the latest ones: one query then stays small whatever the log holds."""
VERSIONS_SHOWN = 20


@dataclass(frozen=True)
class ItemVersionLine:
    """One wording of an item."""

    content_hash: str
    since: datetime
    """When a course version first brought it."""
    current: bool
    n: int | None
    """First unaided answers; None below the number that may be shown."""
    facility: float | None


@dataclass(frozen=True)
class ItemPage:
    """One item of a course's current version."""

    course: Course
    item: Item
    point: Point
    n: int
    """First unaided answers to the current wording."""
    analysis: Analysis | None
    """None where there are too few answers."""
    versions: tuple[ItemVersionLine, ...]
    """The latest first."""


def current_course(session: Session, cache: CourseCache, slug: str) -> Loaded:
    """Answer the course's current version. Raises NotFound."""
    version_id = session.scalar(select(CourseRow.current_version_id).where(CourseRow.slug == slug))
    if version_id is None:
        raise NotFound("there is no such course")
    return cache.get(session, version_id)


def item_page(session: Session, cache: CourseCache, slug: str, item_id: str) -> ItemPage:
    """Answer an item with its analysis: six queries at most. Raises NotFound."""
    loaded = current_course(session, cache, slug)
    item = find_item(loaded.course, item_id)
    served = loaded.item_versions[item.id]
    versions = _versions(session, loaded, item_id, served)
    return ItemPage(
        course=loaded.course,
        item=item,
        point=loaded.course.point(item.point),
        n=versions.counts.get(served, 0),
        analysis=analyse(item, _first_answers(session, loaded, item_id, served)),
        versions=versions.lines,
    )


@dataclass(frozen=True)
class _Versions:
    lines: tuple[ItemVersionLine, ...]
    counts: dict[int, int]


def _versions(session: Session, loaded: Loaded, item_id: str, served: int) -> _Versions:
    rows = session.execute(
        select(ItemVersion.id, ItemVersion.content_hash, func.min(CourseVersion.published_at).label("since"))
        .join(CourseVersionItem, CourseVersionItem.item_version_id == ItemVersion.id)
        .join(CourseVersion, CourseVersion.id == CourseVersionItem.course_version_id)
        .where(ItemVersion.course_id == loaded.course_id, ItemVersion.item_id == item_id)
        .group_by(ItemVersion.id, ItemVersion.content_hash)
        .order_by(func.min(CourseVersion.published_at).desc(), ItemVersion.id.desc())
        .limit(VERSIONS_SHOWN)
    ).all()
    figures = {
        version_id: (n, right)
        for version_id, n, right in session.execute(
            select(Answer.item_version_id, func.count(), _rights())
            .where(Answer.id.in_(_firsts(loaded, item_id)), Answer.aided.is_(False))
            .group_by(Answer.item_version_id)
        )
    }
    lines = []
    for version_id, digest, since in rows:
        n, right = figures.get(version_id, (0, 0))
        enough = n >= MIN_SHOWN
        current = version_id == served
        lines.append(
            ItemVersionLine(digest, since, current, n if enough else None, right / n if enough else None)
        )
    return _Versions(tuple(lines), {version_id: n for version_id, (n, _) in figures.items()})


def _first_answers(session: Session, loaded: Loaded, item_id: str, served: int) -> list[First]:
    rows = session.execute(
        select(Answer.person_id, Answer.response, Answer.correct, Answer.confidence, Answer.response_ms)
        .where(
            Answer.id.in_(_firsts(loaded, item_id)),
            Answer.aided.is_(False),
            Answer.item_version_id == served,
        )
        .order_by(Answer.id.desc())
        .limit(ANALYSED)
    ).all()
    if len(rows) < MIN_SHOWN:
        return []
    rests = _scores_elsewhere(session, loaded, item_id, [row.person_id for row in rows])
    return [
        First(
            response=row.response,
            correct=row.correct,
            rest=rests.get(row.person_id),
            response_ms=row.response_ms,
            sure=None if row.confidence is None else row.confidence is Confidence.SURE,
        )
        for row in rows
    ]


def _scores_elsewhere(session: Session, loaded: Loaded, item_id: str, people: list[int]) -> dict[int, float]:
    """Answer each person's share right of first unaided answers to the course's other items."""
    firsts = (
        select(func.min(Answer.id))
        .join(ItemVersion, ItemVersion.id == Answer.item_version_id)
        .where(
            Answer.person_id.in_(people),
            ItemVersion.course_id == loaded.course_id,
            ItemVersion.item_id != item_id,
        )
        .group_by(Answer.person_id, ItemVersion.item_id)
    )
    rows = session.execute(
        select(Answer.person_id, func.count(), _rights())
        .where(Answer.id.in_(firsts), Answer.aided.is_(False))
        .group_by(Answer.person_id)
    )
    return {person: right / n for person, n, right in rows}


def _firsts(loaded: Loaded, item_id: str) -> Select[int]:
    """Each person's first answer to the item in any of its wordings, aided or not.

    Who has met an older wording, or had help at first, has no first unaided answer to a later one.
    """
    return (
        select(func.min(Answer.id))
        .join(ItemVersion, ItemVersion.id == Answer.item_version_id)
        .where(ItemVersion.course_id == loaded.course_id, ItemVersion.item_id == item_id)
        .group_by(Answer.person_id)
    )


def _rights() -> Any:
    return func.sum(case((Answer.correct, 1), else_=0))
