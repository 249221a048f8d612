"""Dated rules of law and marketplaces: what they say, where it was read, until when that may be relied on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from quizzes.item import Text, Wording


@dataclass(frozen=True)
class Rule:
    """One rule; company policy and counsel decide how it is followed."""

    id: str
    jurisdiction: str
    title: Text
    text: Text
    source: Wording
    checked: date
    """The day on which the source was read."""
    review: date
    """From this day on the rule counts as expired."""
    unverified: bool
    """The source could not be read."""

    def expired(self, today: date) -> bool:
        """Answer whether the source has to be read again."""
        return self.review <= today


def rule_from(row: Mapping[str, Any]) -> Rule:
    """Answer the rule of an entry that was checked."""
    return Rule(
        id=row["id"],
        jurisdiction=row["jurisdiction"],
        title=row["title"],
        text=row["text"],
        source=row["source"],
        checked=date.fromisoformat(row["checked"]),
        review=date.fromisoformat(row["review"]),
        unverified=bool(row.get("unverified", False)),
    )
