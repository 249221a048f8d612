"""Publishing: a course folder becomes an immutable version in the database, with its items and pictures."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

import courses
import quizzes
from courses.course import Course, Text, in_language
from courses.document import content_hash, course_document
from courses.errors import CourseError, Finding
from courses.library import find_courses
from courses.reader import media_files, read_course
from lms.db import learning as tables
from lms.db.database import Database
from lms.db.learning import CourseVersion, CourseVersionItem, ItemVersion, Media
from quizzes.parse import item_document

MEDIA_FOLDER = "media/"
IMPORT_SECONDS = 60
"""How long one course may take; a command and the start may wait longer than a request."""

Fingerprint = tuple[tuple[str, int, int], ...]
"""Path, time of change and size of each file of a folder."""


@dataclass(frozen=True)
class PublishedCourse:
    """A line of the list of courses."""

    slug: str
    version: str
    content_hash: str
    published_at: datetime
    titles: Text

    @property
    def title(self) -> str:
        """The title in English, for commands."""
        return in_language(self.titles, "en")


@dataclass(frozen=True)
class Imported:
    """What became of one folder."""

    folder: Path
    slug: str | None
    version: str | None
    """None where the folder is no course; `findings` says why."""
    is_new: bool
    findings: tuple[Finding, ...] = ()


def import_course(
    session: Session,
    source: Path | Course,
    *,
    now: datetime,
    by: int | None = None,
    media: Mapping[str, bytes] | None = None,
) -> CourseVersion:
    """Publish a course folder and make it current; the same content twice is the same version.

    A Course given instead of a folder brings its pictures in `media`. `by` is the person's row number.
    Raises CourseError.
    """
    if isinstance(source, Path):
        course, media = read_course(source), media_files(source)
    else:
        course, media = source, media or {}
    document = course_document(course)
    digest = content_hash(document)
    row = _course_row(session, course.slug)
    version = session.scalar(
        select(CourseVersion).where(CourseVersion.course_id == row.id, CourseVersion.content_hash == digest)
    )
    if version is None:
        version = CourseVersion(
            course_id=row.id,
            version=course.version,
            content_hash=digest,
            document=document,
            published_at=now,
            published_by_id=by,
        )
        session.add(version)
        session.flush()
        _add_media(session, version.id, course, media)
        _add_items(session, row.id, version.id, course)
    row.current_version_id = version.id
    row.source_digest = None
    session.flush()
    return version


def list_courses(session: Session) -> list[PublishedCourse]:
    """Answer the current version of each course, by slug; it reads whole documents, so it is for commands."""
    rows = session.execute(
        select(
            tables.Course.slug,
            CourseVersion.version,
            CourseVersion.content_hash,
            CourseVersion.published_at,
            CourseVersion.document,
        )
        .join(CourseVersion, CourseVersion.id == tables.Course.current_version_id)
        .order_by(tables.Course.slug)
    )
    return [
        PublishedCourse(slug, version, digest, at, document["title"])
        for slug, version, digest, at, document in rows
    ]


def import_changed(
    database: Database, root: Path, *, now: datetime, seen: dict[Path, Fingerprint] | None = None
) -> list[Imported]:
    """Import every course folder under a root that is not as it was `seen`; one broken course stops no other.

    A folder whose files are those that its current version was read from is not read again: reading takes
    seconds, and every start asks. `seen` belongs to the caller, who keeps it from one call to the next; it is
    brought up to date here.
    Answers what was looked at: nothing, when no file has changed.
    """
    done = []
    for folder in find_courses(root):
        fingerprint = _fingerprint(folder)
        if seen is not None and seen.get(folder) == fingerprint:
            continue
        done.append(_import_folder(database, folder, now=now))
        if seen is not None:
            seen[folder] = fingerprint
    return done


def _import_folder(database: Database, folder: Path, *, now: datetime) -> Imported:
    source = _source_digest(folder)
    with database.reading() as session:
        published = session.execute(_PUBLISHED, {"source": source}).first()
    if published is not None:
        return Imported(folder, published.slug, published.version, is_new=False)
    try:
        course, media = read_course(folder), media_files(folder)
    except CourseError as error:
        return Imported(folder, None, None, is_new=False, findings=error.findings)
    digest = content_hash(course_document(course))
    with database.writing(seconds=IMPORT_SECONDS) as session:
        is_new = digest != _current_hash(session, course.slug)
        if is_new:
            import_course(session, course, now=now, media=media)
        _course_row(session, course.slug).source_digest = source
    return Imported(folder, course.slug, course.version, is_new=is_new)


def _current_hash(session: Session, slug: str) -> str | None:
    return session.scalar(
        select(CourseVersion.content_hash)
        .join(tables.Course, tables.Course.current_version_id == CourseVersion.id)
        .where(tables.Course.slug == slug)
    )


def _course_row(session: Session, slug: str) -> tables.Course:
    """Answer the course's row, locked: two processes that start at once publish one after the other."""
    query = select(tables.Course).where(tables.Course.slug == slug).with_for_update()
    row = session.scalar(query)
    if row is None:
        try:
            with session.begin_nested():
                session.add(tables.Course(slug=slug))
        except IntegrityError:
            pass  # another process has just made it
        row = session.scalars(query).one()
    return row


