"""Trainers' page of one item: as it is served, and what the answers to it say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, render_template
from flask_babel import format_date, format_decimal, format_percent
from flask_babel import gettext as _

from courses.course import in_language
from lms.bootstrap import Parts
from lms.domain.access import Right
from lms.domain.errors import NotFound
from lms.domain.questions import Given, ItemView, Phase
from lms.services import item_files, items
from lms.services.answers import item_in
from lms.web.access import allow
from lms.web.language import language
from quizzes.analysis import MIN_SHOWN
from quizzes.grading import correct_response

SEED = "trainer"
"""Learners each have an order of their own; trainers see one."""


@dataclass(frozen=True)
class Part:
    """How a choice, line, left side or gap is called on the page."""

    text: str
    lang: str | None = None
    why: str | None = None


def create_blueprint(parts: Parts) -> Blueprint:
    """Answer the routes."""
    blueprint = Blueprint("items", __name__)
    cache = parts.courses

    @blueprint.get("/author/<slug>/items/<item_id>")
    @allow(Right.AUTHOR)
    def show(slug: str, item_id: str) -> str:
        with parts.database.reading() as session:
            found = items.item_page(session, cache, slug, item_id)
        course, item = found.course, found.item
        asked = item_in(course, item, language(), seed=SEED, given=Given())
        right = Given(response=correct_response(item, lang=language()), phase=Phase.DONE, tries=1)
        solved = item_in(course, item, language(), seed=SEED, given=right)
        named = _named(solved)
        return render_template(
            "authoring/item.html",
            found=found,
            asked=asked,
            solved=solved,
            named=lambda use: named.get(use.id, Part(use.id, item.answer_lang)),
            least=MIN_SHOWN,
            text=lambda words: in_language(words, language()),
            day=_day,
            percent=_percent,
            number=_number,
            seconds=lambda ms: _number(ms / 1000, "0.0"),
            counted=_counted(solved),
        )

    @blueprint.get("/author/<slug>/export/<kind>")
    @allow(Right.AUTHOR)
    def file(slug: str, kind: str) -> Response:
        if kind not in item_files.OUT:
            raise NotFound("there is no such format")
        with parts.database.reading() as session:
            found = item_files.export_items(session, cache, slug, format=kind, now=parts.now())
        headers = {"Content-Disposition": f'attachment; filename="{found.name}"'}
        return Response(found.content, mimetype=found.mimetype, headers=headers)

    return blueprint


def _named(view: ItemView) -> dict[str, Part]:
    parts: dict[str, Part] = {}
    for choice in view.choices:
        parts[choice.id] = Part(choice.text, choice.lang, choice.why)
    for line in view.lines:
        parts[line.id] = Part(line.text, line.lang, line.why)
    for pair in view.pairs:
        parts[pair.id] = Part(pair.text, pair.lang, pair.why)
    for piece in view.pieces:
        if piece.gap:
            gap = piece.gap
            parts[gap.id] = Part(_("Gap %(number)d", number=gap.number), None, gap.why)
    return parts


def _counted(view: ItemView) -> str:
    """What the use of parts counts, as it is said above the table."""
    if view.choices:
        return str(_("Share of learners who took each choice"))
    if view.lines or view.pairs or view.pieces:
        return str(_("Share of learners who had each part right"))
    return str(_("Answers that at least two learners typed"))


def _percent(share: float | None) -> str:
    return "–" if share is None else str(format_percent(share))


def _number(value: float | None, pattern: str = "0.00") -> str:
    return "–" if value is None else str(format_decimal(round(value, 2) + 0.0, pattern))  # no "-0.00"


def _day(moment: datetime) -> str:
    return str(format_date(moment, "medium"))
