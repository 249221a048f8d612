"""Whether the parts of a course that point at each other are there.

Points, modules, lessons, items, pictures; also what both languages of a lesson must have alike.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from courses.course import Step
from courses.errors import Finding, Severity
from courses.library import COURSE_FILE
from courses.scan import LessonFile, PlacedItem
from courses.yaml_source import DataPath, YamlSource, path_text
from quizzes.item import Form

MIN_STEPS, MAX_STEPS = 3, 6


def reference_findings(
    source: YamlSource,
    items: Sequence[PlacedItem],
    lessons: Sequence[LessonFile],
    media: Collection[str],
    *,
    unread: Collection[str] = (),
) -> list[Finding]:
    """Answer references that lead nowhere, ids that are there twice, lessons whose languages differ.

    `unread` names items by id and lessons by `lang/id` that are there and broken, which is reported already.
    """
    return [
        *_course_findings(source),
        *_item_findings(source, items),
        *_lesson_findings(source, lessons, unread),
        *_body_findings(items, lessons, media, unread),
    ]


def _course_findings(source: YamlSource) -> Iterator[Finding]:
    modules: list[dict[str, Any]] = source.value["modules"]
    points: list[dict[str, Any]] = source.value["points"]
    module_ids = [row["id"] for row in modules]
    lesson_places: dict[DataPath, str] = {
        ("modules", at, "lessons", number): id
        for at, row in enumerate(modules)
        for number, id in enumerate(row["lessons"])
    }
    yield from _twice(source, {("modules", at, "id"): id for at, id in enumerate(module_ids)}, "module")
    yield from _twice(source, {("points", at, "id"): row["id"] for at, row in enumerate(points)}, "point")
    yield from _twice(source, lesson_places, "lesson")
    for at, row in enumerate(points):
        if row["module"] not in module_ids:
            yield _in_course(source, ("points", at, "module"), f"there is no module `{row['module']}`")
    requires = {row["id"]: row.get("requires", []) for row in modules}
    for at, row in enumerate(modules):
        for number, id in enumerate(row.get("requires", [])):
            if id not in module_ids:
                yield _in_course(source, ("modules", at, "requires", number), f"there is no module `{id}`")
        if row["id"] in _all_required(row["id"], requires):
            yield _in_course(
                source, ("modules", at, "requires"), "the module requires itself, maybe through another"
            )


def _twice(source: YamlSource, places: Mapping[DataPath, str], kind: str) -> Iterator[Finding]:
    first: dict[str, DataPath] = {}
    for path, id in places.items():
        if id in first:
            line = source.line(first[id])
            yield _in_course(source, path, f"{kind} `{id}` is there twice, first in line {line}")
        first.setdefault(id, path)


def _all_required(id: str, requires: Mapping[str, Sequence[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(requires.get(id, ()))
    while waiting:
        other = waiting.pop()
        if other not in found:
            found.add(other)
            waiting += requires.get(other, ())
    return found


def _item_findings(source: YamlSource, items: Sequence[PlacedItem]) -> Iterator[Finding]:
    points = {row["id"] for row in source.value["points"]}
    first: dict[str, PlacedItem] = {}
    for placed in items:
        item = placed.item
        if item.id in first:
            other = first[item.id]
            where = f"{other.file}:{other.line('id')}"
            yield _in_item(placed, "id", f"item `{item.id}` is there twice, first in {where}")
        first.setdefault(item.id, placed)
        if item.point not in points:
            yield _in_item(placed, "point", f"there is no point `{item.point}`")


def _lesson_findings(
    source: YamlSource, lessons: Sequence[LessonFile], unread: Collection[str]
) -> Iterator[Finding]:
    languages: list[str] = source.value["languages"]
    points = {row["id"] for row in source.value["points"]}
    files: dict[tuple[str, str], LessonFile] = {}
    for lesson in lessons:
        if (lesson.id, lesson.lang) in files:
            other = files[lesson.id, lesson.lang].file
            yield Finding(lesson.file, 1, "", f"lesson `{lesson.id}` is there twice, also in {other}")
        files.setdefault((lesson.id, lesson.lang), lesson)
        for at, point in enumerate(lesson.front["points"]):
            if point not in points:
                yield _in_front(lesson, ("points", at), f"there is no point `{point}`")
    listed = set()
    for at, module in enumerate(source.value["modules"]):
        for number, id in enumerate(module["lessons"]):
            listed.add(id)
            found = [files.get((id, lang)) for lang in languages]
            for lang, lesson_file in zip(languages, found, strict=True):
                if lesson_file is None and f"{lang}/{id}" not in unread:
                    path = ("modules", at, "lessons", number)
                    yield _in_course(source, path, f"there is no file lessons/{lang}/…-{id}.md")
            present = [file for file in found if file is not None]
            if len(present) == len(languages):
                yield from _difference_findings(present)
    for lesson in lessons:
        if lesson.id not in listed:
            message = f"lesson `{lesson.id}` is in no module of {COURSE_FILE}"
            yield Finding(lesson.file, 1, "", message, Severity.WARNING)


def _difference_findings(files: Sequence[LessonFile]) -> Iterator[Finding]:
    first = files[0]
    for other in files[1:]:
        for key in ("minutes", "points"):
            if other.front[key] != first.front[key]:
                yield _in_front(other, (key,), f"differs from {first.file}")
        mine, theirs = other.body.steps, first.body.steps
        if len(mine) != len(theirs):
            message = f"has {len(mine)} steps, {first.file} has {len(theirs)}"
            yield Finding(other.file, 1, "", message)
        elif _interactions(mine) != _interactions(theirs):
            line = other.body.interactions[0][0] if other.body.interactions else 1
            message = f"has other interactions than {first.file}, or in other steps"
            yield Finding(other.file, line, "", message)


def _interactions(steps: Sequence[Step]) -> list[tuple[str, ...]]:
    return [step.interactions for step in steps]


def _body_findings(
    items: Sequence[PlacedItem],
    lessons: Sequence[LessonFile],
    media: Collection[str],
    unread: Collection[str],
) -> Iterator[Finding]:
    forms = {placed.item.id: placed.item.form for placed in items}
    for lesson in lessons:
        steps = len(lesson.body.steps)
        if not MIN_STEPS <= steps <= MAX_STEPS:
            message = (
                f"has {steps} steps; a lesson has {MIN_STEPS} to {MAX_STEPS}, each begun by a `## ` heading"
            )
            yield Finding(lesson.file, 1, "", message)
        for line, name in lesson.body.media:
            if name not in media:
                yield Finding(lesson.file, line, "", f"there is no picture {name}")
        met: set[str] = set()
        for line, id in lesson.body.interactions:
            if id not in forms:
                if id not in unread:
                    yield Finding(lesson.file, line, "", f"there is no item `{id}`")
            elif forms[id] is not Form.LESSON:
                message = f"item `{id}` has `form: {forms[id]}`; inside a lesson it must be `form: lesson`"
                yield Finding(lesson.file, line, "", message)
            elif id in met:
                yield Finding(lesson.file, line, "", f"item `{id}` is in this lesson twice")
            met.add(id)


def _in_course(source: YamlSource, path: DataPath, message: str) -> Finding:
    return Finding(COURSE_FILE, source.line(path), path_text(path), message)


def _in_item(placed: PlacedItem, key: str, message: str) -> Finding:
    return Finding(placed.file, placed.line(key), path_text((*placed.path, key)), message)


def _in_front(lesson: LessonFile, path: DataPath, message: str) -> Finding:
    return Finding(lesson.file, lesson.front_source.line(path), path_text(path), message)
