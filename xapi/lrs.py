"""The record store's use cases. They take a session and `now`, flush, and leave the commit to the caller.

Statements come in validated (`xapi.spec.statement.check_statement`). Call `store_statements` late in a
transaction:
on PostgreSQL it holds the writers' lock from then on until the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from xapi.errors import Conflict, Invalid, NotFound
from xapi.spec.attachment import attachments_of
from xapi.spec.comparison import same_statement
from xapi.spec.completion import complete, with_activity_arrays
from xapi.spec.format import Format, canonical, ids_only
from xapi.spec.mentions import (
    IDENTIFIERS,
    Mentions,
    activities_of,
    agent_key,
    is_voiding,
    mentions,
    names_of,
    registration_of,
    target_of,
)
from xapi.spec.payload import dump_json, parse_json
from xapi.spec.timestamp import microseconds, parse_timestamp, timestamp_text
from xapi.spec.version import Version, version_of
from xapi.store import references
from xapi.store.activities import find_activities, grows_activities, merge_activities
from xapi.store.attachments import Kept, find_attachments, store_attachments
from xapi.store.forgetting import delete_documents_of, delete_statements_of
from xapi.store.query import Page, StatementQuery, find_page
from xapi.store.sequence import last_seq, lock_writers, next_seq
from xapi.store.statements import (
    NewStatement,
    find_statements,
    insert_statements,
    references_to,
    void,
)

SETTLING = timedelta(seconds=10)
"""A writer's `now` may be this old when it gets the lock; older moments are settled."""
NAMED_IN = 50
"""Statements that are looked through for a person's names."""
TO_COME = ""
"""What stands for `stored` until a statement has its place."""


@dataclass(frozen=True, kw_only=True)
class _Draft:
    """A completed statement that has no place yet."""

    kept: dict[str, Any]
    id: UUID
    actor_key: bytes | None
    registration: UUID | None
    occurred: datetime | None
    """None where the statement says no `timestamp`: then it is when it is stored."""
    mentions: Mentions
    target: UUID | None
    voids: bool


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A batch of statements, ready to be stored."""

    answer: tuple[str, ...]
    """Their ids, in the batch's order."""
    named: frozenset[UUID]
    """Those that came with their id."""
    drafts: Mapping[UUID, _Draft]
    given: Mapping[UUID, Mapping[str, Any]]
    grown: bool
    """Whether they bring a definition that was not known."""
    as_is: bool


def store_statements(
    session: Session,
    statements: Sequence[Mapping[str, Any]],
    *,
    authority: Mapping[str, Any],
    now: datetime,
    new_id: Callable[[], UUID],
    version: str = "1.0.3",
    define: bool = True,
    attachments: Sequence[Kept] = (),
    as_is: bool = False,
) -> list[str]:
    """Store a batch, all or nothing, and answer the ids in its order.

    A statement that is stored already is left as it is when the two are equal, else `Conflict` is raised
    and nothing is
    stored. `version` is that of the request. With `define=False` activity definitions are not touched
    (scope `write`). With `as_is` each statement keeps its own `stored` and `authority`; `stored` must then be
    later than all that is stored, or `Invalid` is raised: readers with a cursor would never see it.
    Attachments are in their files already; a file whose hash is known is left to `spare_files`.
    """
    prepared = prepare_statements(
        session,
        statements,
        authority=authority,
        new_id=new_id,
        version=version,
        define=define,
        as_is=as_is,
    )
    return store_prepared(session, prepared, now=now, attachments=attachments)


