"""The record store's use cases. They take a session and `now`, flush, and leave the commit to the caller.

Statements come in validated (`xapi.spec.statement.check_statement`). Call `store_statements` late in a
transaction:
on PostgreSQL it holds the writers' lock from then on until the commit.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from xapi.errors import Conflict, NotFound
from xapi.spec.attachment import attachments_of
from xapi.spec.comparison import same_statement
from xapi.spec.completion import complete, with_activity_arrays
from xapi.spec.format import Format, canonical, ids_only
from xapi.spec.mentions import (
    IDENTIFIERS,
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
from xapi.spec.version import version_of
from xapi.store import references
from xapi.store.activities import find_activities, merge_activities
from xapi.store.attachments import Part, find_attachments, store_attachments
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


def store_statements(
    session: Session,
    statements: Sequence[Mapping[str, Any]],
    *,
    authority: Mapping[str, Any],
    now: datetime,
    new_id: Callable[[], UUID],
    version: str = "1.0.3",
    define: bool = True,
    attachments: Sequence[Part] = (),
) -> list[str]:
    """Store a batch, all or nothing, and answer the ids in its order.

    A statement that is stored already is left as it is when the two are equal, else `Conflict` is raised
    and nothing is
    stored. `version` is that of the request. With `define=False` activity definitions are not touched
    (scope `write`).
    """
    rules = version_of(version)
    given = [with_activity_arrays(statement) for statement in statements]
    ids = [UUID(statement["id"]) if "id" in statement else new_id() for statement in given]
    lock_writers(session)
    fresh = _without_doubles(ids, given)
    for id, stored in find_statements(session, fresh).items():
        _expect_same(id, fresh.pop(id), parse_json(stored.payload))
    seq = next_seq(session, now=now)
    rows = []
    for place, (id, statement) in enumerate(fresh.items(), start=seq):
        stored_text = timestamp_text(place)
        kept = complete(statement, id=str(id), stored=stored_text, authority=authority, version=rules)
        rows.append(_row(kept, id=id, seq=place))
    voided = {reference.target for reference in references_to(session, fresh) if reference.voids}
    voided |= {row.target for row in rows if row.voids and row.target is not None}
    insert_statements(
        session, rows, voided=frozenset(row.id for row in rows if not row.voids and row.id in voided)
    )
    void(session, sorted(voided - fresh.keys()))
    references.spread(session, rows)
    store_attachments(session, attachments, now=now)
    if define:
        merge_activities(session, (activity for one in fresh.values() for activity in activities_of(one)))
    return [statement.get("id", str(id)) for id, statement in zip(ids, given, strict=True)]


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


def attachments_for(session: Session, payloads: Sequence[str]) -> list[Part]:
    """Answer the attachments of stored statements, each once."""
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


def _row(kept: Mapping[str, Any], *, id: UUID, seq: int) -> NewStatement:
    registration, target = registration_of(kept), target_of(kept)
    return NewStatement(
        seq=seq,
        id=id,
        payload=dump_json(kept),
        version=kept["version"],
        verb=kept["verb"]["id"],
        actor_key=agent_key(kept["actor"]),
        registration=None if registration is None else UUID(registration),
        occurred=parse_timestamp(kept["timestamp"], at="timestamp"),
        mentions=mentions(kept),
        target=None if target is None else UUID(target),
        voids=is_voiding(kept) and target is not None,
    )
