"""A course to a package: what every format shares, then the format's own manifest. No database, no clock.

The same course and options give the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from html import escape
from typing import Any

from courses.course import Course
from courses.packages import cmi5, scorm12, scorm2004, tincan
from courses.packages.archive import write_archive
from courses.packages.bundle import PLAYER, ascii_script, bundle
from courses.packages.errors import PackageError, UnknownOption
from courses.packages.playable import Playable, check_state, playable, player_data

_PICTURE = re.compile(r'src="(media/[a-z0-9._-]+)"')
_NO_SCRIPT = {
    "zh-CN": "这门课需要 JavaScript。请在浏览器里打开它，再重新进入。",
    "en": "This course needs JavaScript. Switch it on in the browser and open the course again.",
}


LATEST_EDITION = 4
"""Of SCORM 2004."""


class Format(StrEnum):
    """What a package can be made for."""

    SCORM12 = "scorm12"
    SCORM2004 = "scorm2004"
    CMI5 = "cmi5"
    XAPI = "xapi"


def build_package(
    course: Course,
    *,
    format: str,
    scope: str,
    language: str,
    iri_base: str,
    reviews: bool,
    media: Mapping[str, bytes],
    edition: int = LATEST_EDITION,
) -> bytes:
    """Answer a package as a zip.

    format: a Format. scope: `course`, `module:ID` or `check:ID`. language: one of the course's, or `all`.
    edition: of SCORM 2004, 3 or 4; other formats have none. media: `media/name.svg` -> bytes.
    Raises UnknownOption, TooLarge, PackageError.
    """
    check_format(format)
    part = playable(course, scope=scope, language=language, iri_base=iri_base, reviews=reviews)
    match format:
        case Format.SCORM12:
            files = _scorm12(part, media)
        case Format.SCORM2004:
            files = _scorm2004(part, media, edition=scorm2004.edition_of(edition))
        case Format.CMI5:
            units = [
                playable(
                    course,
                    scope=f"module:{module.id}",
                    language=language,
                    iri_base=iri_base,
                    reviews=reviews,
                )
                for module in part.modules
            ]
            files = _cmi5(part, units, media)
        case Format.XAPI:
            files = player_files(part, entry=tincan.ENTRY, media=media)
            files[tincan.STRUCTURE] = tincan.structure(part)
        case _:
            raise AssertionError(f"check_format let {format!r} in")
    return write_archive(files)


def check_format(format: str) -> None:
    """Raise UnknownOption unless packages of this format can be made."""
    if format not in Format.__members__.values():
        raise UnknownOption(f"format {format!r}: expected one of {', '.join(Format)}")


def player_files(part: Playable, *, entry: str, media: Mapping[str, bytes]) -> dict[str, bytes]:
    """Answer the files that every format shares: page, style, script, course and pictures."""
    data = player_data(part)
    return {
        "index.html": _page(part).encode("utf-8"),
        "course.js": _course_script(data),
        **_shared_files(entry),
        **_pictures(data, media),
    }


def _shared_files(entry: str) -> dict[str, bytes]:
    return {"player.css": (PLAYER / "player.css").read_bytes(), "player.js": _script(entry)}


def _scorm12(part: Playable, media: Mapping[str, bytes]) -> dict[str, bytes]:
    check_state(part, most=scorm12.LONGEST_STATE, format_name=scorm12.NAME)
    files = player_files(part, entry=scorm12.ENTRY, media=media) | scorm12.schema_files()
    return files | {scorm12.MANIFEST: scorm12.manifest(part, files)}


def _scorm2004(part: Playable, media: Mapping[str, bytes], *, edition: scorm2004.Edition) -> dict[str, bytes]:
    check_state(part, most=edition.longest_state, format_name=edition.name)
    files = {
        **player_files(part, entry=scorm2004.ENTRY, media=media),
        **scorm2004.schema_files(edition),
    }
    return files | {scorm2004.MANIFEST: scorm2004.manifest(part, files, edition=edition)}


def _cmi5(part: Playable, units: Sequence[Playable], media: Mapping[str, bytes]) -> dict[str, bytes]:
    """A page and a script for each unit; the record store keeps a state of any length."""
    files = {cmi5.STRUCTURE: cmi5.structure(part, units), **_shared_files(cmi5.ENTRY)}
    for unit in units:
        data = player_data(unit)
        files[cmi5.page_name(unit)] = _page(unit, data=cmi5.data_name(unit)).encode("utf-8")
        files[cmi5.data_name(unit)] = _course_script(data)
        files |= _pictures(data, media)
    return files


@cache
def _script(entry: str) -> bytes:
    return ascii_script(bundle(entry)).encode("ascii")


def _course_script(data: Mapping[str, Any]) -> bytes:
    written = json.dumps(data, ensure_ascii=True, separators=(",", ":"), sort_keys=True, allow_nan=False)
    return f"window.crossdeskCourse = {written};\n".encode("ascii")


def _page(part: Playable, *, data: str = "course.js") -> str:
    values = {
        "language": part.languages[0],
        "title": part.title,
        "script": " ".join(_NO_SCRIPT.get(lang, _NO_SCRIPT["en"]) for lang in part.languages),
    }
    page = (PLAYER / "index.html").read_text(encoding="utf-8")
    page = page.replace('src="course.js"', f'src="{data}"')
    return re.sub(r"\{\{(\w+)\}\}", lambda found: escape(values[found[1]]), page)


def _pictures(data: Mapping[str, Any], media: Mapping[str, bytes]) -> dict[str, bytes]:
    """Answer the pictures that the lessons of this package show."""
    shown = {
        name
        for module in data["modules"]
        for lesson in module["lessons"]
        for steps in lesson["steps"].values()
        for step in steps
        for block in step["blocks"]
        for name in _PICTURE.findall(block.get("html", ""))
    }
    missing = sorted(shown - set(media))
    if missing:
        raise PackageError(f"these pictures are not among the files: {', '.join(missing)}")
    return {name: media[name] for name in sorted(shown)}
