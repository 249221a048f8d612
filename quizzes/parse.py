"""Read an item from plain data (YAML or JSON) and write it back.

Every refusal is an `ItemError` that says where and what was expected. What belongs to the whole
course (unique item ids, known points) is checked by the course's reader.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from quizzes import fields
from quizzes.errors import ItemError as ItemError
from quizzes.item import (
    DEFAULT_PRIOR,
    REQUIRED_LANGUAGES,
    Accepted,
    Audio,
    Choice,
    Form,
    Gap,
    Item,
    ItemType,
    NumericAnswer,
    Pair,
    Passage,
    Skill,
    Text,
    Wording,
)
from quizzes.typed import normalise

LATER_TYPES = frozenset({"reply", "rewrite"})
"""Types that the simulator's feedback marks; refused by name until it is there."""

MARK = re.compile(r"\[\[([a-z0-9-]+)\|([^\[\]|]+)\]\]")
GAP = re.compile(r"\{\{([^{}]*)\}\}")

_ID = re.compile(r"[a-z0-9-]+")
_COMMON_KEYS = frozenset(
    {"id", "type", "form", "point", "skill", "stem", "passage", "explanation"}
    | {"prior", "market", "lang", "source", "rules"}
)
_TYPE_KEYS: Mapping[ItemType, frozenset[str]] = {
    ItemType.SINGLE: frozenset({"choices"}),
    ItemType.MULTIPLE: frozenset({"choices"}),
    ItemType.ORDER: frozenset({"choices"}),
    ItemType.MATCH: frozenset({"pairs"}),
    ItemType.NUMERIC: frozenset({"answer"}),
    ItemType.SHORT_TEXT: frozenset({"accepted", "answer_lang"}),
    ItemType.CLOZE: frozenset({"text", "gaps"}),
    ItemType.LISTEN: frozenset({"choices", "audio"}),
}


def parse_item(raw: Mapping[str, Any], *, at: str) -> Item:
    """Read one item; `at` is the path of `raw` in its file (such as `items[3]`). Raises ItemError."""
    data = fields.mapping(raw, at=at)
    kind = _item_type(data, at=at)
    fields.refuse_unknown(data, _COMMON_KEYS | _TYPE_KEYS[kind], at=at)
    form = fields.one_of(Form, fields.required(data, "form", at=at), at=f"{at}.form")
    lang = fields.optional_language(data, "lang", at=at)
    passage = _passage(data["passage"], at=f"{at}.passage") if "passage" in data else None
    return Item(
        id=_identifier(data, at=at),
        type=kind,
        form=form,
        point=_point(data, form, at=at),
        skill=_skill(data, form, at=at),
        stem=fields.text(fields.required(data, "stem", at=at), at=f"{at}.stem"),
        explanation=fields.text(fields.required(data, "explanation", at=at), at=f"{at}.explanation"),
        passage=passage,
        choices=_choices(data, kind, passage, lang, at=at) if "choices" in _TYPE_KEYS[kind] else (),
        pairs=_pairs(data, at=at) if kind is ItemType.MATCH else (),
        answer=_answer(fields.required(data, "answer", at=at), at=f"{at}.answer")
        if kind is ItemType.NUMERIC
        else None,
        accepted=_short_accepted(data, at=at) if kind is ItemType.SHORT_TEXT else None,
        answer_lang=fields.optional_language(data, "answer_lang", at=at),
        text=fields.wording(fields.required(data, "text", at=at), at=f"{at}.text")
        if kind is ItemType.CLOZE
        else None,
        gaps=_gaps(data, lang, at=at) if kind is ItemType.CLOZE else (),
        audio=_audio(fields.required(data, "audio", at=at), at=f"{at}.audio")
        if kind is ItemType.LISTEN
        else None,
        prior=_prior(data.get("prior", DEFAULT_PRIOR), at=f"{at}.prior"),
        market=fields.string(data["market"], at=f"{at}.market") if "market" in data else None,
        lang=lang,
        source=fields.wording(data["source"], at=f"{at}.source") if "source" in data else None,
        rules=_rules(data, at=at),
    )


