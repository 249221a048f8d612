"""What a question of another program says, and the aside: what of an item such a program has no place for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from courses.exchange.raw import RawItem
from courses.exchange.texts import both, filled, identifier, letters
from quizzes.item import REQUIRED_LANGUAGES, Choice, Item, ItemType, Wording
from quizzes.parse import MARK, item_document

ASIDE_KEYS = (
    "form",
    "point",
    "skill",
    "market",
    "lang",
    "prior",
    "source",
    "rules",
    "passage",
    "answer_lang",
)
MAX_ASIDE = 60_000


@dataclass(frozen=True, kw_only=True)
class SaidPart:
    """A choice or an order's line."""

    words: Wording
    right: bool = False
    why: Wording | None = None
    id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Said:
    """One question as another program writes it."""

    place: str
    id: str
    kind: ItemType
    stem: Wording
    parts: tuple[SaidPart, ...] = ()
    pairs: tuple[tuple[str | None, Wording, Wording], ...] = ()
    """(id, left, right)."""
    value: float | None = None
    tolerance: float = 0.0
    accepted: tuple[str, ...] = ()
    explanation: Wording | None = None
    aside: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Defaults:
    """What stands where a file says nothing."""

    point: str | None = None
    form: str = "practice"


# Out


def aside_of(item: Item) -> dict[str, Any]:
    """Answer what the common formats have no place for, as plain data."""
    document = item_document(item)
    aside: dict[str, Any] = {key: document[key] for key in ASIDE_KEYS if key in document}
    if item.choices:
        aside["parts"] = [
            filled({"id": one.id, "lang": one.lang, "words": _kind(one.text)})
            | (filled({"why": _plain(one.why)}) if item.type is ItemType.ORDER else {})
            for one in item.choices
        ]
    if item.pairs:
        aside["parts"] = [
            filled(
                {
                    "id": pair.id,
                    "lang": pair.lang,
                    "left": _kind(pair.left),
                    "right": _kind(pair.right),
                    "why": _plain(pair.why),
                }
            )
            for pair in item.pairs
        ]
    if item.accepted:
        aside["accepted"] = {lang: len(answers) for lang, answers in item.accepted.items()}
    if item.answer and item.answer.unit:
        aside["unit"] = dict(item.answer.unit)
    return aside


def aside_text(item: Item) -> str:
    """Answer the aside as one line of JSON; `>` and `?` are escaped, so that it ends no comment of XML."""
    written = json.dumps(aside_of(item), ensure_ascii=False, separators=(",", ":"))
    return written.replace(">", "\\u003e").replace("?", "\\u003f")


def read_aside(text: str) -> dict[str, Any]:
    """Answer an aside, or raise ValueError."""
    if len(text) > MAX_ASIDE:
        raise ValueError("the Crossdesk line is too long")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the Crossdesk line is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError("the Crossdesk line is no JSON object")
    return found


def choice_words(item: Item, choice: Choice) -> Wording:
    """Answer what a choice says; the words of its mark in the passage where it has none of its own."""
    if choice.text is not None:
        return choice.text
    marks = dict(MARK.findall(item.passage.text)) if item.passage else {}
    return str(marks.get(choice.id, choice.id))


def accepted_answers(item: Item) -> list[str]:
    """Answer all accepted answers, language by language."""
    return [answer for answers in (item.accepted or {}).values() for answer in answers]


def _kind(words: Wording | None) -> str | None:
    """How words stand in the course: `one` string for all languages, `mark` of the passage, else a text."""
    if words is None:
        return "mark"
    return "one" if isinstance(words, str) else None


def _plain(text: Mapping[str, str] | None) -> dict[str, str] | None:
    return dict(text) if text else None


# In


def raw_item(said: Said, defaults: Defaults) -> RawItem:
    """Answer a question as plain data in the course format."""
    aside = said.aside
    stem, single = both(said.stem)
    explanation, single_too = both(said.explanation)
    document: dict[str, Any] = filled(
        {
            "id": identifier(said.id, otherwise="imported"),
            "type": said.kind.value,
            "form": defaults.form,
            "point": defaults.point,
            "stem": stem,
            "explanation": explanation,
        }
    )
    document |= {key: aside[key] for key in ASIDE_KEYS if key in aside}
    match said.kind:
        case ItemType.SINGLE | ItemType.MULTIPLE | ItemType.ORDER:
            known = _known(aside, len(said.parts))
            document["choices"] = [
                _part(part, place, known[place], ordered=said.kind is ItemType.ORDER)
                for place, part in enumerate(said.parts)
            ]
        case ItemType.MATCH:
            known = _known(aside, len(said.pairs))
            document["pairs"] = [
                filled(
                    {
                        "id": known[place].get("id") or id or letters(place),
                        "left": _words(left, known[place].get("left")),
                        "right": _words(right, known[place].get("right")),
                        "lang": known[place].get("lang"),
                        "why": known[place].get("why"),
                    }
                )
                for place, (id, left, right) in enumerate(said.pairs)
            ]
        case ItemType.NUMERIC:
            document["answer"] = filled(
                {"value": said.value, "tolerance": said.tolerance, "unit": aside.get("unit")}
            )
        case _:
            document["accepted"] = _by_language(said.accepted, aside.get("accepted"))
    return RawItem(said.place, document, single or single_too)


def _known(aside: Mapping[str, Any], count: int) -> list[Mapping[str, Any]]:
    """Answer what the aside says of each part; nothing where parts were added or taken away since."""
    parts = aside.get("parts")
    if isinstance(parts, list) and len(parts) == count and all(isinstance(part, dict) for part in parts):
        return parts
    return [{}] * count


def _part(part: SaidPart, place: int, known: Mapping[str, Any], *, ordered: bool) -> dict[str, Any]:
    why = known.get("why") if ordered else both(part.why)[0]
    return filled(
        {
            "id": known.get("id") or part.id or letters(place),
            "text": _words(part.words, known.get("words")),
            "lang": known.get("lang"),
            "right": (part.right or None) if not ordered else None,
            "why": why,
        }
    )


def _words(words: Wording, kind: Any) -> Any:
    if kind == "mark":
        return None
    return words if kind == "one" and isinstance(words, str) else both(words)[0]


def _by_language(answers: Sequence[str], counts: Any) -> dict[str, list[str]]:
    """Give the answers back to their languages; to each where the file does not tell them apart."""
    known = isinstance(counts, dict) and all(type(one) is int and one > 0 for one in counts.values())
    if known and sum(counts.values()) == len(answers):
        left = iter(answers)
        return {lang: [next(left) for _ in range(count)] for lang, count in counts.items()}
    return {tag: list(answers) for tag in REQUIRED_LANGUAGES}