def prepare_statements(
    session: Session,
    statements: Sequence[Mapping[str, Any]],
    *,
    authority: Mapping[str, Any],
    new_id: Callable[[], UUID],
    version: str = "1.0.3",
    define: bool = True,
    as_is: bool = False,
) -> Prepared:
    """Do what `store_statements` does before it must be alone: nothing here depends on a statement's place.

    It reads which definitions are known, and writes nothing. The session may be another one than that of
    `store_prepared`, which should follow at once.
    """
    rules = version_of(version)
    given = [with_activity_arrays(statement) for statement in statements]
    ids = [UUID(statement["id"]) if "id" in statement else new_id() for statement in given]
    fresh = _without_doubles(ids, given)
    return Prepared(
        answer=tuple(statement.get("id", str(id)) for id, statement in zip(ids, given, strict=True)),
        named=frozenset(id for id, statement in zip(ids, given, strict=True) if "id" in statement),
        drafts={
            id: _draft(
                statement, id=id, authority=statement["authority"] if as_is else authority, version=rules
            )
            for id, statement in fresh.items()
        },
        given=fresh,
        grown=define and grows_activities(session, _activities(fresh)),
        as_is=as_is,
    )


def store_prepared(
    session: Session, prepared: Prepared, *, now: datetime, attachments: Sequence[Kept] = ()
) -> list[str]:
    """Store a prepared batch as `store_statements` does."""
    fresh = dict(prepared.given)
    lock_writers(session)
    for id, stored in find_statements(session, prepared.named).items():
        _expect_same(id, fresh.pop(id), parse_json(stored.payload))
    drafts = [prepared.drafts[id] for id in fresh]
    if prepared.as_is:
        rows = _rows_as_they_are(fresh, drafts, last=last_seq(session), now=now)
    else:
        first = next_seq(session, now=now)
        rows = [
            _row(draft, seq=place, stored=timestamp_text(place)) for place, draft in enumerate(drafts, first)
        ]
    # an id that was made just now is in no statement yet
    referring = references_to(session, prepared.named & fresh.keys())
    voided = {reference.target for reference in referring if reference.voids}
    voided |= {row.target for row in rows if row.voids and row.target is not None}
    insert_statements(
        session, rows, voided=frozenset(row.id for row in rows if not row.voids and row.id in voided)
    )
    void(session, sorted(voided - fresh.keys()))
    references.spread(session, rows, referring={reference.id for reference in referring})
    store_attachments(session, attachments, now=now)
    if prepared.grown:
        merge_activities(session, _activities(fresh))
    return list(prepared.answer)


def get_statement(session: Session, id: UUID, *, voided: bool = False, authority: bytes | None = None) -> str:
    """Answer the JSON text of one statement, raise `NotFound`; `voided` asks for a voided one, and only that.

    With `authority`, a search key, only what that agent vouches for is found (scope `mine`).
    """
    found = find_statements(session, [id]).get(id)
    if found is None or found.voided is not voided or not _vouched_by(found.payload, authority):
        raise NotFound(f"no {'voided ' if voided else ''}statement has the id {id}")
    return found.payload


def query_statements(session: Session, query: StatementQuery) -> Page:
    """Answer the statements that match, in stored order, newest first unless `query.ascending`."""
    return find_page(session, query)


def present(
    session: Session, payloads: Sequence[str], *, format: Format, languages: Sequence[str] = ()
) -> list[str]:
    """Answer stored statements in a format: exact is the stored text, canonical applies the languages."""
    if format is Format.EXACT:
        return list(payloads)
    statements = [parse_json(payload) for payload in payloads]
    if format is Format.IDS:
        return [dump_json(ids_only(statement)) for statement in statements]
    iris = {activity["id"] for statement in statements for activity in activities_of(statement)}
    definitions = {iri: known.definition for iri, known in find_activities(session, iris).items()}
    return [
        dump_json(canonical(statement, definitions=definitions, languages=languages))
        for statement in statements
    ]


def attachments_for(session: Session, payloads: Sequence[str]) -> list[Kept]:
    """Answer the attachments of stored statements, each once, without their bytes."""
    return find_attachments(
        session,
        [one["sha2"] for payload in payloads for one in attachments_of(parse_json(payload))],
    )


def describe_activity(session: Session, iri: str) -> dict[str, Any]:
    """Answer an activity with its merged definition, without one where no statement brought it."""
    known = find_activities(session, [iri]).get(iri)
    described: dict[str, Any] = {"objectType": "Activity", "id": iri}
    if known is not None and known.definition is not None:
        described["definition"] = known.definition
    return described


