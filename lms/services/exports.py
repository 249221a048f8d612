"""Packages of published courses: the version is read here; building needs no database and no clock."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.document import course_from_document
from courses.packages.build import build_package, check_format
from courses.packages.errors import PackageError
from courses.packages.scorm2004 import EDITIONS
from lms.db import learning as tables
from lms.db.learning import CourseVersion, Media
from lms.domain.errors import Invalid, NotFound
from lms.services.authoring import MEDIA_FOLDER


def export_course(
    session: Session,
    slug: str,
    *,
    format: str,
    edition: int,
    scope: str,
    language: str,
    iri_base: str,
    reviews: bool,
) -> bytes:
    """Answer the zip of a course's current version; the same version and options give the same bytes.

    format: scorm12, scorm2004, cmi5 or xapi. scope: `course`, `module:ID` or `check:ID`. language: one of the
    course's, or `all`. Raises NotFound for the course, Invalid for an option.
    """
    if edition not in EDITIONS:
        raise Invalid("edition", f"{edition} is none of {', '.join(map(str, EDITIONS))}")
    try:
        check_format(format)
        version = _current_version(session, slug)
        return build_package(
            course_from_document(version.document),
            format=format,
            scope=scope,
            language=language,
            iri_base=iri_base,
            reviews=reviews,
            edition=edition,
            media=_media(session, version.id),
        )
    except PackageError as error:
        raise Invalid("export", str(error)) from error


def file_name(slug: str, *, format: str, scope: str, language: str) -> str:
    """Answer a name for the download: `service-desk-foundation-scorm12-en.zip`."""
    part = scope.partition(":")[2]
    return "-".join(word for word in (slug, part, format, language) if word) + ".zip"


def _current_version(session: Session, slug: str) -> CourseVersion:
    version = session.scalar(
        select(CourseVersion)
        .join(tables.Course, tables.Course.current_version_id == CourseVersion.id)
        .where(tables.Course.slug == slug)
    )
    if version is None:
        raise NotFound(f"there is no course {slug!r}")
    return version


def _media(session: Session, version_id: int) -> dict[str, bytes]:
    rows = session.execute(select(Media.path, Media.data).where(Media.course_version_id == version_id))
    return {f"{MEDIA_FOLDER}{path}": data for path, data in rows}
