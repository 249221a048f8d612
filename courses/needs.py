"""The needs analysis: items on the five skills, asked before and after, and the figures stated of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quizzes.item import Skill, Text, Wording


@dataclass(frozen=True)
class Stated:
    """A figure that others stated of a skill; it is shown, never reckoned with."""

    skill: Skill
    share: float
    """Per cent, 0..100."""
    text: Text
    source: Wording


def stated_from(row: Mapping[str, Any]) -> Stated:
    """Answer the figure of an entry that was checked."""
    return Stated(Skill(row["skill"]), float(row["share"]), row["text"], row["source"])
