"""Read a course folder from disk. Everything wrong is found in one go, each with file, line and path.

`scan_course` also answers what could be read of a broken folder, for `check`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from courses.check_shelf import shelf_findings
from courses.course import Course, Lesson, Module, Point, Retention
from courses.errors import CourseError, Severity
from courses.files import MAX_YAML_BYTES, CourseFiles
from courses.lesson import read_body
from courses.library import COURSE_FILE
from courses.media import media_faults
from courses.references import reference_findings
from courses.scan import LessonFile, PlacedItem, Scan, ShelfScan
from courses.schema import LANGUAGES, shape_faults
from courses.shelf_files import read_shelf, written_shelf
from courses.yaml_source import DataPath, YamlSource, path_of, path_text
from quizzes.errors import ItemError
from quizzes.item import Skill
from quizzes.parse import parse_item

MAX_LESSON_BYTES = 64_000
MAX_LINE = 5_000
"""Characters in a line of a lesson; CommonMark takes quadratic time on some long ones."""

_LESSON_NAME = re.compile(r"[0-9]{2,3}-([a-z0-9]+(?:-[a-z0-9]+)*)\.md", re.ASCII)


def read_course(folder: Path) -> Course:
    """Answer the course of a folder, or raise CourseError with every finding."""
    scan = scan_course(folder)
    if scan.course is None:
        raise CourseError([finding for finding in scan.findings if finding.severity is Severity.ERROR])
    return scan.course


def scan_course(folder: Path) -> Scan:
    """Answer all that can be read of a folder, and what is wrong with it."""
    files = CourseFiles(folder)
    source = _read_course_file(files)
    items = tuple(_read_items(files))
    lessons = tuple(_read_lessons(files))
    media = {name: hashlib.sha256(content).hexdigest() for name, content in _read_media(files)}
    shelf = read_shelf(files)
    findings = list(files.findings)
    if source is not None:
        findings += reference_findings(source, items, lessons, media, unread=files.unread)
        findings += shelf_findings(source, shelf, items, lessons, unread=files.unread)
    findings.sort(key=lambda finding: (finding.severity, finding.file, finding.line))
    broken = source is None or any(finding.severity is Severity.ERROR for finding in findings)
    course = None if broken or source is None else _course(source, items, lessons, media, shelf)
    return Scan(course, tuple(findings), source, items, lessons, media, shelf)


def media_files(folder: Path) -> dict[str, bytes]:
    """Answer the sound files of `media/`: `media/name.svg` -> content, by name."""
    return dict(_read_media(CourseFiles(folder)))


def _read_course_file(files: CourseFiles) -> YamlSource | None:
    source = files.yaml(COURSE_FILE)
    if source is None or not files.has_shape(COURSE_FILE, source, "course"):
        return None
    return source


def _read_items(files: CourseFiles) -> Iterator[PlacedItem]:
    for name in files.names("quizzes"):
        file = f"quizzes/{name}"
        if not name.endswith(".yaml"):
            files.error(file, 1, "", "is not read: a file of items is named .yaml")
            continue
        source = files.yaml(file)
        if source is None:
            continue
        faults = list(shape_faults("quizzes", source.value))
        for path, message in faults:
            files.error(file, source.line(path), path, message)
        if isinstance(source.value, dict) and isinstance(source.value.get("items"), list):
            broken = {path[:2] for path, _ in faults}
            yield from _parsed_items(files, file, source, broken)


def _parsed_items(
    files: CourseFiles, file: str, source: YamlSource, broken: set[DataPath]
) -> Iterator[PlacedItem]:
    for index, raw in enumerate(source.value["items"]):
        path: DataPath = ("items", index)
        if path in broken:
            files.unread.update(_written_id(raw))
            continue
        try:
            item = parse_item(raw, at=path_text(path))
        except ItemError as error:
            where = path_of(error.path)
            files.error(file, source.line(where), where, error.message)
            files.unread.update(_written_id(raw))
        else:
            yield PlacedItem(item, file, path, source)


def _written_id(raw: Any) -> set[str]:
    """Answer the id of an item that may have any shape."""
    id = raw.get("id") if isinstance(raw, dict) else None
    return {id} if isinstance(id, str) else set()


def _read_lessons(files: CourseFiles) -> Iterator[LessonFile]:
    for lang in files.names("lessons"):
        if lang not in LANGUAGES:
            files.error(f"lessons/{lang}", 1, "", f"is none of the languages {', '.join(LANGUAGES)}")
            continue
        for name in files.names(f"lessons/{lang}"):
            file = f"lessons/{lang}/{name}"
            named = _LESSON_NAME.fullmatch(name)
            if not named:
                files.error(file, 1, "", "a lesson file is named like `01-lesson-id.md`")
                continue
            lesson = _read_lesson(files, file, named[1], lang)
            if lesson is None:
                files.unread.add(f"{lang}/{named[1]}")
            else:
                yield lesson


def _read_lesson(files: CourseFiles, file: str, id: str, lang: str) -> LessonFile | None:
    text = files.text(file, at_most=MAX_LESSON_BYTES)
    if text is None:
        return None
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        if len(line) > MAX_LINE:
            files.error(file, number, "", f"is longer than {MAX_LINE} characters")
            return None
    ends = [index for index, line in enumerate(lines) if line.rstrip() == "---"]
    if len(ends) < 2 or ends[0] != 0:
        files.error(file, 1, "", "a lesson begins with its front matter between two lines `---`")
        return None
    end = ends[1]
    front = files.parsed(file, "\n".join(lines[1:end]), first_line=2)
    body = read_body("\n".join(lines[end + 1 :]), lang=lang, prefix=id, first_line=end + 2)
    for fault in body.faults:
        files.error(file, fault.line, "", fault.message)
    if front is None or not files.has_shape(file, front, "lesson"):
        return None
    return LessonFile(id, lang, file, front.value, front, body)


def _read_media(files: CourseFiles) -> Iterator[tuple[str, bytes]]:
    for name in files.names("media"):
        file = f"media/{name}"
        content = files.bytes(file, at_most=MAX_YAML_BYTES)
        if content is None:
            continue
        faults = list(media_faults(name, content))
        for message in faults:
            files.error(file, 1, "", message)
        if not faults:
            yield file, content


def _course(
    source: YamlSource,
    items: Sequence[PlacedItem],
    lessons: Sequence[LessonFile],
    media: Mapping[str, str],
    shelf: ShelfScan,
) -> Course:
    raw = source.value
    points = tuple(_point(row) for row in raw["points"])
    module_of = {point.id: point.module for point in points}
    retention = raw.get("retention", {})
    return Course(
        slug=raw["slug"],
        version=raw["version"],
        languages=tuple(raw["languages"]),
        title=raw["title"],
        summary=raw["summary"],
        retention=Retention(
            check_day=int(retention.get("check_day", 7)),
            plan_days=tuple(int(day) for day in retention.get("plan_days", (2, 5))),
            target=float(retention.get("target", 0.8)),
            hold_out=float(retention.get("hold_out", 0.2)),
        ),
        modules=tuple(
            Module(
                id=row["id"],
                title=row["title"],
                summary=row["summary"],
                requires=tuple(row.get("requires", ())),
                pass_mark=float(row.get("pass_mark", 0.8)),
                quiz_length=int(row.get("quiz_length", 10)),
                lessons=tuple(_lesson(id, row["id"], raw["languages"], lessons) for id in row["lessons"]),
                items=tuple(placed.item for placed in items if module_of[placed.item.point] == row["id"]),
            )
            for row in raw["modules"]
        ),
        points=points,
        media=dict(sorted(media.items())),
        shelf=written_shelf(shelf),
    )


def _point(row: Mapping[str, Any]) -> Point:
    return Point(
        id=row["id"],
        module=row["module"],
        skill=Skill(row["skill"]),
        title=row["title"],
        compliance=row.get("compliance", False),
    )


def _lesson(id: str, module: str, languages: Sequence[str], files: Sequence[LessonFile]) -> Lesson:
    by_language = {file.lang: file for file in files if file.id == id}
    first = by_language[languages[0]]
    return Lesson(
        id=id,
        module=module,
        title={lang: by_language[lang].front["title"] for lang in languages},
        outcome={lang: by_language[lang].front["outcome"] for lang in languages},
        minutes=int(first.front["minutes"]),
        points=tuple(first.front["points"]),
        sources={lang: tuple(by_language[lang].front["sources"]) for lang in languages},
        rules=tuple(first.front.get("rules", ())),
        steps={lang: by_language[lang].body.steps for lang in languages},
    )
