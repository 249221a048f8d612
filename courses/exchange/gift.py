"""Items as GIFT, the text format of Moodle (docs.moodle.org, "GIFT format").

Carries single and multiple choice, match, numeric and short text. What GIFT has no place for stands in a
comment line `// crossdesk {…}`, which other programs skip. Read besides: true or false, and number ranges.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from courses.exchange.errors import Fault, Reading
from courses.exchange.raw import RawItem, read_raw
from courses.exchange.said import (
    Defaults,
    Said,
    SaidPart,
    accepted_answers,
    aside_text,
    choice_words,
    raw_item,
    read_aside,
)
from courses.exchange.texts import ALL, html_of, words_of
from quizzes.item import Item, ItemType, Text, Wording

CARRIED = (ItemType.SINGLE, ItemType.MULTIPLE, ItemType.MATCH, ItemType.NUMERIC, ItemType.SHORT_TEXT)
MAX_BYTES = 4_000_000
MAX_QUESTIONS = 2_000

_SPECIAL = "~=#{}:\\"
_SHIFT = 0xE000
"""Escaped characters are moved into the private use area while the syntax is read."""
_PRIVATE = re.compile(r"[\ue000-\uf8ff]")
_NOTE = "// crossdesk "
_TITLE = re.compile(r"\s*::(.*?)::", re.DOTALL)
_FORMAT = re.compile(r"\s*\[(html|moodle|plain|markdown)\]", re.IGNORECASE)
_ANSWER = re.compile(r"([=~])([^=~]*)")
_WEIGHT = re.compile(r"\s*%(-?[0-9]{1,3}(?:\.[0-9]{1,6})?)%")
_NUMBER = r"[-+]?[0-9]{1,13}(?:\.[0-9]{1,18})?(?:[eE][-+]?[0-9]{1,2})?"
_NEAR = re.compile(rf"({_NUMBER})(?::({_NUMBER}))?", re.ASCII)
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})", re.ASCII)
_TRUTH: dict[str, bool] = {"T": True, "TRUE": True, "F": False, "FALSE": False}
TRUE: Text = {"zh-CN": "对", "en": "True"}
FALSE: Text = {"zh-CN": "错", "en": "False"}


# Out


def write_gift(items: Sequence[Item], *, language: str = ALL) -> bytes:
    """Answer the file; items whose type GIFT does not carry must have been left out (ValueError)."""
    return "\n\n".join(_question(item, language) for item in items).encode("utf-8") + b"\n"


def _question(item: Item, language: str) -> str:
    if item.type not in CARRIED:
        raise ValueError(f"GIFT does not carry {item.type}")

    def words(given: Wording) -> str:
        return _escaped(html_of(given, language))

    answers = list(_answers(item, words))
    explained = f"####{words(item.explanation)}"
    body = "\n".join([*answers, explained])
    start = "{#" if item.type is ItemType.NUMERIC else "{"
    return f"{_NOTE}{aside_text(item)}\n::{item.id}::[html]{words(item.stem)}{start}\n{body}\n}}"


def _answers(item: Item, words: Callable[[Wording], str]) -> Iterator[str]:
    match item.type:
        case ItemType.SINGLE | ItemType.MULTIPLE:
            share = 100 / sum(choice.right for choice in item.choices)
            for choice in item.choices:
                if item.type is ItemType.SINGLE:
                    sign = "=" if choice.right else "~"
                else:
                    sign = f"~%{share:.5f}%" if choice.right else "~%-100%"
                why = f"#{words(choice.why)}" if choice.why else ""
                yield f"{sign}{words(choice_words(item, choice))}{why}"
        case ItemType.MATCH:
            for pair in item.pairs:
                yield f"={words(pair.left)} -> {words(pair.right)}"
        case ItemType.NUMERIC:
            assert item.answer is not None
            yield f"{item.answer.value!r}:{item.answer.tolerance!r}"
        case _:
            for answer in accepted_answers(item):
                yield "=" + _escaped(answer).replace("\n", "\\n")  # compared as it is: no HTML


def _escaped(text: str) -> str:
    return re.sub(f"[{re.escape(_SPECIAL)}]", lambda found: "\\" + found[0], text)


# In


@dataclass
class _Block:
    """The lines of one question."""

    line: int
    text: list[str] = field(default_factory=list)
    aside: str | None = None


class _Wrong(Exception):
    """Why a question cannot be taken: (part, message)."""


def read_gift(content: bytes, *, defaults: Defaults) -> Reading:
    """Answer the items of a GIFT file; faults name the question, counted from 1, and its line."""
    if len(content) > MAX_BYTES:
        return Reading((), (), (Fault("", "", f"is larger than {MAX_BYTES // 1_000_000} MB"),))
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        return Reading((), (), (Fault("", "", f"is not UTF-8: {error}"),))
    if _PRIVATE.search(text):
        return Reading((), (), (Fault("", "", "holds characters of the private use area"),))
    raw: list[RawItem] = []
    faults: list[Fault] = []
    blocks = list(_blocks(text))
    if len(blocks) > MAX_QUESTIONS:
        return Reading((), (), (Fault("", "", f"more than {MAX_QUESTIONS} questions"),))
    for number, block in enumerate(blocks, start=1):
        place = f"question {number}, line {block.line}"
        try:
            raw.append(raw_item(_said(block, place, number), defaults))
        except _Wrong as wrong:
            faults.append(Fault(place, *wrong.args))
    return read_raw(raw, faults=faults)


def _blocks(text: str) -> Iterator[_Block]:
    block: _Block | None = None
    aside: str | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith(_NOTE):
            aside = line.removeprefix(_NOTE)
        elif line.lstrip().startswith(("//", "$CATEGORY:")):
            continue
        elif line.strip():
            if block is None:
                block, aside = _Block(number, aside=aside), None
            block.text.append(line)
        elif block is not None:
            yield block
            block = None
    if block is not None:
        yield block


def _said(block: _Block, place: str, number: int) -> Said:
    text = re.sub(r"\\([~=#{}:\\n])", _moved, "\n".join(block.text))
    title = _TITLE.match(text)
    if title:
        text = text[title.end() :]
    named = _FORMAT.match(text)
    if named:
        text = text[named.end() :]
    if text.count("{") != 1 or text.count("}") != 1 or text.index("{") > text.index("}"):
        raise _Wrong("", "needs its answers once, between { and }")
    before, _, rest = text.partition("{")
    inside, _, after = rest.partition("}")
    stem = f"{before.strip()} _____ {after.strip()}" if after.strip() else before.strip()
    plain = bool(named and named[1].lower() in ("plain", "markdown"))
    return _answered(
        place,
        _back(title[1]).strip() if title else f"imported-{number}",
        _Words(plain).of(stem),
        inside,
        _Words(plain),
        _aside(block.aside),
    )


@dataclass(frozen=True)
class _Words:
    """Reads words in the format of their question."""

    plain: bool

    def of(self, source: str) -> Wording:
        words = _back(source.strip())
        return words if self.plain else words_of(words)


def _answered(
    place: str, id: str, stem: Wording, inside: str, words: _Words, aside: dict[str, object]
) -> Said:
    inside, mark, general = inside.partition("####")
    explanation = words.of(general) if mark else None
    inside = inside.strip()

    def said(kind: ItemType, **answers: object) -> Said:
        return Said(
            place=place,
            id=id,
            kind=kind,
            stem=stem,
            explanation=explanation,
            aside=aside,
            **answers,  # type: ignore[arg-type]
        )

    if not inside:
        raise _Wrong("", "an essay question has no answer that could be marked")
    if inside.startswith("#"):
        value, tolerance = _number(inside[1:])
        return said(ItemType.NUMERIC, value=value, tolerance=tolerance)
    truth = inside.partition("#")[0].strip().upper()
    if truth in _TRUTH:
        right = _TRUTH[truth]
        both_ways = (SaidPart(words=TRUE, right=right), SaidPart(words=FALSE, right=not right))
        return said(ItemType.SINGLE, parts=both_ways)
    if not inside.startswith(("=", "~")):
        raise _Wrong("", "each answer begins with = or ~")
    found = [(sign, *_weighted(rest)) for sign, rest in _ANSWER.findall(inside)]
    if all(sign == "=" for sign, _, _ in found):
        if all("->" in rest for _, _, rest in found):
            sides = [rest.partition("->") for _, _, rest in found]
            return said(
                ItemType.MATCH,
                pairs=tuple((None, words.of(left), words.of(right)) for left, _, right in sides),
            )
        if any(weight not in (None, 100) for _, weight, _ in found):
            raise _Wrong("", "an answer that is partly right cannot be kept")
        return said(ItemType.SHORT_TEXT, accepted=tuple(_typed(rest) for _, _, rest in found))
    if any(sign == "=" for sign, _, _ in found) and any((weight or 0) > 0 for _, weight, _ in found):
        raise _Wrong("", "a choice that is partly right cannot be kept")
    parts = tuple(_choice(sign, weight, rest, words) for sign, weight, rest in found)
    single = sum(part.right for part in parts) == 1 and any(sign == "=" for sign, _, _ in found)
    return said(ItemType.SINGLE if single else ItemType.MULTIPLE, parts=parts)


def _weighted(answer: str) -> tuple[float | None, str]:
    weight = _WEIGHT.match(answer)
    return (float(weight[1]), answer[weight.end() :]) if weight else (None, answer)


def _choice(sign: str, weight: float | None, answer: str, words: _Words) -> SaidPart:
    text, mark, why = answer.partition("#")
    return SaidPart(
        words=words.of(text),
        right=weight > 0 if weight is not None else sign == "=",
        why=words.of(why) if mark and why.strip() else None,
    )


def _typed(answer: str) -> str:
    return _back(answer.partition("#")[0].strip())


def _number(given: str) -> tuple[float, float]:
    given = given.strip().removeprefix("=").partition("#")[0].strip()
    near = _NEAR.fullmatch(given)
    if near:
        return float(near[1]), float(near[2] or 0)
    between = _RANGE.fullmatch(given)
    if between:
        low, high = float(between[1]), float(between[2])
        return (low + high) / 2, (high - low) / 2
    raise _Wrong("", f"{_back(given)[:40]!r} is no number, number:tolerance or low..high")


def _aside(text: str | None) -> dict[str, object]:
    try:
        return {} if text is None else read_aside(text)
    except ValueError as error:
        raise _Wrong("", str(error)) from None


def _moved(found: re.Match[str]) -> str:
    return "\n" if found[1] == "n" else chr(_SHIFT + ord(found[1]))


def _back(text: str) -> str:
    return _PRIVATE.sub(lambda found: chr(ord(found[0]) - _SHIFT), text)
