"""Check lessons: their length, an interaction, three lines to take away; and that nothing is left over."""

from __future__ import annotations

import re
from collections.abc import Iterator

from courses.course import Html
from courses.errors import Finding, Severity
from courses.library import COURSE_FILE
from courses.markdown import own_language_text
from courses.scan import LessonFile, Scan
from courses.yaml_source import path_text
from quizzes.item import Form

LENGTHS = {"en": (250, 450, "words"), "zh-CN": (400, 700, "characters")}
"""What a lesson's own text should have; interactions, sources and quoted foreign text do not count."""
LENGTH_TOLERANCE = 0.1
"""A lesson may be this share shorter or longer before it is reported."""

_WORD = re.compile(r"[^\W_]+(?:['’.,:%/-][^\W_]+)*")
_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def lesson_findings(scan: Scan) -> Iterator[Finding]:
    """Answer what weakens the lessons of a course."""
    for lesson in scan.lessons:
        yield from _length_findings(lesson)
        if not lesson.body.interactions:
            yield _warning(lesson, "has no interaction")
        if not _holds(lesson, '<ol class="takeaways'):
            yield _warning(lesson, "has no `:::takeaways`")
    yield from _unused_findings(scan)


def text_length(text: str, lang: str) -> int:
    """Answer the words of a text; in Chinese the characters, where a Latin word or number counts as one."""
    if lang != "zh-CN":
        return len(_WORD.findall(text))
    return len(_CHINESE.findall(text)) + len(_WORD.findall(_CHINESE.sub(" ", text)))


def _length_findings(lesson: LessonFile) -> Iterator[Finding]:
    least, most, unit = LENGTHS[lesson.lang]
    length = sum(text_length(text, lesson.lang) for text in _texts(lesson))
    if length < least * (1 - LENGTH_TOLERANCE):
        yield _warning(lesson, f"is short: {length} {unit}, a lesson has {least} to {most}")
    if length > most * (1 + LENGTH_TOLERANCE):
        yield _warning(lesson, f"is long: {length} {unit}, a lesson has {least} to {most}")


def _texts(lesson: LessonFile) -> Iterator[str]:
    for step in lesson.body.steps:
        yield step.heading
        for block in step.blocks:
            if isinstance(block, Html):
                yield own_language_text(block.html, lesson.lang)


def _holds(lesson: LessonFile, html: str) -> bool:
    blocks = (block for step in lesson.body.steps for block in step.blocks)
    return any(isinstance(block, Html) and html in block.html for block in blocks)


def _unused_findings(scan: Scan) -> Iterator[Finding]:
    placed_items = {id for lesson in scan.lessons for _, id in lesson.body.interactions}
    shown = {name for lesson in scan.lessons for _, name in lesson.body.media}
    for item in scan.items:
        if item.item.form is Form.LESSON and item.item.id not in placed_items:
            message = f"`{item.item.id}` has `form: lesson` and is in no lesson"
            yield Finding(item.file, item.line("id"), path_text(item.path), message, Severity.WARNING)
    for name in scan.media:
        if name not in shown:
            yield Finding(name, 1, "", "is shown in no lesson", Severity.WARNING)
    if scan.source is None:
        return
    taught = {point for lesson in scan.lessons for point in lesson.front["points"]}
    for at, point in enumerate(scan.source.value["points"]):
        if point["id"] not in taught:
            line = scan.source.line(("points", at))
            message = f"`{point['id']}` is taught in no lesson"
            yield Finding(COURSE_FILE, line, f"points[{at}]", message, Severity.WARNING)


def _warning(lesson: LessonFile, message: str) -> Finding:
    return Finding(lesson.file, 1, "", message, Severity.WARNING)
