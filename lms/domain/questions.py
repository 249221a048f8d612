"""Questions as pages show them: finished values in the page's language, nothing of right or wrong too early.

Pure: an item, what was given, and how much may be shown, in; a view out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from courses.course import in_language
from lms.domain.quizzes import shuffled
from quizzes.grading import Grade, correct_response, grade
from quizzes.item import Choice, Gap, Item, ItemType, Pair, Skill, Text, Wording
from quizzes.parse import GAP, MARK

SHOWN_AFTER_TRIES = 2
"""Wrong tries in a lesson after which the explanation is shown, so that nobody is stuck."""


class Phase(StrEnum):
    """How much of a question may be shown."""

    ASK = "ask"
    AGAIN = "again"
    """A lesson's interaction after a wrong try: why it was wrong, not what is right."""
    DONE = "done"


@dataclass(frozen=True, kw_only=True)
class Given:
    """What was answered, or what stands in a form that came back."""

    response: Any = None
    """Response JSON, perhaps incomplete."""
    phase: Phase = Phase.ASK
    tries: int = 0
    sure: bool | None = None


@dataclass(frozen=True, kw_only=True)
class ChoiceView:
    """One choice. `right` and `why` stay empty until they may be seen."""

    id: str
    key: str
    text: str
    lang: str | None
    chosen: bool
    right: bool | None = None
    why: str | None = None


@dataclass(frozen=True, kw_only=True)
class LineView:
    """One line to put in order."""

    id: str
    text: str
    lang: str | None
    place: int
    right_place: int | None = None
    why: str | None = None

    @property
    def right(self) -> bool:
        """Whether it stands where it belongs."""
        return self.place == self.right_place


@dataclass(frozen=True, kw_only=True)
class OptionView:
    """A right side to choose from."""

    id: str
    text: str
    lang: str | None


@dataclass(frozen=True, kw_only=True)
class PairView:
    """A left side, and what was matched to it."""

    id: str
    text: str
    lang: str | None
    chosen: str | None
    chosen_text: str | None = None
    right: bool | None = None
    right_text: str | None = None
    why: str | None = None


@dataclass(frozen=True, kw_only=True)
class GapView:
    """A gap of a text."""

    id: str
    number: int
    lang: str | None
    value: str
    right: bool | None = None
    accepted: str | None = None
    why: str | None = None


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A stretch of text, a gap in it, or marked words that stand for a choice."""

    text: str = ""
    gap: GapView | None = None
    key: str | None = None


@dataclass(frozen=True, kw_only=True)
class PassageView:
    """Quoted material."""

    lang: str
    pieces: tuple[Piece, ...]
    gloss: str | None


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why one part of an answer was not right."""

    text: str | None
    lang: str | None
    why: str


@dataclass(frozen=True, kw_only=True)
class ItemView:
    """A question as a page shows it."""

    item_id: str
    type: ItemType
    phase: Phase
    skill: Skill
    market: str | None
    stem: str
    passage: PassageView | None = None
    choices: tuple[ChoiceView, ...] = ()
    lines: tuple[LineView, ...] = ()
    pairs: tuple[PairView, ...] = ()
    options: tuple[OptionView, ...] = ()
    pieces: tuple[Piece, ...] = ()
    text_lang: str | None = None
    value: str = ""
    answer_lang: str | None = None
    unit: str | None = None
    audio_text: str | None = None
    audio_lang: str | None = None
    correct: bool | None = None
    score: float | None = None
    sure: bool | None = None
    right_answer: str | None = None
    """Numeric and short text: the model answer."""
    explanation: str | None = None
    source: str | None = None
    slug: str | None = None
    lesson_id: str | None = None
    """Where it stands in a lesson."""
    reasons: tuple[Reason, ...] = ()
    """AGAIN: why what was given is not right."""

    @property
    def done(self) -> bool:
        """Whether everything may be seen."""
        return self.phase is Phase.DONE


