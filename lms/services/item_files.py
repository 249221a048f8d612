"""A course's items as a file of another program, and such a file as a file of a course folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from courses.course import Course
from courses.exchange import anki, csv, gift, qti, qti_read
from courses.exchange.course_file import check_against_course, course_file
from courses.exchange.errors import Fault, Reading
from courses.exchange.said import Defaults
from courses.exchange.texts import ALL
from courses.library import COURSE_FILE
from lms.domain.csv_cells import csv_bytes
from lms.domain.errors import Invalid
from lms.services.catalogue import CourseCache
from lms.services.items import current_course
from quizzes.item import Item, ItemType

OUT = {"csv": "csv", "gift": "txt", "qti21": "zip", "qti30": "zip", "anki": "apkg"}
"""Format -> ending of its files."""
IN = ("csv", "gift", "qti21", "qti30")
"""Both names of QTI read either version."""
QTI = {"qti21": "2.1", "qti30": "3.0"}
MIMETYPES = {
    "csv": "text/csv",
    "txt": "text/plain",
    "zip": "application/zip",
    "apkg": "application/octet-stream",
}
MAX_BYTES = 10_000_000


@dataclass(frozen=True)
class ItemFile:
    """A file of items."""

    name: str
    mimetype: str
    content: bytes
    written: int
    left_out: dict[str, int]
    """Type -> items that the format does not carry."""


@dataclass(frozen=True)
class Imported:
    """What an import found; `text` is there only where nothing is wrong."""

    count: int
    text: str | None
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def export_items(
    session: Session, cache: CourseCache, slug: str, *, format: str, now: datetime, language: str = ALL
) -> ItemFile:
    """Answer the items of a course's current version as a file. Raises NotFound and Invalid."""
    course = current_course(session, cache, slug).course
    if format not in OUT:
        raise Invalid("format", f"{format!r} is none of {', '.join(OUT)}")
    if language not in (ALL, *course.languages):
        raise Invalid("language", f"{language!r} is none of {', '.join((ALL, *course.languages))}")
    kept_items = carried(course.items, format)
    ending = OUT[format]
    kept = {item.id for item in kept_items}
    return ItemFile(
        name=f"{course.slug}-items-{format}.{ending}",
        mimetype=MIMETYPES[ending],
        content=written(course, kept_items, format, language, now),
        written=len(kept_items),
        left_out=dict(Counter(item.type.value for item in course.items if item.id not in kept)),
    )


def carried(items: Iterable[Item], format: str) -> list[Item]:
    """Answer the items that a format carries."""
    if format == "anki":
        return anki.carried(list(items))
    types: tuple[ItemType, ...] = tuple(ItemType)
    if format in QTI:
        types = qti.CARRIED
    elif format == "gift":
        types = gift.CARRIED
    return [item for item in items if item.type in types]


def written(course: Course, items: list[Item], format: str, language: str, now: datetime) -> bytes:
    """Answer items as a file of a format that carries them."""
    if format == "csv":
        return csv_bytes(*csv.write_table(items))
    if format == "anki":
        return anki.write_anki(course, items, language=language, now=now)
    if format in QTI:
        return qti.write_qti(items, version=QTI[format], language=language)
    return gift.write_gift(items, language=language)


def import_items(
    content: bytes, *, format: str, out: Path, module: str, point: str | None = None
) -> Imported:
    """Answer what a file becomes as `out`, a new file in the folder `quizzes/` of a course. Writes nothing.

    module: where the items belong; point: for items that name none. Raises Invalid for an option.
    """
    if format not in IN:
        raise Invalid("format", f"{format!r} is none of {', '.join(IN)}")
    folder = out.resolve().parent.parent
    if (
        out.suffix != ".yaml"
        or out.resolve().parent.name != "quizzes"
        or not (folder / COURSE_FILE).is_file()
    ):
        raise Invalid("out", "must be a file quizzes/NAME.yaml of a course folder")
    if out.exists():
        raise Invalid("out", f"{out} is there already")
    reading = _read(content, format, Defaults(point=point))
    faults = reading.faults or check_against_course(reading, folder, module=module)
    text = None if faults else course_file(reading.items)
    return Imported(len(reading.items), text, faults, reading.warnings)


def _read(content: bytes, format: str, defaults: Defaults) -> Reading:
    if format == "csv":
        return csv.read_table(content, point=defaults.point)
    if format in QTI:
        return qti_read.read_qti(content, defaults=defaults)
    return gift.read_gift(content, defaults=defaults)
