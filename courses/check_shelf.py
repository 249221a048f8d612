"""Check what stands beside the lessons: ids, references, days, placeholders, what an author would change.

Scenes have a file of their own, `check_scenes`; dated rules `check_rules`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from courses.check_rules import rule_findings
from courses.check_scenes import scene_findings
from courses.errors import Finding, Severity
from courses.glossary import GLOSSARY_LANGUAGES, folded
from courses.markets import Known, NthWeekday, day_rule
from courses.scan import LessonFile, Placed, PlacedItem, ShelfScan
from courses.scripts import PLACEHOLDER
from courses.yaml_source import DataPath, YamlSource, path_text
from quizzes.item import Skill

SCRIPT_LANGUAGES = ("en", "ja", "de", "es", "fr")

_STRAY_BRACE = re.compile(r"[{}]")


def shelf_findings(
    source: YamlSource,
    shelf: ShelfScan,
    items: Sequence[PlacedItem],
    lessons: Sequence[LessonFile],
    *,
    unread: Collection[str] = (),
) -> Iterator[Finding]:
    """Answer what is wrong with the entries, and what weakens them; `unread` names broken ones by id."""
    rules = {rule.value["id"] for rule in shelf.rules} | set(unread)
    for kind, entries in (
        ("term", shelf.terms),
        ("script", shelf.scripts),
        ("market", shelf.markets),
        ("rule", shelf.rules),
        ("scene", shelf.scenes),
    ):
        yield from _twice(kind, entries)
    yield from _glossary_findings(shelf.terms)
    for script in shelf.scripts:
        yield from _script_findings(script, rules)
    for market in shelf.markets:
        yield from _market_findings(market, rules)
    yield from rule_findings(shelf.rules)
    yield from _needs_findings(shelf, items)
    points = {row["id"] for row in source.value["points"]}
    yield from scene_findings(shelf.scenes, points=points, rules=rules)
    yield from _leaning_findings(items, lessons, rules)


def run_out_findings(markets: Sequence[Placed], *, today: date) -> Iterator[Finding]:
    """Answer holidays by announcement whose known days are all past."""
    for market in markets:
        for at, holiday in enumerate(market.value["holidays"]):
            try:
                rule = day_rule(holiday["on"])
            except ValueError:
                continue
            if isinstance(rule, Known) and rule.dates[-1] < today:
                message = f"the last known day of `{holiday['id']}` is past"
                yield market.warning(("holidays", at, "on", "dates"), message)


def _twice(kind: str, entries: Sequence[Placed]) -> Iterator[Finding]:
    first: dict[str, Placed] = {}
    for entry in entries:
        id = entry.value["id"]
        other = first.setdefault(id, entry)
        if other is not entry:
            yield entry.error(("id",), f"{kind} `{id}` is there twice, first in {other.place('id')}")


def _glossary_findings(terms: Sequence[Placed]) -> Iterator[Finding]:
    """Two terms that are spelt alike: a lesson could not say which one it means."""
    for lang in GLOSSARY_LANGUAGES:
        owner: dict[str, Placed] = {}
        for term in terms:
            own: set[str] = set()
            places: list[tuple[DataPath, str]] = [(("words", lang), term.value["words"][lang])]
            also = term.value.get("also", {}).get(lang, [])
            places += [(("also", lang, at), words) for at, words in enumerate(also)]
            for path, words in places:
                key = folded(words)
                if key in own:
                    yield term.warning(path, f"`{words}` is in this term twice")
                    continue
                own.add(key)
                other = owner.setdefault(key, term)
                if other is not term:
                    where = f"`{other.value['id']}` ({other.place('words', lang)})"
                    yield term.warning(path, f"`{words}` is also in {where}")


def _script_findings(script: Placed, rules: Collection[str]) -> Iterator[Finding]:
    yield from _rule_references(script, rules)
    named = script.value.get("placeholders", {})
    used: set[str] = set()
    first: dict[tuple[str, str | None], int] = {}
    for at, reply in enumerate(script.value["replies"]):
        key = (reply["lang"], reply.get("market"))
        if key in first:
            yield script.error(("replies", at, "lang"), f"is there twice, first in replies[{first[key]}]")
        first.setdefault(key, at)
        for part in ("text", "avoid"):
            found = PLACEHOLDER.findall(reply[part])
            used.update(found)
            for name in dict.fromkeys(found):
                if name not in named:
                    yield script.error(("replies", at, part), f"`{{{name}}}` is not among the placeholders")
            if _STRAY_BRACE.search(PLACEHOLDER.sub("", reply[part])):
                yield script.error(("replies", at, part), "a placeholder is written {name}, in small letters")
    for name in named:
        if name not in used:
            yield script.warning(("placeholders", name), f"`{{{name}}}` is used in no reply")
    present = {lang for lang, _ in first}
    missing = [lang for lang in SCRIPT_LANGUAGES if lang not in present]
    if missing:
        yield script.warning(("replies",), f"has no reply in {', '.join(missing)}")


def _market_findings(market: Placed, rules: Collection[str]) -> Iterator[Finding]:
    yield from _rule_references(market, rules)
    try:
        ZoneInfo(market.value["zone"])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield market.error(("zone",), f"there is no zone `{market.value['zone']}`")
    met: set[str] = set()
    for at, holiday in enumerate(market.value["holidays"]):
        if holiday["id"] in met:
            yield market.error(("holidays", at, "id"), f"holiday `{holiday['id']}` is there twice")
        met.add(holiday["id"])
        yield from _day_findings(market, at)


def _day_findings(market: Placed, at: int) -> Iterator[Finding]:
    on = market.value["holidays"][at]["on"]
    path = ("holidays", at, "on")
    try:
        rule = day_rule(on)
    except ValueError as error:
        yield market.error(path, f"makes no sense: {error}")
        return
    if isinstance(rule, NthWeekday) and rule.nth == 5:
        yield market.warning((*path, "nth"), "a month has a fifth such day only in some years")


def _needs_findings(shelf: ShelfScan, items: Sequence[PlacedItem]) -> Iterator[Finding]:
    bank = {placed.item.id: placed for placed in items}
    asked = {(lang, folded(words)): placed for placed in items for lang, words in placed.item.stem.items()}
    first: dict[str, PlacedItem] = {}
    of_skill: dict[Skill, int] = defaultdict(int)
    for placed in shelf.needs:
        item = placed.item
        if item.skill is not None:
            of_skill[item.skill] += 1
        other = bank.get(item.id) or first.get(item.id)
        if other is not None:
            where = f"{other.file}:{other.line('id')}"
            yield _in_item(placed, "id", f"item `{item.id}` is there twice, first in {where}")
        first.setdefault(item.id, placed)
        for lang, words in item.stem.items():
            twin = asked.setdefault((lang, folded(words)), placed)
            if twin is not placed:
                where = f"`{twin.item.id}` ({twin.file}:{twin.line('stem')})"
                yield _in_item(placed, "stem", f"asks the same ({lang}) as {where}", Severity.WARNING)
    if len(set(of_skill.values())) > 1 or (shelf.needs and len(of_skill) < len(Skill)):
        counts = ", ".join(f"{skill} {of_skill[skill]}" for skill in Skill)
        yield Finding("needs.yaml", 1, "items", f"skills are not asked alike: {counts}", Severity.WARNING)
    met: set[str] = set()
    for stated in shelf.stated:
        if stated.value["skill"] in met:
            yield stated.error(("skill",), f"`{stated.value['skill']}` is there twice")
        met.add(stated.value["skill"])


def _leaning_findings(
    items: Sequence[PlacedItem], lessons: Sequence[LessonFile], rules: Collection[str]
) -> Iterator[Finding]:
    """Rules that lessons and items lean on and that are not there."""
    for placed in items:
        for rule in placed.item.rules:
            if rule not in rules:
                yield _in_item(placed, "rules", f"there is no rule `{rule}`")
    first: dict[str, LessonFile] = {}
    for lesson in lessons:
        path = ("rules",)
        line = lesson.front_source.line(path)
        for rule in lesson.front.get("rules", ()):
            if rule not in rules:
                yield Finding(lesson.file, line, path_text(path), f"there is no rule `{rule}`")
        other = first.setdefault(lesson.id, lesson)
        if other.front.get("rules") != lesson.front.get("rules"):
            yield Finding(lesson.file, line, path_text(path), f"differs from {other.file}")


def _rule_references(entry: Placed, rules: Collection[str]) -> Iterator[Finding]:
    for at, rule in enumerate(entry.value.get("rules", ())):
        if rule not in rules:
            yield entry.error(("rules", at), f"there is no rule `{rule}`")


def _in_item(placed: PlacedItem, key: str, message: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(placed.file, placed.line(key), path_text((*placed.path, key)), message, severity)
