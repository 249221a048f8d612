"""Mark an answer. `grade` is total: any JSON value gives a Grade or a ResponseError, never a crash.

Twin of courses/packages/player/grading.js; both stand under tests/vectors/grading.json.
Response JSON: single, listen "a" · multiple ["a", "c"] · order ["b", "a"] · match {"a": "b"} ·
numeric "12.5" · short_text "text" · cloze {"g1": "text"}.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias, Union

from quizzes.errors import ResponseError as ResponseError
from quizzes.item import Accepted, Gap, Item, ItemType, NumericAnswer, Pair
from quizzes.typed import LONGEST_TYPED, plausible_numbers
from quizzes.typed import normalise as normalise

Json: TypeAlias = Union[bool, int, float, str, "list[Json]", "dict[str, Json]", None]

TYPED_GUESS = 0.02
"""Chance of guessing a typed answer (numeric, short text, cloze)."""

ROUNDING = 1e-9
"""Room for binary fractions when a number is compared with its tolerance, relative above 1."""


@dataclass(frozen=True, kw_only=True)
class Grade:
    """The mark of one answer."""

    score: float
    """0..1, with part marks."""
    correct: bool
    """Full marks."""
    parts: Mapping[str, bool]
    """Choice, line, left side or gap -> whether it was handled rightly; empty for one-part items."""


def grade(item: Item, response: object) -> Grade:
    """Mark a response. Raises ResponseError where it has not the shape that the item's type asks for."""
    match item.type:
        case ItemType.SINGLE | ItemType.LISTEN:
            return _grade_single(item, response)
        case ItemType.MULTIPLE:
            return _grade_multiple(item, response)
        case ItemType.ORDER:
            return _grade_order(item, response)
        case ItemType.MATCH:
            return _grade_match(item, response)
        case ItemType.NUMERIC:
            return _grade_numeric(item, response)
        case ItemType.SHORT_TEXT:
            return _grade_short_text(item, response)
        case ItemType.CLOZE:
            return _grade_cloze(item, response)
        case _:
            raise ValueError(f"no way to grade {item.type}")


def guess(item: Item, *, told: bool = False) -> float:
    """Answer the chance of full marks by guessing. `told`: the learner is told how many choices are right."""
    k = len(item.choices)
    match item.type:
        case ItemType.SINGLE | ItemType.LISTEN:
            return 1 / k
        case ItemType.MULTIPLE if told:
            return 1 / math.comb(k, len(_right_ids(item)))
        case ItemType.MULTIPLE:
            return 1 / ((1 << k) - 1)
        case ItemType.ORDER:
            return 1 / math.factorial(k)
        case ItemType.MATCH:
            return 1 / math.factorial(len(item.pairs))
        case _:
            return TYPED_GUESS


def correct_response(item: Item, *, lang: str | None = None) -> Json:
    """Answer a response with full marks; `lang` prefers the model answer of one language."""
    match item.type:
        case ItemType.SINGLE | ItemType.LISTEN:
            return _right_ids(item)[0]
        case ItemType.MULTIPLE:
            return list(_right_ids(item))
        case ItemType.ORDER:
            return [choice.id for choice in item.choices]
        case ItemType.MATCH:
            return {pair.id: pair.id for pair in item.pairs}
        case ItemType.NUMERIC:
            return _plain_number(_answer_of(item).value)
        case ItemType.SHORT_TEXT:
            return _model_answer(_accepted_of(item), item.answer_lang or lang)
        case ItemType.CLOZE:
            return {gap.id: _model_answer(gap.accepted, lang) for gap in item.gaps}
        case _:
            raise ValueError(f"no right answer to {item.type}")


# One function a type


def _grade_single(item: Item, response: object) -> Grade:
    chosen = _known_id(response, [choice.id for choice in item.choices])
    return _whole(chosen in _right_ids(item))


def _grade_multiple(item: Item, response: object) -> Grade:
    """Each right choice earns its share, each wrong one costs as much; never below 0."""
    chosen = _ids(response, [choice.id for choice in item.choices])
    right = _right_ids(item)
    parts = {choice.id: (choice.id in chosen) == choice.right for choice in item.choices}
    hits = sum(identifier in right for identifier in chosen)
    misses = len(chosen) - hits
    return Grade(score=max(0, hits - misses) / len(right), correct=all(parts.values()), parts=parts)


