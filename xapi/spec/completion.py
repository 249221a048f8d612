"""What a record store adds to a statement when it stores it (xAPI 1.0.3 part 2, 2.3.1 and 2.4)."""

from collections.abc import Mapping
from typing import Any

from xapi.spec.version import Version

DEFAULT_VERSION = {Version.V1: "1.0.0", Version.V2: "2.0.0"}
"""The `version` of a statement that comes without one (part 2, 2.4.10)."""


def complete(
    statement: Mapping[str, Any], *, id: str, stored: str, authority: Mapping[str, Any], version: Version
) -> dict[str, Any]:
    """Answer the statement as it is kept; the argument stays as it is.

    `stored` and `authority` are always ours; `id`, `timestamp` and `version` only where they are missing. A
    single
    context activity becomes an array, as it must be when it is returned (2.4.6.2).
    """
    kept = with_activity_arrays(statement)
    kept["id"] = statement.get("id", id)
    kept["stored"] = stored
    kept["authority"] = authority
    kept.setdefault("timestamp", stored)
    kept.setdefault("version", DEFAULT_VERSION[version])
    return kept


def with_activity_arrays(statement: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a copy in which every member of contextActivities is an array, also in a sub-statement."""
    kept = dict(statement)
    groups = statement.get("context", {}).get("contextActivities", {})
    if any(not isinstance(given, list) for given in groups.values()):
        arrays = {name: given if isinstance(given, list) else [given] for name, given in groups.items()}
        kept["context"] = {**statement["context"], "contextActivities": arrays}
    if statement["object"].get("objectType") == "SubStatement":
        kept["object"] = with_activity_arrays(statement["object"])
    return kept
