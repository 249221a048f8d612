"""When two statements with the same id are the same statement (xAPI 1.0.3 part 2, 2.3.1: statement
immutability)."""

import re
from collections.abc import Mapping
from typing import Any

from xapi.errors import Invalid
from xapi.spec.mentions import agent_identity
from xapi.spec.payload import dump_json
from xapi.spec.timestamp import parse_timestamp

ASSIGNED = frozenset({"id", "authority", "stored", "timestamp", "version"})
"""Properties that a record store may or must set."""

_FINER_SECONDS = re.compile(r"(\.\d\d)\d+S\Z")


def same_statement(received: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
    """Tell whether the two differ only in what a record store may change.

    Ignored: what it assigns, verb displays, activity definitions, the order of group members, the case of
    mail domains,
    and digits of a duration beyond 0.01 s.
    """
    return _same_moment(received, stored) and _equal(_statement(received), _statement(stored))


def _same_moment(received: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
    if "timestamp" not in received or "timestamp" not in stored:
        return True
    try:
        return parse_timestamp(received["timestamp"], at="timestamp") == parse_timestamp(
            stored["timestamp"], at="timestamp"
        )
    except Invalid:
        return bool(received["timestamp"] == stored["timestamp"])


def _statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in statement.items() if key not in ASSIGNED}
    kept["actor"] = _actor(statement["actor"])
    kept["verb"] = {key: value for key, value in statement["verb"].items() if key != "display"}
    kept["object"] = _object(statement["object"])
    if "result" in kept and "duration" in kept["result"]:
        kept["result"] = {
            **kept["result"],
            "duration": _FINER_SECONDS.sub(r"\1S", kept["result"]["duration"]),
        }
    if "context" in kept:
        kept["context"] = _context(kept["context"])
    return kept


def _object(obj: Mapping[str, Any]) -> dict[str, Any]:
    match obj.get("objectType", "Activity"):
        case "Activity":
            return _activity(obj)
        case "Agent" | "Group":
            return _actor(obj)
        case "SubStatement":
            return {**_statement(obj), "timestamp": obj.get("timestamp")}
        case _:
            return {**obj, "id": str(obj["id"]).lower()}


def _activity(activity: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in activity.items() if key != "definition"}


def _actor(actor: Mapping[str, Any]) -> dict[str, Any]:
    kept = dict(actor)
    if "mbox" in kept:
        kept["mbox"] = agent_identity(actor)
    if "member" in kept:
        kept["member"] = sorted((_actor(member) for member in kept["member"]), key=dump_json)
    return kept


def _context(context: Mapping[str, Any]) -> dict[str, Any]:
    kept = dict(context)
    for name in ("instructor", "team"):
        if name in kept:
            kept[name] = _actor(kept[name])
    for name, member in (("contextAgents", "agent"), ("contextGroups", "group")):
        if name in kept:
            kept[name] = [{**entry, member: _actor(entry[member])} for entry in kept[name]]
    if "registration" in kept:
        kept["registration"] = str(kept["registration"]).lower()
    if "contextActivities" in kept:
        kept["contextActivities"] = {
            name: [_activity(one) for one in (given if isinstance(given, list) else [given])]
            for name, given in kept["contextActivities"].items()
        }
    return kept


def _equal(one: Any, other: Any) -> bool:
    """Compare JSON values: numbers by value, but true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