def _grade_order(item: Item, response: object) -> Grade:
    """A line counts where it stands in its own place."""
    ids = [choice.id for choice in item.choices]
    given = _ids(response, ids)
    if len(given) != len(ids):
        raise ResponseError(f"expected all {len(ids)} lines in an order")
    return _by_parts({identifier: given[place] == identifier for place, identifier in enumerate(ids)})


def _grade_match(item: Item, response: object) -> Grade:
    """A left side counts where it has its own right side, or one that reads the same."""
    pairs = {pair.id: pair for pair in item.pairs}
    given = _answers(response, pairs)
    chosen = {left: pairs[_known_id(right, pairs)] for left, right in given.items()}
    return _by_parts({pair.id: _belongs(pair, chosen.get(pair.id)) for pair in item.pairs})


def _belongs(pair: Pair, chosen: Pair | None) -> bool:
    return chosen is not None and chosen.right == pair.right


def _grade_numeric(item: Item, response: object) -> Grade:
    answer = _answer_of(item)
    typed = _typed(response)
    units = sorted(set((answer.unit or {}).values())) or [""]
    values = {value for unit in units for value in plausible_numbers(typed, unit=unit)}
    return _whole(any(_near(value, answer) for value in values))


def _near(value: float, answer: NumericAnswer) -> bool:
    room = answer.tolerance + ROUNDING * max(1.0, abs(answer.value))
    return abs(value - answer.value) <= room


def _grade_short_text(item: Item, response: object) -> Grade:
    return _whole(_accepts(_accepted_of(item), _typed(response), only=item.answer_lang))


def _grade_cloze(item: Item, response: object) -> Grade:
    given = _answers(response, [gap.id for gap in item.gaps])
    typed = {identifier: _typed(answer) for identifier, answer in given.items()}
    return _by_parts({gap.id: _fills(gap, typed.get(gap.id)) for gap in item.gaps})


def _fills(gap: Gap, typed: str | None) -> bool:
    return typed is not None and _accepts(gap.accepted, typed, only=None)


def _accepts(accepted: Accepted, typed: str, *, only: str | None) -> bool:
    """Compare in each language by its own rules; `only` one of them where the item says so."""
    return any(
        normalise(typed, lang) in {normalise(answer, lang) for answer in answers}
        for lang, answers in accepted.items()
        if only is None or lang == only
    )


# Shapes


def _known_id(response: object, known: Collection[str]) -> str:
    if not isinstance(response, str) or response not in known:
        raise ResponseError(f"expected one of {', '.join(known)}")
    return response


def _ids(response: object, known: Collection[str]) -> list[str]:
    if not isinstance(response, list | tuple):
        raise ResponseError(f"expected a list of ids out of {', '.join(known)}")
    ids = [_known_id(identifier, known) for identifier in response]
    if len(set(ids)) != len(ids):
        raise ResponseError("expected each id once")
    return ids


def _answers(response: object, known: Collection[str]) -> dict[str, object]:
    """Read an object of answers; a part left out is a part not answered."""
    if not isinstance(response, Mapping):
        raise ResponseError(f"expected an object with the keys {', '.join(known)}")
    return {_known_id(key, known): answer for key, answer in response.items()}


def _typed(response: object) -> str:
    if not isinstance(response, str):
        raise ResponseError("expected a text")
    if len(response) > LONGEST_TYPED:
        raise ResponseError(f"expected at most {LONGEST_TYPED} characters")
    return response


# Grades and right answers


def _whole(right: bool) -> Grade:
    return Grade(score=1.0 if right else 0.0, correct=right, parts={})


def _by_parts(parts: Mapping[str, bool]) -> Grade:
    return Grade(score=sum(parts.values()) / len(parts), correct=all(parts.values()), parts=parts)


def _right_ids(item: Item) -> tuple[str, ...]:
    return tuple(choice.id for choice in item.choices if choice.right)


def _model_answer(accepted: Accepted, lang: str | None) -> str:
    answers = accepted.get(lang) if lang else None
    return (answers or next(iter(accepted.values())))[0]


def _plain_number(value: float) -> str:
    """Write without an exponent and without an empty fraction: 18, 12.5."""
    written = format(Decimal(repr(value)), "f")
    return written.rstrip("0").rstrip(".") if "." in written else written


def _answer_of(item: Item) -> NumericAnswer:
    if item.answer is None:
        raise ValueError(f"{item.id} has no numeric answer")
    return item.answer


def _accepted_of(item: Item) -> Accepted:
    if item.accepted is None:
        raise ValueError(f"{item.id} has no accepted answers")
    return item.accepted