def describe_person(session: Session, agent: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a Person: the identifier of a valid agent, and the names that its last statements gave it."""
    page = find_page(session, StatementQuery(agent=agent_key(agent), limit=NAMED_IN))
    names = [agent["name"]] if "name" in agent else []
    names += [name for payload in page.payloads for name in names_of(agent, parse_json(payload))]
    person: dict[str, Any] = {"objectType": "Person"}
    if names:
        person["name"] = list(dict.fromkeys(names))
    return person | {name: [agent[name]] for name in IDENTIFIERS if name in agent}


def forget_agents(session: Session, accounts: Sequence[tuple[str, str]]) -> int:
    """Delete the statements and documents of agents, given as (homePage, name), and answer how many
    statements they were.

    Statements of others that mention them stay.
    """
    keys = [agent_key({"account": {"homePage": page, "name": name}}) for page, name in accounts]
    known = [key for key in keys if key is not None]
    lock_writers(session)
    delete_documents_of(session, known)
    return delete_statements_of(session, known)


def consistent_through(session: Session, *, now: datetime) -> str:
    """Answer the moment up to which every statement is visible (part 3, 2.1.3): no later one can get a
    lower place."""
    return timestamp_text(max(last_seq(session), microseconds(now - SETTLING)))


def _vouched_by(payload: str, authority: bytes | None) -> bool:
    return authority is None or agent_key(parse_json(payload)["authority"]) == authority


def _activities(statements: Mapping[UUID, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [activity for statement in statements.values() for activity in activities_of(statement)]


def _without_doubles(
    ids: Iterable[UUID], given: Iterable[Mapping[str, Any]]
) -> dict[UUID, Mapping[str, Any]]:
    fresh: dict[UUID, Mapping[str, Any]] = {}
    for id, statement in zip(ids, given, strict=True):
        if id in fresh:
            _expect_same(id, statement, fresh[id])
        else:
            fresh[id] = statement
    return fresh


def _expect_same(id: UUID, received: Mapping[str, Any], stored: Mapping[str, Any]) -> None:
    if not same_statement(received, stored):
        raise Conflict(f"another statement with the id {id} is stored already")


def _rows_as_they_are(
    fresh: Mapping[UUID, Mapping[str, Any]], drafts: Sequence[_Draft], *, last: int, now: datetime
) -> list[NewStatement]:
    """Answer rows whose place follows from their own `stored`, which goes up and is not to come."""
    rows = []
    for statement, draft in zip(fresh.values(), drafts, strict=True):
        stored = statement["stored"]
        place = microseconds(parse_timestamp(stored, at="stored"))
        if not last < place <= microseconds(now + SETTLING):  # a batch is numbered a little ahead
            raise Invalid(
                "stored", f"expected a time after the last stored one and not to come, got {stored}"
            )
        rows.append(_row(draft, seq=place, stored=stored))
        last = place
    return rows


def _draft(
    statement: Mapping[str, Any], *, id: UUID, authority: Mapping[str, Any], version: Version
) -> _Draft:
    kept = complete(statement, id=str(id), stored=TO_COME, authority=authority, version=version)
    registration, target = registration_of(kept), target_of(kept)
    return _Draft(
        kept=kept,
        id=id,
        actor_key=agent_key(kept["actor"]),
        registration=None if registration is None else UUID(registration),
        occurred=parse_timestamp(statement["timestamp"], at="timestamp")
        if "timestamp" in statement
        else None,
        mentions=mentions(kept),
        target=None if target is None else UUID(target),
        voids=is_voiding(kept) and target is not None,
    )


def _row(draft: _Draft, *, seq: int, stored: str) -> NewStatement:
    kept = draft.kept | {"stored": stored}  # every key stays in its place
    if draft.occurred is None:
        kept["timestamp"] = stored
    return NewStatement(
        seq=seq,
        id=draft.id,
        payload=dump_json(kept),
        version=kept["version"],
        verb=kept["verb"]["id"],
        actor_key=draft.actor_key,
        registration=draft.registration,
        occurred=draft.occurred or parse_timestamp(stored, at="timestamp"),
        mentions=draft.mentions,
        target=draft.target,
        voids=draft.voids,
    )
