"""Play a scene: the same choices give the same way, temper and marks. Nothing is stored or drawn by lot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from courses.errors import UnknownPart
from courses.simulator.scenario import CALM, FURIOUS, End, Outcome, Reply, Scene, Turn


@dataclass(frozen=True)
class Move:
    """One reply that was given."""

    turn: Turn
    reply: Reply
    before: int
    """The buyer's temper, 0..100."""
    after: int

    @property
    def lost(self) -> int:
        """Points that the best reply would have given beyond this one."""
        return self.turn.best - self.reply.points


@dataclass(frozen=True)
class Play:
    """How far a run is: every move, and what comes next."""

    scene: Scene
    moves: tuple[Move, ...]
    turn: Turn | None
    """Whose answer is asked for; None at an end."""
    end: End | None
    temper: int

    @property
    def points(self) -> int:
        """Points so far; invented facts take some away, so it can be below 0."""
        return sum(move.reply.points for move in self.moves)

    @property
    def most(self) -> int:
        """What the best replies to the same turns would have given."""
        return sum(move.turn.best for move in self.moves)

    @property
    def share(self) -> float:
        """Points of the most that these turns could give, 0..1."""
        return max(0.0, self.points / self.most) if self.most > 0 else 0.0

    @property
    def curve(self) -> tuple[int, ...]:
        """The temper at the start and after each reply."""
        return (self.scene.buyer.temper, *(move.after for move in self.moves))

    @property
    def mended(self) -> bool:
        """Whether it ended well."""
        return self.end is not None and self.end.outcome is Outcome.GOOD


def play(scene: Scene, choices: Sequence[str]) -> Play:
    """Answer the run in which these replies were given, in this order.

    Raises UnknownPart for a reply that its turn does not have, or one after the end.
    """
    moves: list[Move] = []
    temper, at = scene.buyer.temper, scene.start
    for choice in choices:
        turn = scene.turns.get(at)
        reply = turn.reply(choice) if turn else None
        if turn is None or reply is None:
            raise UnknownPart("reply", f"{at}/{choice}")
        after = moved(temper, reply.temper)
        moves.append(Move(turn, reply, temper, after))
        temper, at = after, reply.to
    return Play(scene, tuple(moves), scene.turns.get(at), scene.ends.get(at), temper)


def moved(temper: int, by: int) -> int:
    """Answer the temper after a reply; it stays on its scale."""
    return min(FURIOUS, max(CALM, temper + by))


def shuffled(turn: Turn, *, run: UUID) -> tuple[Reply, ...]:
    """Answer a turn's replies in the order of this run: the same each time the page is shown."""
    return tuple(
        sorted(turn.replies, key=lambda reply: sha256(f"{run}/{turn.id}/{reply.id}".encode()).digest())
    )
