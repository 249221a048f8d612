"""An item as an xAPI interaction: its type, choices, correct responses, and how a response is written.

Rules: xAPI 1.0.3 part 2, 2.4.4.1 (interaction activities) and appendix C.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from quizzes.errors import ResponseError
from quizzes.grading import correct_response
from quizzes.item import Accepted, Choice, Item, ItemType, NumericAnswer, Wording
from quizzes.parse import MARK
from quizzes.typed import plausible_numbers

BETWEEN = "[,]"
MATCHED = "[.]"
RANGE = "[:]"
MOST_PATTERNS = 40
"""Accepted answers that are listed; an item with more still grades by all of them."""

Json = dict[str, Any]


def interaction_definition(item: Item) -> Json:
    """Answer the interaction's part of an activity definition, with tincan's names."""
    match item.type:
        case ItemType.SINGLE | ItemType.LISTEN | ItemType.MULTIPLE:
            return {"interaction_type": "choice", "choices": _choices(item)} | _whole_pattern(item)
        case ItemType.ORDER:
            return {"interaction_type": "sequencing", "choices": _choices(item)} | _whole_pattern(item)
        case ItemType.MATCH:
            sides = {"source": _side(item, "left"), "target": _side(item, "right")}
            return {"interaction_type": "matching"} | sides | _whole_pattern(item)
        case ItemType.NUMERIC:
            return {"interaction_type": "numeric"} | _patterns([_numeric_pattern(item.answer)])
        case ItemType.SHORT_TEXT:
            patterns = islice(_accepted_patterns(item.accepted or {}), MOST_PATTERNS)
            return {"interaction_type": "fill-in"} | _patterns(patterns)
        case ItemType.CLOZE:
            return {"interaction_type": "fill-in"} | _patterns(_cloze_patterns(item))
        case _:
            raise ValueError(f"no interaction type for {item.type}")


def interaction_response(item: Item, response: Any) -> str:
    """Write a graded response as xAPI does: `a[,]c`, `a[.]b[,]c[.]d`, a number, a text."""
    match item.type:
        case ItemType.SINGLE | ItemType.LISTEN | ItemType.SHORT_TEXT:
            return str(response)
        case ItemType.MULTIPLE | ItemType.ORDER:
            return BETWEEN.join(response)
        case ItemType.MATCH:
            return BETWEEN.join(f"{left}{MATCHED}{right}" for left, right in response.items())
        case ItemType.NUMERIC:
            return _number(str(response))
        case ItemType.CLOZE:
            return BETWEEN.join(str(response.get(gap.id, "")) for gap in item.gaps)
        case _:
            raise ValueError(f"no way to write a response to {item.type}")


def _patterns(patterns: Iterable[str]) -> Json:
    return {"correct_responses_pattern": list(patterns)}


def _whole_pattern(item: Item) -> Json:
    return _patterns([interaction_response(item, correct_response(item))])


def _numeric_pattern(answer: NumericAnswer | None) -> str:
    if answer is None:
        raise ValueError("a numeric item has an answer")
    low, high = answer.value - answer.tolerance, answer.value + answer.tolerance
    return f"{low:g}{RANGE}{high:g}"


def _number(typed: str) -> str:
    """The number that was meant, where the typed text can be read as one; else the text."""
    try:
        values = plausible_numbers(typed)
    except ResponseError:
        return typed
    return f"{values[0]:.12g}" if values else typed


def _accepted_patterns(accepted: Accepted) -> Iterable[str]:
    for lang, answers in accepted.items():
        for answer in answers:
            yield f"{{case_matters=false}}{{lang={lang}}}{answer}"


def _cloze_patterns(item: Item) -> list[str]:
    """One pattern a language, of the model answers: all combinations would be too many."""
    languages = dict.fromkeys(lang for gap in item.gaps for lang in gap.accepted)
    return [
        f"{{case_matters=false}}{{lang={lang}}}" + BETWEEN.join(gap.accepted[lang][0] for gap in item.gaps)
        for lang in languages
        if all(lang in gap.accepted for gap in item.gaps)
    ]


def _choices(item: Item) -> list[Json]:
    marks = dict(MARK.findall(item.passage.text)) if item.passage else {}
    passage_lang = item.passage.lang if item.passage else None
    return [
        {"id": choice.id, "description": _choice_words(choice, item.lang, marks, passage_lang)}
        for choice in item.choices
    ]


def _side(item: Item, side: str) -> list[Json]:
    return [
        {"id": pair.id, "description": _words(getattr(pair, side), pair.lang or item.lang)}
        for pair in item.pairs
    ]


def _choice_words(
    choice: Choice, lang: str | None, marks: Mapping[str, str], passage_lang: str | None
) -> dict[str, str]:
    if choice.text is None:
        return {passage_lang or "und": marks.get(choice.id, choice.id)}
    return _words(choice.text, choice.lang or lang)


def _words(wording: Wording, lang: str | None) -> dict[str, str]:
    return {lang or "und": wording} if isinstance(wording, str) else dict(wording)
