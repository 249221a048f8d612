"""Canonical activity definitions, merged as statements bring them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from xapi.spec.definition import merge_definition
from xapi.spec.mentions import iri_key
from xapi.spec.payload import dump_json, parse_json
from xapi.store.statements import IN_CLAUSE
from xapi.store.tables import Activity, metadata

_ADD = insert(metadata.tables[Activity.__tablename__])
_FIND = select(Activity.iri, Activity.definition).where(Activity.key.in_(bindparam("keys", expanding=True)))


@dataclass(frozen=True)
class Known:
    """What is stored of an activity."""

    iri: str
    definition: dict[str, Any] | None


def grows_activities(session: Session, activities: Iterable[Mapping[str, Any]]) -> bool:
    """Answer whether these would add or change a definition. Most do not: this asks before the lock."""
    given = _merged(activities)
    known = find_activities(session, given)
    return any(
        iri not in known or merge_definition(known[iri].definition, definition) != known[iri].definition
        for iri, definition in given.items()
    )


def merge_activities(session: Session, activities: Iterable[Mapping[str, Any]]) -> None:
    """Add new activities and grow the definitions of known ones; the caller holds the writers' lock."""
    given = _merged(activities)
    known = find_activities(session, given)
    new = [
        {"key": iri_key(iri), "iri": iri, "definition": None if merged is None else dump_json(merged)}
        for iri, merged in given.items()
        if iri not in known
    ]
    changed = [
        {"changed_key": iri_key(iri), "merged": dump_json(merged)}
        for iri in known
        if (merged := merge_definition(known[iri].definition, given[iri])) != known[iri].definition
    ]
    if new:
        session.connection().execute(_ADD, new)
    if changed:
        session.connection().execute(
            update(Activity)
            .where(Activity.key == bindparam("changed_key"))
            .values(definition=bindparam("merged")),
            changed,
        )


def _merged(activities: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any] | None]:
    given: dict[str, dict[str, Any] | None] = {}
    for activity in activities:
        given[activity["id"]] = merge_definition(given.get(activity["id"]), activity.get("definition"))
    return given


def find_activities(session: Session, iris: Iterable[str]) -> dict[str, Known]:
    """Answer those of the IRIs that a statement brought."""
    keys = [iri_key(iri) for iri in dict.fromkeys(iris)]
    found: dict[str, Known] = {}
    for start in range(0, len(keys), IN_CLAUSE):
        rows = session.connection().execute(_FIND, {"keys": keys[start : start + IN_CLAUSE]})
        found |= {row.iri: Known(row.iri, _definition(row.definition)) for row in rows}
    return found


def _definition(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    value = parse_json(text)
    if not isinstance(value, dict):
        raise TypeError(f"expected a definition, got {json.dumps(value)[:60]}")
    return value
