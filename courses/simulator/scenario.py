"""What a scene is: a buyer, the facts, and a graph of turns whose edges are the agent's replies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from quizzes.item import Skill, Text, Wording

CALM, FURIOUS = 0, 100
"""The ends of the temper scale."""
BEST_POINTS, WORST_POINTS = 3, -2
"""What a reply can be worth at best, and where it invents a fact."""


class SceneKind(StrEnum):
    """What is played."""

    ROLE_PLAY = "role_play"
    DEMONSTRATION = "demonstration"
    """A new customer asks; needs are matched with true facts of the product."""
    DEBATE = "debate"
    """Two sides, arguments from policy and law."""


class Channel(StrEnum):
    """How the buyer writes or speaks."""

    CHAT = "chat"
    EMAIL = "email"
    PHONE = "phone"


class Act(StrEnum):
    """What a reply does; free text and choices walk the same graph through it."""

    CONFIRM = "confirm"
    EMPATHISE = "empathise"
    SOLVE = "solve"
    TIMELINE = "timeline"
    NEXT = "next"
    THANK = "thank"
    ASK = "ask"
    PROVE = "prove"
    BLAME = "blame"
    OVERPROMISE = "overpromise"
    DENY = "deny"
    DISMISS = "dismiss"
    OFFTOPIC = "offtopic"
    WRONG_REGISTER = "wrong_register"
    INVENT = "invent"
    TRADE_REVIEW = "trade_review"
    LEAK = "leak"


GOOD_ACTS = frozenset(
    {Act.CONFIRM, Act.EMPATHISE, Act.SOLVE, Act.TIMELINE, Act.NEXT, Act.THANK, Act.ASK, Act.PROVE}
)


class Outcome(StrEnum):
    """How a scene ends."""

    GOOD = "good"
    FAIR = "fair"
    BAD = "bad"


@dataclass(frozen=True)
class Buyer:
    """Who writes, and in what mood."""

    name: str
    temper: int
    """0 calm … 100 furious, at the start."""
    goal: Text
    history: Text


@dataclass(frozen=True)
class PolicyFact:
    """One fact of the policy as data."""

    id: str
    label: Text
    value: float | Wording
    unit: Wording | None


@dataclass(frozen=True)
class ProductFact:
    """demonstration: something that is true of the product."""

    id: str
    text: Text


@dataclass(frozen=True)
class Reply:
    """A reply that can be given: an edge."""

    id: str
    does: tuple[Act, ...]
    text: str
    gloss: Text
    temper: int
    """Moves the buyer's temper by this much."""
    points: int
    why: Text
    to: str
    """The next turn, or an end."""
    facts: tuple[str, ...] = ()
    rests_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class Turn:
    """What the buyer says, and what can be answered."""

    id: str
    text: str
    gloss: Text
    replies: tuple[Reply, ...]

    def reply(self, id: str) -> Reply | None:
        """Answer the reply of this id, if there is one."""
        return next((reply for reply in self.replies if reply.id == id), None)

    @property
    def best(self) -> int:
        """The most that a reply here is worth."""
        return max(reply.points for reply in self.replies)


@dataclass(frozen=True)
class End:
    """How it ends: the buyer's last words, and what to take away."""

    id: str
    outcome: Outcome
    text: str
    gloss: Text
    lesson: Text


@dataclass(frozen=True)
class Scene:
    """A practice conversation. Its graph has no way that never ends."""

    id: str
    kind: SceneKind
    lang: str
    market: str
    channel: Channel
    title: Text
    summary: Text
    skills: tuple[Skill, ...]
    points: tuple[str, ...]
    """Knowledge points of the course."""
    minutes: int
    buyer: Buyer
    order: Mapping[str, float | Wording]
    policy: tuple[PolicyFact, ...]
    style: Text | None
    facts: tuple[ProductFact, ...]
    ours: Text | None
    theirs: Text | None
    start: str
    turns: Mapping[str, Turn]
    ends: Mapping[str, End]
    source: Wording

    @cached_property
    def rests_on(self) -> frozenset[str]:
        """Policy facts and rules that replies rest on."""
        return frozenset(
            id for turn in self.turns.values() for reply in turn.replies for id in reply.rests_on
        )
