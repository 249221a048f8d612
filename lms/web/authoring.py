"""Trainers' pages: the courses that are published, their versions, and what each asks of whom."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Blueprint, render_template
from flask_babel import format_date
from flask_babel import gettext as _

from courses.course import in_language
from courses.library import SHIPPED
from lms.bootstrap import Parts
from lms.domain.access import Right
from lms.services import bank
from lms.services.leaning import rule_book
from lms.web.access import allow
from lms.web.language import language
from lms.web.session import current

FORMATS = {"csv": "CSV", "gift": "GIFT", "qti21": "QTI 2.1", "qti30": "QTI 3.0", "anki": "Anki"}
"""Formats of the questions to download, and their own names."""


def create_blueprint(parts: Parts) -> Blueprint:
    """Answer the routes."""
    blueprint = Blueprint("authoring", __name__)
    cache = parts.courses

    @blueprint.get("/author")
    @allow(Right.AUTHOR)
    def courses() -> str:
        today = parts.now().astimezone(current().zone).date()
        with parts.database.reading() as session:
            lines = bank.list_banks(session, cache)
        expired = {line.slug: len(rule_book(line.bank.course, today=today).expired) for line in lines}
        return _page("authoring/courses.html", lines=lines, expired=expired)

    @blueprint.get("/author/<slug>")
    @allow(Right.AUTHOR)
    def course(slug: str) -> str:
        today = parts.now().astimezone(current().zone).date()
        with parts.database.reading() as session:
            found, versions = bank.course_bank(session, cache, slug)
        checked = bank.check_folder(SHIPPED, slug, today=today)
        book = rule_book(found.course, today=today)
        return _page(
            "authoring/course.html",
            found=found,
            versions=versions,
            checked=checked,
            book=book,
            formats=FORMATS,
        )

    return blueprint


def _page(template: str, **values: Any) -> str:
    def text(words: Any) -> str:
        return words if isinstance(words, str) else in_language(words, language())

    return render_template(template, text=text, day=_day, words=_words(), **values)


def _day(moment: datetime | date) -> str:
    return str(format_date(moment, "medium"))


def _words() -> dict[str, str]:
    """Forms, types and skills as they are said on the page."""
    words = {
        "practice": _("Practice"),
        "A": _("Check A"),
        "B": _("Check B"),
        "lesson": _("In a lesson"),
        "single": _("One choice"),
        "multiple": _("Several choices"),
        "order": _("Order"),
        "match": _("Pairs"),
        "numeric": _("Number"),
        "short_text": _("Short answer"),
        "cloze": _("Gaps"),
        "listen": _("Listening"),
        "language": _("Language skill"),
        "product": _("Product"),
        "tools": _("Tools"),
        "emotion": _("Emotion"),
        "culture": _("Culture"),
    }
    return {key: str(value) for key, value in words.items()}
