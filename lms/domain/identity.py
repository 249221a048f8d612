"""Parts of a published course as cache keys. A published part never changes, so that identity is enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Part = TypeVar("Part")


@dataclass(frozen=True, eq=False)
class Same(Generic[Part]):
    """A part, equal to itself alone; it keeps the part alive, so that no other gets its identity."""

    part: Part

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.part is self.part

    def __hash__(self) -> int:
        return id(self.part)