def item_view(item: Item, *, skill: Skill, language: str, seed: str, given: Given | None = None) -> ItemView:
    """Answer a question in a language. `skill`: the point's, for an item without; `seed` orders choices."""
    given = given or Given()
    writer = _Writer(item, language=language, seed=seed, given=given)
    done = given.phase is Phase.DONE
    tried = given.phase is not Phase.ASK
    return ItemView(
        item_id=item.id,
        type=item.type,
        phase=given.phase,
        skill=item.skill or skill,
        market=item.market,
        stem=in_language(item.stem, language),
        passage=writer.passage(),
        choices=writer.choices(),
        lines=writer.lines(),
        pairs=writer.pairs(),
        options=writer.options(),
        pieces=writer.pieces(),
        text_lang=item.lang if isinstance(item.text, str) else None,
        value=given.response if isinstance(given.response, str) else "",
        answer_lang=item.answer_lang,
        unit=None
        if item.answer is None or item.answer.unit is None
        else in_language(item.answer.unit, language),
        audio_text=item.audio.text if item.audio else None,
        audio_lang=item.audio.lang if item.audio else None,
        correct=writer.grade.correct if writer.grade else None,
        score=writer.grade.score if writer.grade else None,
        sure=given.sure,
        right_answer=writer.right_answer() if done else None,
        explanation=in_language(item.explanation, language)
        if done or (tried and given.tries >= SHOWN_AFTER_TRIES)
        else None,
        source=_source(item, language) if done else None,
        reasons=writer.reasons() if given.phase is Phase.AGAIN else (),
    )


def choice_order(item: Item, *, seed: str) -> tuple[Choice, ...]:
    """Answer the choices as they are served: shuffled, or in the order of their marks in the passage."""
    marks = _marks(item)
    if marks:
        places = list(marks)
        return tuple(
            sorted(item.choices, key=lambda one: places.index(one.id) if one.id in marks else len(places))
        )
    return shuffled(item.choices, seed=seed, avoid_own=item.type is ItemType.ORDER)