def item_document(item: Item) -> dict[str, Any]:
    """Write an item as JSON in the same format, so that `parse_item` gives an equal item."""
    document: dict[str, Any] = {
        "id": item.id,
        "type": item.type.value,
        "form": item.form.value,
        "point": item.point or None,
        "skill": item.skill.value if item.skill else None,
        "stem": dict(item.stem),
        "passage": _passage_document(item.passage) if item.passage else None,
        "choices": [_choice_document(choice) for choice in item.choices] or None,
        "pairs": [_pair_document(pair) for pair in item.pairs] or None,
        "answer": _answer_document(item.answer) if item.answer else None,
        "accepted": _accepted_document(item.accepted) if item.accepted else None,
        "answer_lang": item.answer_lang,
        "text": _wording_document(item.text),
        "gaps": [_gap_document(gap) for gap in item.gaps] or None,
        "audio": {"lang": item.audio.lang, "text": item.audio.text} if item.audio else None,
        "explanation": dict(item.explanation),
        "prior": item.prior,
        "market": item.market,
        "lang": item.lang,
        "source": _wording_document(item.source),
        "rules": list(item.rules) or None,
    }
    return _without_empty(document)


# Parts of an item


def _point(data: Mapping[str, Any], form: Form, *, at: str) -> str:
    if form is not Form.NEEDS:
        return fields.string(fields.required(data, "point", at=at), at=f"{at}.point")
    if "point" in data:
        raise ItemError(f"{at}.point", "an item of the needs analysis has no point")
    return ""


def _skill(data: Mapping[str, Any], form: Form, *, at: str) -> Skill | None:
    if form is not Form.NEEDS and "skill" not in data:
        return None
    return fields.one_of(Skill, fields.required(data, "skill", at=at), at=f"{at}.skill")


def _rules(data: Mapping[str, Any], *, at: str) -> tuple[str, ...]:
    if "rules" not in data:
        return ()
    at = f"{at}.rules"
    rules = [fields.string(rule, at=at) for rule in fields.rows(data, "rules", at=at, least=1)]
    fields.refuse_repeated(rules, "rule", at=at)
    return tuple(rules)


def _item_type(data: Mapping[str, Any], *, at: str) -> ItemType:
    given = fields.required(data, "type", at=at)
    if isinstance(given, str) and given in LATER_TYPES:
        raise ItemError(f"{at}.type", f"{given!r} comes with practice and cannot be used yet")
    return fields.one_of(ItemType, given, at=f"{at}.type")


def _identifier(data: Mapping[str, Any], *, at: str) -> str:
    given = fields.string(fields.required(data, "id", at=at), at=f"{at}.id")
    if not _ID.fullmatch(given):
        raise ItemError(f"{at}.id", f"{given!r} must be small letters, digits and hyphens")
    return given


def _passage(raw: object, *, at: str) -> Passage:
    data = fields.mapping(raw, at=at)
    fields.refuse_unknown(data, {"lang", "text", "gloss"}, at=at)
    text = fields.string(fields.required(data, "text", at=at), at=f"{at}.text")
    left = MARK.sub("", text)
    if "[[" in left or "]]" in left:
        raise ItemError(f"{at}.text", "a mark is written [[choice-id|words]]")
    return Passage(
        lang=fields.language(fields.required(data, "lang", at=at), at=f"{at}.lang"),
        text=text,
        gloss=fields.text(data["gloss"], at=f"{at}.gloss") if "gloss" in data else None,
    )


def _choices(
    data: Mapping[str, Any], kind: ItemType, passage: Passage | None, lang: str | None, *, at: str
) -> tuple[Choice, ...]:
    at = f"{at}.choices"
    marks = [mark.group(1) for mark in MARK.finditer(passage.text)] if passage else []
    rows = fields.rows(data, "choices", at=at, least=2)
    choices = tuple(
        _choice(row, marks, lang, with_right=kind is not ItemType.ORDER, at=f"{at}[{index}]")
        for index, row in enumerate(rows)
    )
    fields.refuse_repeated([choice.id for choice in choices], "id", at=at)
    fields.refuse_same_wording([choice.text for choice in choices], at=at)
    _check_marks(marks, {choice.id for choice in choices}, at=at)
    _check_right(sum(choice.right for choice in choices), kind, at=at)
    return choices