def _add_media(session: Session, version_id: int, course: Course, media: Mapping[str, bytes]) -> None:
    missing = sorted(set(course.media) - set(media))
    if missing:
        raise CourseError([Finding(name, 1, "", "this picture is not among the files") for name in missing])
    rows = [
        {
            "course_version_id": version_id,
            "path": name.removeprefix(MEDIA_FOLDER),
            "content_type": mimetypes.guess_type(name)[0] or "application/octet-stream",
            "sha256": digest,
            "data": media[name],
        }
        for name, digest in sorted(course.media.items())
    ]
    if rows:
        session.execute(insert(Media), rows)


def _add_items(session: Session, course_id: int, version_id: int, course: Course) -> None:
    """Keep each item as it is served; one that has not changed keeps its row."""
    documents: dict[tuple[str, str], Any] = {}
    for item in course.items:
        document = item_document(item)
        documents[item.id, content_hash(document)] = document
    known = _item_versions(session, course_id)
    fresh = [
        {"course_id": course_id, "item_id": item_id, "content_hash": digest, "document": document}
        for (item_id, digest), document in documents.items()
        if (item_id, digest) not in known
    ]
    if fresh:
        session.execute(insert(ItemVersion), fresh)
        known = _item_versions(session, course_id)
    rows = [
        {"course_version_id": version_id, "item_id": key[0], "item_version_id": known[key]}
        for key in documents
    ]
    if rows:
        session.execute(insert(CourseVersionItem), rows)


def _item_versions(session: Session, course_id: int) -> dict[tuple[str, str], int]:
    rows = session.execute(
        select(ItemVersion.item_id, ItemVersion.content_hash, ItemVersion.id).where(
            ItemVersion.course_id == course_id
        )
    )
    return {(item_id, digest): row_id for item_id, digest, row_id in rows}


def _source_digest(folder: Path) -> str:
    """Answer a hash of a course's files, and of the code that reads them: it may have learnt to read more."""
    digest = hashlib.sha256(_reader_digest())
    for name, content in _contents(folder):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


@cache
def _reader_digest() -> bytes:
    digest = hashlib.sha256()
    for package in (courses, quizzes):
        folder = Path(package.__file__ or "").parent
        for file in sorted((*folder.rglob("*.py"), *folder.glob("schemas/*.json"))):
            digest.update(file.read_bytes())
    return digest.digest()


def _contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_bytes()


_PUBLISHED = (
    select(tables.Course.slug, CourseVersion.version)
    .join(CourseVersion, CourseVersion.id == tables.Course.current_version_id)
    .where(tables.Course.source_digest == bindparam("source"))
)


def _fingerprint(folder: Path) -> Fingerprint:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return tuple((str(path), (found := path.stat()).st_mtime_ns, found.st_size) for path in files)
