"""How the canonical definition of an activity grows from the statements that bring one (xAPI 1.0.3 part 2,
2.4.4.1)."""

from collections.abc import Mapping
from typing import Any

MAPS = ("name", "description", "extensions")
"""Members whose entries are added to the known ones; every other member is replaced."""


def merge_definition(
    known: Mapping[str, Any] | None, given: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """Answer the known definition with what `given` adds or changes; None where neither says anything."""
    if given is None:
        return dict(known) if known is not None else None
    if known is None:
        return dict(given)
    merged = {**known, **given}
    for name in MAPS:
        if name in known and name in given:
            merged[name] = {**known[name], **given[name]}
    return merged