class _Writer:
    """Writes the parts of one question; what is not yet to be seen is left empty."""

    def __init__(self, item: Item, *, language: str, seed: str, given: Given) -> None:
        self.item = item
        self.language = language
        self.seed = seed
        self.response = given.response
        self.done = given.phase is Phase.DONE
        self.grade: Grade | None = None if given.phase is Phase.ASK else grade(item, given.response)

    def choices(self) -> tuple[ChoiceView, ...]:
        if self.item.type not in (ItemType.SINGLE, ItemType.MULTIPLE, ItemType.LISTEN):
            return ()
        chosen = self.response if isinstance(self.response, list) else [self.response]
        return tuple(
            ChoiceView(
                id=choice.id,
                key=str(number),
                text=self._choice_text(choice)[0],
                lang=self._choice_text(choice)[1],
                chosen=choice.id in chosen,
                right=choice.right if self.done else None,
                why=self._why(choice.why) if self.done else None,
            )
            for number, choice in enumerate(choice_order(self.item, seed=self.seed), start=1)
        )

    def lines(self) -> tuple[LineView, ...]:
        if self.item.type is not ItemType.ORDER:
            return ()
        served = choice_order(self.item, seed=self.seed)
        own = {choice.id: place for place, choice in enumerate(self.item.choices, start=1)}
        given = self._places()
        lines = [
            LineView(
                id=line.id,
                text=self._choice_text(line)[0],
                lang=self._choice_text(line)[1],
                place=given.get(line.id, place),
                right_place=own[line.id] if self.done else None,
                why=self._why(line.why) if self.done else None,
            )
            for place, line in enumerate(served, start=1)
        ]
        return tuple(sorted(lines, key=lambda line: line.right_place or 0)) if self.done else tuple(lines)

    def _places(self) -> Mapping[str, int]:
        if isinstance(self.response, dict):
            return self.response
        ids = self.response if isinstance(self.response, list) else []
        return {identifier: place for place, identifier in enumerate(ids, start=1)}

    def pairs(self) -> tuple[PairView, ...]:
        chosen = self.response if isinstance(self.response, dict) else {}
        rights = {pair.id: self._words(pair.right) for pair in self.item.pairs}
        return tuple(
            PairView(
                id=pair.id,
                text=self._words(pair.left),
                lang=self._pair_lang(pair, pair.left),
                chosen=chosen.get(pair.id),
                chosen_text=rights.get(chosen.get(pair.id, "")),
                right=self.grade.parts[pair.id] if self.grade and self.done else None,
                right_text=rights[pair.id] if self.done else None,
                why=self._why(pair.why) if self.done else None,
            )
            for pair in self.item.pairs
        )

    def options(self) -> tuple[OptionView, ...]:
        """The right sides, each wording once."""
        options: dict[str, OptionView] = {}
        for pair in shuffled(self.item.pairs, seed=self.seed, avoid_own=True):
            words = self._words(pair.right)
            if words not in options:
                options[words] = OptionView(id=pair.id, text=words, lang=self._pair_lang(pair, pair.right))
        return tuple(options.values())

    def pieces(self) -> tuple[Piece, ...]:
        if self.item.text is None:
            return ()
        gaps = {gap.id: (number, gap) for number, gap in enumerate(self.item.gaps, start=1)}
        parts = GAP.split(self._words(self.item.text))
        return tuple(
            Piece(gap=self._gap(*gaps[part])) if place % 2 else Piece(text=part)
            for place, part in enumerate(parts)
            if place % 2 or part
        )

    def _gap(self, number: int, gap: Gap) -> GapView:
        given = self.response if isinstance(self.response, dict) else {}
        return GapView(
            id=gap.id,
            number=number,
            lang=self.item.lang if isinstance(self.item.text, str) else None,
            value=str(given.get(gap.id, "")),
            right=self.grade.parts[gap.id] if self.grade and self.done else None,
            accepted=in_language({lang: answers[0] for lang, answers in gap.accepted.items()}, self.language)
            if self.done
            else None,
            why=self._why(gap.why) if self.done else None,
        )

    def passage(self) -> PassageView | None:
        passage = self.item.passage
        if passage is None:
            return None
        keys = {
            choice.id: str(number)
            for number, choice in enumerate(choice_order(self.item, seed=self.seed), start=1)
        }
        parts = MARK.split(passage.text)
        pieces = []
        for place in range(0, len(parts), 3):
            pieces.append(Piece(text=parts[place]))
            if place + 2 < len(parts):
                pieces.append(Piece(text=parts[place + 2], key=keys.get(parts[place + 1])))
        return PassageView(
            lang=passage.lang,
            pieces=tuple(piece for piece in pieces if piece.text),
            gloss=in_language(passage.gloss, self.language) if passage.gloss else None,
        )

    def right_answer(self) -> str | None:
        if self.item.type not in (ItemType.NUMERIC, ItemType.SHORT_TEXT):
            return None
        return str(correct_response(self.item, lang=self.language))

    def reasons(self) -> tuple[Reason, ...]:
        """Why the parts that were given are wrong; a right part says nothing, lest it tells the rest."""
        match self.item.type:
            case ItemType.SINGLE | ItemType.LISTEN | ItemType.MULTIPLE:
                chosen = self.response if isinstance(self.response, list) else [self.response]
                wrong = [one for one in self.item.choices if one.id in chosen and not one.right]
                return tuple(
                    Reason(text=self._choice_text(one)[0], lang=self._choice_text(one)[1], why=why)
                    for one in wrong
                    if (why := self._why(one.why))
                )
            case ItemType.CLOZE:
                parts = self.grade.parts if self.grade else {}
                return tuple(
                    Reason(text=str(self.response.get(gap.id, "")), lang=self.item.lang, why=why)
                    for gap in self.item.gaps
                    if not parts.get(gap.id) and (why := self._why(gap.why))
                )
            case _:
                return ()

    def _choice_text(self, choice: Choice) -> tuple[str, str | None]:
        if choice.text is None:
            passage = self.item.passage
            return _marks(self.item).get(choice.id, choice.id), passage.lang if passage else None
        own = isinstance(choice.text, str)
        return self._words(choice.text), (choice.lang or self.item.lang) if own else None

    def _pair_lang(self, pair: Pair, wording: Wording) -> str | None:
        return (pair.lang or self.item.lang) if isinstance(wording, str) else None

    def _words(self, wording: Wording) -> str:
        return wording if isinstance(wording, str) else in_language(wording, self.language)

    def _why(self, why: Text | None) -> str | None:
        return in_language(why, self.language) if why else None


def _marks(item: Item) -> dict[str, str]:
    return dict(MARK.findall(item.passage.text)) if item.passage else {}


def _source(item: Item, language: str) -> str | None:
    if item.source is None or isinstance(item.source, str):
        return item.source
    return in_language(item.source, language)
