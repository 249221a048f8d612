"""The handbook: the glossary, the scripts and the markets. Everything is in the address; nothing is kept."""

from __future__ import annotations

import math
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from flask_babel import format_date
from flask_babel import gettext as _

from courses.glossary import GLOSSARY_LANGUAGES, Topic
from courses.markets import coming_holidays
from courses.scripts import ScriptKind, pieces
from lms.bootstrap import Parts
from lms.domain.access import Right
from lms.domain.errors import NotFound
from lms.services import handbook
from lms.web.access import allow
from lms.web.language import language
from lms.web.session import current

PAGE_TERMS = 40
QUERY_LENGTH = 100
"""Characters of a search that are looked at."""


def create_blueprint(parts: Parts) -> Blueprint:
    """Answer the routes."""
    blueprint = Blueprint("handbook", __name__)
    add_glossary(blueprint, parts)
    add_scripts(blueprint, parts)
    add_markets(blueprint, parts)
    return blueprint


def add_glossary(blueprint: Blueprint, parts: Parts) -> None:
    """Terms, found in any of six languages."""

    @blueprint.get("/glossary")
    @allow(Right.LEARN)
    def glossary() -> str:
        query, topic = _query(), _one_of(Topic, "topic")
        with parts.database.reading() as session:
            found = handbook.find(session, parts.courses, query, topic=topic)
        pages = max(1, math.ceil(len(found) / PAGE_TERMS))
        page = min(max(1, request.args.get("page", 1, type=int)), pages)
        return _page(
            "handbook/glossary.html",
            query=query,
            topic=topic,
            topics=_topics(),
            count=len(found),
            terms=found[(page - 1) * PAGE_TERMS : page * PAGE_TERMS],
            page=page,
            pages=pages,
            others=[lang for lang in GLOSSARY_LANGUAGES if lang != language()],
        )

    @blueprint.get("/glossary/<term_id>")
    @allow(Right.LEARN)
    def term(term_id: str) -> str:
        with parts.database.reading() as session:
            found = handbook.term(session, parts.courses, term_id)
        order = sorted(GLOSSARY_LANGUAGES, key=lambda lang: lang != language())
        return _page("handbook/term.html", term=found, topics=_topics(), order=order)


def add_scripts(blueprint: Blueprint, parts: Parts) -> None:
    """Replies to copy, language by language."""

    @blueprint.get("/scripts")
    @allow(Right.LEARN)
    def scripts() -> str:
        query, kind = _query(), _one_of(ScriptKind, "kind")
        with parts.database.reading() as session:
            found = handbook.scripts(session, parts.courses, query, kind=kind)
        groups = [
            (one, [entry.part for entry in found if entry.part.kind is one])
            for one in ScriptKind
            if any(entry.part.kind is one for entry in found)
        ]
        return _page("handbook/scripts.html", query=query, kind=kind, kinds=_kinds(), groups=groups)

    @blueprint.get("/scripts/<script_id>")
    @allow(Right.LEARN)
    def script(script_id: str) -> str:
        return show(script_id, None)

    @blueprint.get("/scripts/<script_id>/<reply>")
    @allow(Right.LEARN)
    def script_reply(script_id: str, reply: str) -> str:
        return show(script_id, reply)

    def show(script_id: str, reply: str | None) -> str:
        with parts.database.reading() as session:
            entry = handbook.script(session, parts.courses, script_id)
        found = [one for one in entry.part.replies if reply in (None, one.key)]
        if not found:
            raise NotFound("this script has no such reply")
        return _page(
            "handbook/script.html",
            script=entry.part,
            shown=found[0],
            kinds=_kinds(),
            rules=handbook.rule_lines(entry.rules(entry.part.rules), today=_today(parts)),
        )


def add_markets(blueprint: Blueprint, parts: Parts) -> None:
    """One card a market; its holidays as seen from there."""

    @blueprint.get("/markets")
    @allow(Right.LEARN)
    def markets() -> str:
        with parts.database.reading() as session:
            found = handbook.markets(session, parts.courses)
        lines = []
        for entry in found:
            today = _day_there(parts, entry.part.zone)
            coming = coming_holidays(entry.part.holidays, today=today)
            lines.append((entry.part, coming[0] if coming else None))
        return _page("handbook/markets.html", lines=lines)

    @blueprint.get("/markets/<market_id>")
    @allow(Right.LEARN)
    def market(market_id: str) -> str:
        with parts.database.reading() as session:
            entry = handbook.market(session, parts.courses, market_id)
        today = _day_there(parts, entry.part.zone)
        return _page(
            "handbook/market.html",
            market=entry.part,
            today=today,
            coming=coming_holidays(entry.part.holidays, today=today),
            rules=handbook.rule_lines(entry.rules(entry.part.rules), today=_today(parts)),
        )


# What views share


def _page(template: str, **values: Any) -> str:
    return render_template(template, pieces=pieces, tongues=tongues(), full_date=_full_date, **values)


def _query() -> str:
    return request.args.get("q", "").strip()[:QUERY_LENGTH]


def _one_of(enum: Any, name: str) -> Any:
    """Answer the member that the address names; None where it names none."""
    given = request.args.get(name, "")
    return next((member for member in enum if member.value == given), None)


def _today(parts: Parts) -> date:
    return parts.now().astimezone(current().zone).date()


def _day_there(parts: Parts, zone: str) -> date:
    return parts.now().astimezone(ZoneInfo(zone)).date()


def _full_date(day: date) -> str:
    return str(format_date(day, "medium"))


def tongues() -> dict[str, str]:
    """Answer the languages of replies and terms as the page calls them."""
    return {
        "zh-CN": _("Chinese"),
        "en": _("English"),
        "ja": _("Japanese"),
        "de": _("German"),
        "es": _("Spanish"),
        "fr": _("French"),
    }


def _topics() -> dict[Topic, str]:
    return {
        Topic.LOGISTICS: _("Logistics"),
        Topic.RETURNS: _("Returns"),
        Topic.PAYMENT: _("Payment"),
        Topic.TAX_CUSTOMS: _("Tax and customs"),
        Topic.MARKETPLACE: _("Marketplaces"),
        Topic.SERVICE: _("Service"),
    }


def _kinds() -> dict[ScriptKind, str]:
    return {
        ScriptKind.REFUND: _("Refund"),
        ScriptKind.RETURN: _("Return"),
        ScriptKind.COMPLAINT: _("Complaint"),
        ScriptKind.DELAY: _("Delay"),
        ScriptKind.DAMAGE: _("Damage"),
        ScriptKind.REVIEW: _("Buyer’s review"),
    }