def _choice(raw: object, marks: Collection[str], lang: str | None, *, with_right: bool, at: str) -> Choice:
    data = fields.mapping(raw, at=at)
    fields.refuse_unknown(data, {"id", "text", "lang", "why"} | ({"right"} if with_right else set()), at=at)
    identifier = _identifier(data, at=at)
    right = data.get("right", False)
    if not isinstance(right, bool):
        raise ItemError(f"{at}.right", "must be true or false")
    if "text" not in data and identifier not in marks:
        raise ItemError(f"{at}.text", "is missing (only a choice marked in the passage needs none)")
    text = fields.wording(data["text"], at=f"{at}.text") if "text" in data else None
    own_lang = fields.optional_language(data, "lang", at=at)
    if isinstance(text, str) and own_lang is None and lang is None:
        raise ItemError(f"{at}.lang", "is missing: a single string needs the language that it is in")
    return Choice(id=identifier, text=text, lang=own_lang, right=right, why=_why(data, at=at))


def _check_marks(marks: list[str], ids: Collection[str], *, at: str) -> None:
    fields.refuse_repeated(marks, "mark in the passage", at=at)
    for mark in marks:
        if mark not in ids:
            raise ItemError(at, f"the passage marks {mark!r}, which is no choice")


def _check_right(count: int, kind: ItemType, *, at: str) -> None:
    if kind in (ItemType.SINGLE, ItemType.LISTEN) and count != 1:
        raise ItemError(at, f"exactly one choice must be `right: true`; {count} are")
    if kind is ItemType.MULTIPLE and count == 0:
        raise ItemError(at, "at least one choice must be `right: true`")


def _pairs(data: Mapping[str, Any], *, at: str) -> tuple[Pair, ...]:
    at = f"{at}.pairs"
    rows = fields.rows(data, "pairs", at=at, least=2)
    pairs = tuple(_pair(row, at=f"{at}[{index}]") for index, row in enumerate(rows))
    fields.refuse_repeated([pair.id for pair in pairs], "id", at=at)
    fields.refuse_same_wording([pair.left for pair in pairs], at=at)
    if all(pair.right == pairs[0].right for pair in pairs):
        raise ItemError(at, "all right sides are the same: there is nothing to match")
    return pairs


def _pair(raw: object, *, at: str) -> Pair:
    data = fields.mapping(raw, at=at)
    fields.refuse_unknown(data, {"id", "left", "right", "why", "lang"}, at=at)
    return Pair(
        id=_identifier(data, at=at),
        left=fields.wording(fields.required(data, "left", at=at), at=f"{at}.left"),
        right=fields.wording(fields.required(data, "right", at=at), at=f"{at}.right"),
        why=_why(data, at=at),
        lang=fields.optional_language(data, "lang", at=at),
    )


def _answer(raw: object, *, at: str) -> NumericAnswer:
    data = fields.mapping(raw, at=at)
    fields.refuse_unknown(data, {"value", "tolerance", "unit"}, at=at)
    tolerance = fields.number(data.get("tolerance", 0), at=f"{at}.tolerance")
    if tolerance < 0:
        raise ItemError(f"{at}.tolerance", "must not be negative")
    return NumericAnswer(
        value=fields.number(fields.required(data, "value", at=at), at=f"{at}.value"),
        tolerance=tolerance,
        unit=fields.text(data["unit"], at=f"{at}.unit") if "unit" in data else None,
    )


def _short_accepted(data: Mapping[str, Any], *, at: str) -> Accepted:
    accepted = _accepted(fields.required(data, "accepted", at=at), at=f"{at}.accepted")
    answer_lang = fields.optional_language(data, "answer_lang", at=at)
    fields.require_languages(
        accepted, (answer_lang,) if answer_lang else REQUIRED_LANGUAGES, at=f"{at}.accepted"
    )
    return accepted


def _gaps(data: Mapping[str, Any], lang: str | None, *, at: str) -> tuple[Gap, ...]:
    text = fields.wording(fields.required(data, "text", at=at), at=f"{at}.text")
    if isinstance(text, str):
        languages: tuple[str, ...] = (lang,) if lang else ()
    else:
        languages = REQUIRED_LANGUAGES
    rows = fields.rows(data, "gaps", at=f"{at}.gaps", least=1)
    gaps = tuple(_gap(row, languages, at=f"{at}.gaps[{index}]") for index, row in enumerate(rows))
    fields.refuse_repeated([gap.id for gap in gaps], "id", at=f"{at}.gaps")
    for where, words in fields.readings(text, at=f"{at}.text"):
        _check_gaps(words, [gap.id for gap in gaps], at=where)
    return gaps


