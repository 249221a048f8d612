"""What a question is: plain frozen data. Reading it from a file is in `parse`, marking it in `grading`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Text = Mapping[str, str]
"""Language tag -> wording; zh-CN and en are always there."""

Wording = Text | str
"""A `Text`, or one string that is the same in whatever language the page is (`lang` says its own)."""

Accepted = Mapping[str, tuple[str, ...]]
"""Language tag -> answers that count as right in it, the model answer first."""

REQUIRED_LANGUAGES = ("zh-CN", "en")

DEFAULT_PRIOR = 0.5
"""Chance that an untrained agent answers right, where the author gave none."""


class ItemType(StrEnum):
    """How a question is asked and answered."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    ORDER = "order"
    MATCH = "match"
    NUMERIC = "numeric"
    SHORT_TEXT = "short_text"
    CLOZE = "cloze"
    LISTEN = "listen"


class Form(StrEnum):
    """Where an item may be met: in practice, in a form of the 7-day check, in a lesson, in the needs test."""

    PRACTICE = "practice"
    A = "A"
    B = "B"
    LESSON = "lesson"
    NEEDS = "needs"
    """Asks after a skill, before and after the course; has no point."""


class Skill(StrEnum):
    """The side of the work that an item trains."""

    LANGUAGE = "language"
    PRODUCT = "product"
    TOOLS = "tools"
    EMOTION = "emotion"
    CULTURE = "culture"


@dataclass(frozen=True, kw_only=True)
class Passage:
    """Quoted material above the question; `text` may hold marks `[[choice-id|words]]`."""

    lang: str
    text: str
    gloss: Text | None = None


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One choice, or one line of an order item."""

    id: str
    text: Wording | None = None
    """None only where a mark in the passage stands for the choice."""
    lang: str | None = None
    """The language of `text` where it is one string."""
    right: bool = False
    why: Text | None = None


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two sides that belong together."""

    id: str
    left: Wording
    right: Wording
    why: Text | None = None
    lang: str | None = None


@dataclass(frozen=True, kw_only=True)
class Gap:
    """One gap of a cloze text, written `{{id}}` there."""

    id: str
    accepted: Accepted
    why: Text | None = None


@dataclass(frozen=True, kw_only=True)
class NumericAnswer:
    """The right number; anything within `tolerance` of it counts."""

    value: float
    tolerance: float = 0.0
    unit: Text | None = None


@dataclass(frozen=True, kw_only=True)
class Audio:
    """What is spoken in a listen item."""

    lang: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Item:
    """One question on one knowledge point. Fields that its type does not use stay empty."""

    id: str
    """Unique in the course; never changes."""
    type: ItemType
    form: Form
    point: str
    """"" in the needs analysis."""
    stem: Text
    explanation: Text
    """Why the right answer is right."""
    skill: Skill | None = None
    """None: the skill of the point."""
    passage: Passage | None = None
    choices: tuple[Choice, ...] = ()
    """single, multiple, listen; for order: the lines in their right order."""
    pairs: tuple[Pair, ...] = ()
    """match."""
    answer: NumericAnswer | None = None
    """numeric."""
    accepted: Accepted | None = None
    """short_text."""
    answer_lang: str | None = None
    """short_text: the one language in which the answer must be given."""
    text: Wording | None = None
    """cloze: the text with its gaps `{{id}}`."""
    gaps: tuple[Gap, ...] = ()
    """cloze."""
    audio: Audio | None = None
    """listen."""
    prior: float = DEFAULT_PRIOR
    """Chance 0..1 that an untrained agent answers right."""
    market: str | None = None
    lang: str | None = None
    """The language practised."""
    source: Wording | None = None
    rules: tuple[str, ...] = ()
    """Dated rules of the course that the item leans on."""
