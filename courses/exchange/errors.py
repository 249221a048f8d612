"""What can be wrong with a file of items, and where.

ExchangeError   the file is refused; carries the faults
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from quizzes.item import Item


@dataclass(frozen=True)
class Fault:
    """One fault, placed so that an author finds it at once."""

    place: str
    """`row 3`, `question 2, line 14` or `item 4`; empty for the whole file."""
    path: str
    """The column, part or element, such as `choices.2.why.en`."""
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.place, self.path, self.message) if part)


@dataclass(frozen=True)
class Reading:
    """What a file holds. With faults nothing of it is to be used."""

    items: tuple[Item, ...]
    places: tuple[str, ...]
    """Where each item stands in the file."""
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()


class ExchangeError(Exception):
    """A file of items that cannot be taken; `faults` says why."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, faults)))
