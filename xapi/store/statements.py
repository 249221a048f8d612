"""Writing statements and their links, and reading statements by id.

Link rows of a statement that refers to another one repeat the other's keys with its `seq` as source, so
that a filter
finds both (xAPI 1.0.3 part 3, filter conditions for StatementRefs).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from xapi.spec.mentions import VOIDED, Mentions
from xapi.store.tables import (
    Statement,
    StatementAgent,
    StatementId,
    StatementIri,
    StatementReference,
    metadata,
)

IN_CLAUSE = 500
"""Ids in one query; SQLite takes 32,766 parameters, PostgreSQL 65,535."""

# Built once, and run on the connection: the ORM costs more here than the database does.
_ADD_IDS = insert(metadata.tables[StatementId.__tablename__])
_ADD_STATEMENTS = insert(metadata.tables[Statement.__tablename__])
_ADD_AGENTS = insert(metadata.tables[StatementAgent.__tablename__])
_ADD_IRIS = insert(metadata.tables[StatementIri.__tablename__])
_ADD_REFERENCES = insert(metadata.tables[StatementReference.__tablename__])
_FIND = (
    select(Statement.seq, Statement.id, Statement.payload, Statement.voided)
    .join(StatementId, StatementId.seq == Statement.seq)
    .where(StatementId.id.in_(bindparam("ids", expanding=True)))
)
_FIND_REFERENCES = select(
    StatementReference.id, StatementReference.seq, StatementReference.target_id, StatementReference.voids
).where(StatementReference.target_id.in_(bindparam("targets", expanding=True)))


@dataclass(frozen=True)
class NewStatement:
    """A completed statement with everything that its rows need."""

    seq: int
    id: UUID
    payload: str
    version: str
    verb: str
    actor_key: bytes | None
    registration: UUID | None
    occurred: datetime
    mentions: Mentions
    target: UUID | None
    voids: bool


@dataclass(frozen=True)
class Stored:
    """A statement as it lies in the store."""

    seq: int
    id: UUID
    payload: str
    voided: bool


@dataclass(frozen=True)
class Reference:
    """Statement `id` at `seq` has `target` as its object."""

    id: UUID
    seq: int
    target: UUID
    voids: bool


def find_statements(session: Session, ids: Iterable[UUID]) -> dict[UUID, Stored]:
    """Answer those of the ids that are stored, voided ones too."""
    found: dict[UUID, Stored] = {}
    wanted = list(dict.fromkeys(ids))
    for start in range(0, len(wanted), IN_CLAUSE):
        rows = session.connection().execute(_FIND, {"ids": wanted[start : start + IN_CLAUSE]})
        found |= {row.id: Stored(row.seq, row.id, row.payload, row.voided) for row in rows}
    return found


def payloads(session: Session, seqs: Sequence[int]) -> dict[int, str]:
    """Answer the JSON text of the statements at these places."""
    rows = session.execute(select(Statement.seq, Statement.payload).where(Statement.seq.in_(seqs)))
    return {row.seq: row.payload for row in rows}


def insert_statements(session: Session, rows: Sequence[NewStatement], *, voided: frozenset[UUID]) -> None:
    """Add statements, their ids, own links and references; those in `voided` are void from the start."""
    if not rows:
        return
    session.connection().execute(_ADD_IDS, [{"id": row.id, "seq": row.seq} for row in rows])
    session.connection().execute(
        _ADD_STATEMENTS,
        [
            {
                "seq": row.seq,
                "id": row.id,
                "payload": row.payload,
                "version": row.version,
                "verb": row.verb,
                "actor_key": row.actor_key,
                "registration": row.registration,
                "occurred": row.occurred,
                "voided": row.id in voided,
            }
            for row in rows
        ],
    )
    insert_links(session, [(row.seq, row.seq, row.mentions) for row in rows])
    references = [
        {"target_id": row.target, "seq": row.seq, "id": row.id, "voids": row.voids}
        for row in rows
        if row.target is not None
    ]
    if references:
        session.connection().execute(_ADD_REFERENCES, references)


def insert_links(session: Session, links: Iterable[tuple[int, int, Mentions]]) -> None:
    """Make statements found by keys; each link is (seq, seq of the source, the source's mentions)."""
    agents: list[Mapping[str, Any]] = []
    iris: list[Mapping[str, Any]] = []
    for seq, source, found in links:
        agents += [{"key": k, "usage": u.value, "seq": seq, "source": source} for u, k in found.agents]
        iris += [{"key": k, "usage": u.value, "seq": seq, "source": source} for u, k in found.iris]
    if agents:
        session.connection().execute(_ADD_AGENTS, agents)
    if iris:
        session.connection().execute(_ADD_IRIS, iris)


def references_to(session: Session, targets: Iterable[UUID]) -> list[Reference]:
    """Answer the stored statements that have one of `targets` as their object."""
    wanted = list(dict.fromkeys(targets))
    found: list[Reference] = []
    for start in range(0, len(wanted), IN_CLAUSE):
        rows = session.connection().execute(_FIND_REFERENCES, {"targets": wanted[start : start + IN_CLAUSE]})
        found += [Reference(row.id, row.seq, row.target_id, row.voids) for row in rows]
    return found


def void(session: Session, targets: Iterable[UUID]) -> None:
    """Mark the stored statements among `targets` as voided; a voiding statement cannot be voided (2.3.2)."""
    ids = list(targets)
    if ids:
        places = select(StatementId.seq).where(StatementId.id.in_(ids))
        session.execute(
            update(Statement)
            .where(Statement.seq.in_(places), Statement.verb != VOIDED)
            .values(voided=True)
            .execution_options(synchronize_session=False)
        )
