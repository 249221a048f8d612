"""What every desk looks up: terms, scripts and markets of the published courses, and their rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.course import Course
from courses.glossary import Term, Topic, find_terms, folded
from courses.markets import Market
from courses.rules import Rule
from courses.scripts import Script, ScriptKind
from lms.db.learning import Course as CourseRow
from lms.domain.errors import NotFound
from lms.services.catalogue import CourseCache

Part = TypeVar("Part")
_CURRENT = (
    select(CourseRow.current_version_id)
    .where(CourseRow.current_version_id.is_not(None))
    .order_by(CourseRow.slug)
)


@dataclass(frozen=True)
class Entry(Generic[Part]):
    """A script or market, and the course that it came with."""

    part: Part
    course: Course

    def rules(self, ids: Iterable[str]) -> tuple[Rule, ...]:
        """Answer the rules of these ids, as the same course has them."""
        known = self.course.shelf.rules
        return tuple(known[id] for id in ids if id in known)


@dataclass(frozen=True)
class RuleLine:
    """A rule as it is shown on a day."""

    rule: Rule
    expired: bool


def current_courses(session: Session, cache: CourseCache) -> tuple[Course, ...]:
    """Answer the current version of each published course, by slug."""
    return tuple(
        cache.get(session, version_id).course for version_id in session.scalars(_CURRENT) if version_id
    )


def find(session: Session, cache: CourseCache, words: str, *, topic: Topic | None = None) -> tuple[Term, ...]:
    """Answer the terms that hold the words in any language, those that begin with them first."""
    return tuple(find_terms(_terms(session, cache).values(), words, topic=topic))


def term(session: Session, cache: CourseCache, term_id: str) -> Term:
    """Answer a term. Raises NotFound."""
    return _known(_terms(session, cache), term_id, "term")


def scripts(
    session: Session, cache: CourseCache, words: str = "", *, kind: ScriptKind | None = None
) -> tuple[Entry[Script], ...]:
    """Answer the scripts that hold the words in their title, use or replies."""
    wanted = folded(words)
    return tuple(
        entry
        for entry in _scripts(session, cache).values()
        if (kind is None or entry.part.kind is kind) and (not wanted or _holds(entry.part, wanted))
    )


def script(session: Session, cache: CourseCache, script_id: str) -> Entry[Script]:
    """Answer a script. Raises NotFound."""
    return _known(_scripts(session, cache), script_id, "script")


def markets(session: Session, cache: CourseCache) -> tuple[Entry[Market], ...]:
    """Answer the markets, in the order of their courses."""
    return tuple(_markets(session, cache).values())


def market(session: Session, cache: CourseCache, market_id: str) -> Entry[Market]:
    """Answer a market. Raises NotFound."""
    return _known(_markets(session, cache), market_id, "market")


def rule_lines(rules: Iterable[Rule], *, today: date) -> tuple[RuleLine, ...]:
    """Answer rules as they are shown on a day."""
    return tuple(RuleLine(rule, rule.expired(today)) for rule in rules)


def _terms(session: Session, cache: CourseCache) -> dict[str, Term]:
    """The course that comes first by slug keeps an id that two have."""
    found: dict[str, Term] = {}
    for course in current_courses(session, cache):
        found = {**course.shelf.terms, **found}
    return found


def _scripts(session: Session, cache: CourseCache) -> dict[str, Entry[Script]]:
    found: dict[str, Entry[Script]] = {}
    for course in current_courses(session, cache):
        for id, part in course.shelf.scripts.items():
            found.setdefault(id, Entry(part, course))
    return found


def _markets(session: Session, cache: CourseCache) -> dict[str, Entry[Market]]:
    found: dict[str, Entry[Market]] = {}
    for course in current_courses(session, cache):
        for id, part in course.shelf.markets.items():
            found.setdefault(id, Entry(part, course))
    return found


def _holds(script: Script, wanted: str) -> bool:
    texts = [*script.title.values(), *script.when.values(), *(reply.text for reply in script.replies)]
    return any(wanted in folded(words) for words in texts)


def _known(parts: Mapping[str, Part], id: str, kind: str) -> Part:
    if id not in parts:
        raise NotFound(f"there is no {kind} {id!r}")
    return parts[id]
