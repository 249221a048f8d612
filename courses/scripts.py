"""Scripts: replies for situations that come every day, with what not to write beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from quizzes.item import Text, Wording

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_-]*)\}", re.ASCII)


class ScriptKind(StrEnum):
    """The situation."""

    REFUND = "refund"
    RETURN = "return"
    COMPLAINT = "complaint"
    DELAY = "delay"
    DAMAGE = "damage"
    REVIEW = "review"


@dataclass(frozen=True)
class Reply:
    """A script in one language."""

    lang: str
    market: str | None
    text: str
    """With placeholders in braces: `{name}`."""
    gloss: Text
    avoid: str
    """What people write and should not."""
    why: Text

    @property
    def key(self) -> str:
        """What tells it from the others of its script: `en` or `en-US`."""
        return f"{self.lang}-{self.market}" if self.market else self.lang


@dataclass(frozen=True)
class Script:
    """A situation and its reply in each language."""

    id: str
    kind: ScriptKind
    title: Text
    when: Text
    steps: tuple[Text, ...]
    rules: tuple[str, ...]
    source: Wording
    replies: tuple[Reply, ...]
    placeholders: Mapping[str, Text]


def script_from(row: Mapping[str, Any]) -> Script:
    """Answer the script of an entry that was checked."""
    return Script(
        id=row["id"],
        kind=ScriptKind(row["kind"]),
        title=row["title"],
        when=row["when"],
        steps=tuple(row["steps"]),
        rules=tuple(row.get("rules", ())),
        source=row["source"],
        replies=tuple(_reply(reply) for reply in row["replies"]),
        placeholders=dict(row.get("placeholders", {})),
    )


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Answer the text piece by piece, with whether the piece is a placeholder (in its braces)."""
    end = 0
    for found in PLACEHOLDER.finditer(text):
        if found.start() > end:
            yield text[end : found.start()], False
        yield found[0], True
        end = found.end()
    if end < len(text):
        yield text[end:], False


def _reply(row: Mapping[str, Any]) -> Reply:
    return Reply(
        row["lang"], row.get("market"), row["text"].strip(), row["gloss"], row["avoid"].strip(), row["why"]
    )
