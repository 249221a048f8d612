"""What stands beside the lessons of a course: glossary, scripts, markets, rules, scenes, the needs analysis.

Kept as it is written, so that a page of a lesson pays for none of it; each is made when first asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from courses.glossary import Term, term_from
from courses.markets import Market, market_from
from courses.needs import Stated, stated_from
from courses.rules import Rule, rule_from
from courses.scripts import Script, script_from
from courses.simulator.parse import scene_from
from courses.simulator.scenario import Scene
from quizzes.item import Item
from quizzes.parse import parse_item


@dataclass(frozen=True)
class Shelf:
    """The entries of a course version: glossary, scripts, markets, rules, scenarios, stated, needs."""

    written: Mapping[str, list[Any]] = field(default_factory=dict, repr=False)
    """Kind -> entries in the form of their files; a kind that is missing is empty."""

    @cached_property
    def terms(self) -> Mapping[str, Term]:
        """Id -> term, in the order of the file."""
        return {row["id"]: term_from(row) for row in self._rows("glossary")}

    @cached_property
    def scripts(self) -> Mapping[str, Script]:
        """Id -> script, in the order of the files' names."""
        return {row["id"]: script_from(row) for row in self._rows("scripts")}

    @cached_property
    def markets(self) -> Mapping[str, Market]:
        """Id -> market, in the order of the files' names."""
        return {row["id"]: market_from(row) for row in self._rows("markets")}

    @cached_property
    def rules(self) -> Mapping[str, Rule]:
        """Id -> dated rule."""
        return {row["id"]: rule_from(row) for row in self._rows("rules")}

    @cached_property
    def scenes(self) -> Mapping[str, Scene]:
        """Id -> scene, in the order of the files' names."""
        return {row["id"]: scene_from(row) for row in self._rows("scenarios")}

    @cached_property
    def stated(self) -> tuple[Stated, ...]:
        """The figures that the needs analysis is held beside."""
        return tuple(stated_from(row) for row in self._rows("stated"))

    @cached_property
    def needs(self) -> Mapping[str, Item]:
        """Id -> item of the needs analysis, in the order of the file."""
        rows = enumerate(self._rows("needs"))
        return {item.id: item for item in (parse_item(row, at=f"needs[{at}]") for at, row in rows)}

    def has(self, kind: str) -> bool:
        """Answer whether there is an entry of this kind, without making any."""
        return bool(self._rows(kind))

    def _rows(self, kind: str) -> list[Any]:
        return self.written.get(kind, [])
