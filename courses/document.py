"""A course as one JSON document and back, and the hash that names its content.

The document is what a published version keeps. Pictures are named by their SHA-256; their bytes travel apart
(`courses.reader.media_files`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from courses.course import Block, Course, Html, Interaction, Lesson, Module, Point, Retention, Step
from courses.errors import CourseError, Finding
from courses.markdown import clean_html
from courses.reader import media_files as media_files
from courses.shelf import Shelf
from quizzes.errors import ItemError
from quizzes.item import Skill
from quizzes.parse import item_document, parse_item

FORMAT = 1
"""Raised when an older document can no longer be read as it is."""


def course_document(course: Course) -> dict[str, Any]:
    """Answer the course as JSON values."""
    document = {
        "format": FORMAT,
        "slug": course.slug,
        "version": course.version,
        "languages": list(course.languages),
        "title": dict(course.title),
        "summary": dict(course.summary),
        "retention": {
            "check_day": course.retention.check_day,
            "plan_days": list(course.retention.plan_days),
            "target": course.retention.target,
            "hold_out": course.retention.hold_out,
        },
        "modules": [_module_document(module) for module in course.modules],
        "points": [_point_document(point) for point in course.points],
        "media": dict(course.media),
    }
    shelf = {kind: list(rows) for kind, rows in course.shelf.written.items() if rows}
    # A course with nothing beside its lessons keeps the document, and so the hash, that it always had.
    return {**document, "shelf": shelf} if shelf else document


def course_from_document(document: Mapping[str, Any]) -> Course:
    """Answer the course of a document, its HTML cleaned again; raise CourseError where it is none."""
    if document.get("format") != FORMAT:
        raise CourseError([Finding("document", 1, "format", f"must be {FORMAT}")])
    try:
        return _course(document)
    except ItemError as error:
        raise CourseError([Finding("document", 1, error.path, error.message)]) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CourseError([Finding("document", 1, "", f"is no course: {error!r}")]) from error


def canonical_json(document: Mapping[str, Any]) -> bytes:
    """Answer the one way to write a document: keys sorted, no spaces, UTF-8."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def content_hash(document: Mapping[str, Any]) -> str:
    """Answer the SHA-256 of a document in hexadecimal; pictures count through their own hashes."""
    return hashlib.sha256(canonical_json(document)).hexdigest()


def _module_document(module: Module) -> dict[str, Any]:
    return {
        "id": module.id,
        "title": dict(module.title),
        "summary": dict(module.summary),
        "requires": list(module.requires),
        "pass_mark": module.pass_mark,
        "quiz_length": module.quiz_length,
        "lessons": [_lesson_document(lesson) for lesson in module.lessons],
        "items": [item_document(item) for item in module.items],
    }


def _lesson_document(lesson: Lesson) -> dict[str, Any]:
    return {
        "id": lesson.id,
        "title": dict(lesson.title),
        "outcome": dict(lesson.outcome),
        "minutes": lesson.minutes,
        "points": list(lesson.points),
        "sources": {lang: list(sources) for lang, sources in lesson.sources.items()},
        "steps": {lang: [_step_document(step) for step in steps] for lang, steps in lesson.steps.items()},
        **({"rules": list(lesson.rules)} if lesson.rules else {}),
    }


def _step_document(step: Step) -> dict[str, Any]:
    return {"heading": step.heading, "blocks": [_block_document(block) for block in step.blocks]}


def _block_document(block: Block) -> dict[str, str]:
    match block:
        case Html(html=html):
            return {"html": html}
        case Interaction(item_id=item_id):
            return {"interaction": item_id}


def _point_document(point: Point) -> dict[str, Any]:
    return {
        "id": point.id,
        "module": point.module,
        "skill": point.skill.value,
        "title": dict(point.title),
        "compliance": point.compliance,
    }


def _course(document: Mapping[str, Any]) -> Course:
    retention = document["retention"]
    return Course(
        slug=document["slug"],
        version=document["version"],
        languages=tuple(document["languages"]),
        title=dict(document["title"]),
        summary=dict(document["summary"]),
        retention=Retention(
            check_day=int(retention["check_day"]),
            plan_days=tuple(int(day) for day in retention["plan_days"]),
            target=float(retention["target"]),
            hold_out=float(retention["hold_out"]),
        ),
        modules=tuple(_module(row, at=f"modules[{at}]") for at, row in enumerate(document["modules"])),
        points=tuple(_point(row) for row in document["points"]),
        media=dict(document["media"]),
        shelf=Shelf({kind: list(rows) for kind, rows in document.get("shelf", {}).items()}),
    )


def _module(row: Mapping[str, Any], *, at: str) -> Module:
    return Module(
        id=row["id"],
        title=dict(row["title"]),
        summary=dict(row["summary"]),
        requires=tuple(row["requires"]),
        pass_mark=float(row["pass_mark"]),
        quiz_length=int(row["quiz_length"]),
        lessons=tuple(_lesson(lesson, module=row["id"]) for lesson in row["lessons"]),
        items=tuple(parse_item(item, at=f"{at}.items[{number}]") for number, item in enumerate(row["items"])),
    )


def _lesson(row: Mapping[str, Any], *, module: str) -> Lesson:
    return Lesson(
        id=row["id"],
        module=module,
        title=dict(row["title"]),
        outcome=dict(row["outcome"]),
        minutes=int(row["minutes"]),
        points=tuple(row["points"]),
        sources={lang: tuple(sources) for lang, sources in row["sources"].items()},
        steps={lang: _steps(steps) for lang, steps in row["steps"].items()},
        rules=tuple(row.get("rules", ())),
    )


def _steps(rows: Sequence[Mapping[str, Any]]) -> tuple[Step, ...]:
    return tuple(Step(row["heading"], tuple(_block(block) for block in row["blocks"])) for row in rows)


def _block(row: Mapping[str, str]) -> Block:
    if "interaction" in row:
        return Interaction(row["interaction"])
    return Html(clean_html(row["html"]))


def _point(row: Mapping[str, Any]) -> Point:
    return Point(
        id=row["id"],
        module=row["module"],
        skill=Skill(row["skill"]),
        title=dict(row["title"]),
        compliance=bool(row["compliance"]),
    )