def _gap(raw: object, languages: tuple[str, ...], *, at: str) -> Gap:
    data = fields.mapping(raw, at=at)
    fields.refuse_unknown(data, {"id", "accepted", "why"}, at=at)
    accepted = _accepted(fields.required(data, "accepted", at=at), at=f"{at}.accepted")
    fields.require_languages(accepted, languages, at=f"{at}.accepted")
    return Gap(id=_identifier(data, at=at), accepted=accepted, why=_why(data, at=at))


def _check_gaps(words: str, ids: list[str], *, at: str) -> None:
    written = GAP.findall(words)
    left = GAP.sub("", words)
    if "{{" in left or "}}" in left:
        raise ItemError(at, "a gap is written {{id}}")
    for identifier in ids:
        if written.count(identifier) != 1:
            raise ItemError(at, f"the gap {{{{{identifier}}}}} must stand in the text exactly once")
    for identifier in written:
        if identifier not in ids:
            raise ItemError(at, f"{{{{{identifier}}}}} is not among the gaps")


def _audio(raw: object, *, at: str) -> Audio:
    data = fields.mapping(raw, at=at)
    fields.refuse_unknown(data, {"lang", "text"}, at=at)
    return Audio(
        lang=fields.language(fields.required(data, "lang", at=at), at=f"{at}.lang"),
        text=fields.string(fields.required(data, "text", at=at), at=f"{at}.text"),
    )


def _accepted(raw: object, *, at: str) -> Accepted:
    data = fields.mapping(raw, at=at)
    if not data:
        raise ItemError(at, "needs at least one language")
    return {
        fields.language(lang, at=at): _answers(answers, lang, at=f"{at}.{lang}")
        for lang, answers in data.items()
    }


def _answers(raw: object, lang: str, *, at: str) -> tuple[str, ...]:
    if not isinstance(raw, list | tuple) or not raw:
        raise ItemError(at, "must be a list of at least one answer")
    answers = tuple(fields.string(answer, at=f"{at}[{index}]") for index, answer in enumerate(raw))
    for index, answer in enumerate(answers):
        if not normalise(answer, lang):
            raise ItemError(f"{at}[{index}]", "must hold more than punctuation")
    return answers


def _why(data: Mapping[str, Any], *, at: str) -> Text | None:
    return fields.text(data["why"], at=f"{at}.why") if "why" in data else None


def _prior(raw: object, *, at: str) -> float:
    prior = fields.number(raw, at=at)
    if not 0 <= prior <= 1:
        raise ItemError(at, "must be a chance from 0 to 1")
    return prior


# Documents


def _without_empty(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if value is not None}


def _wording_document(wording: Wording | None) -> str | dict[str, str] | None:
    return wording if wording is None or isinstance(wording, str) else dict(wording)


def _accepted_document(accepted: Accepted) -> dict[str, list[str]]:
    return {lang: list(answers) for lang, answers in accepted.items()}


def _passage_document(passage: Passage) -> dict[str, Any]:
    return _without_empty(
        {"lang": passage.lang, "text": passage.text, "gloss": _wording_document(passage.gloss)}
    )


def _choice_document(choice: Choice) -> dict[str, Any]:
    return _without_empty(
        {
            "id": choice.id,
            "text": _wording_document(choice.text),
            "lang": choice.lang,
            "right": choice.right or None,
            "why": _wording_document(choice.why),
        }
    )


def _pair_document(pair: Pair) -> dict[str, Any]:
    return _without_empty(
        {
            "id": pair.id,
            "left": _wording_document(pair.left),
            "right": _wording_document(pair.right),
            "why": _wording_document(pair.why),
            "lang": pair.lang,
        }
    )


def _gap_document(gap: Gap) -> dict[str, Any]:
    return _without_empty(
        {"id": gap.id, "accepted": _accepted_document(gap.accepted), "why": _wording_document(gap.why)}
    )


def _answer_document(answer: NumericAnswer) -> dict[str, Any]:
    return _without_empty(
        {"value": answer.value, "tolerance": answer.tolerance, "unit": _wording_document(answer.unit)}
    )
