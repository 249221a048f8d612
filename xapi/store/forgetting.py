"""Deleting statements, of agents or of an age, with what only they brought, and documents about agents."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import CursorResult, and_, bindparam, delete, exists, select
from sqlalchemy.orm import Session, aliased

from xapi.spec.attachment import attachments_of
from xapi.spec.mentions import Usage, iri_key, mentions, target_of
from xapi.spec.payload import parse_json
from xapi.store import dead_letters
from xapi.store.attachments import drop_attachment
from xapi.store.references import inherited
from xapi.store.statements import IN_CLAUSE, references_to
from xapi.store.tables import (
    Activity,
    Document,
    Statement,
    StatementAgent,
    StatementId,
    StatementIri,
    StatementReference,
)

Link = type[StatementAgent] | type[StatementIri]
Value = TypeVar("Value")
QUIETLY = {"synchronize_session": False}
"""No object of these tables is held in a session."""


def delete_statements_of(session: Session, actors: Iterable[bytes]) -> int:
    """Delete the statements whose actor has one of the keys, and answer how many; the caller holds the lock.

    Activities that no statement mentions any more go with them. A statement of somebody else that mentions
    the agent stays, and so does one that refers to a deleted statement: its target may be missing.
    """
    seqs = [seq for key in dict.fromkeys(actors) for seq in seqs_of(session, key)]
    delete_statements(session, seqs)
    return len(seqs)


def delete_statements(session: Session, seqs: Sequence[int]) -> None:
    """Delete the statements at these places; the caller holds the lock.

    With them go the activities that no statement mentions any more, and the attachments that none names; the
    files of these after the commit (`xapi.housekeeping.remove_deleted`).
    """
    brought = _Brought(set(), set())
    for some in _chunks(seqs):
        _delete(session, some, brought)
    for few in _chunks(sorted(brought.activities)):
        unmentioned = ~exists().where(StatementIri.key == Activity.key)
        session.execute(delete(Activity).where(Activity.key.in_(few), unmentioned), execution_options=QUIETLY)
    for sha2 in sorted(brought.attachments):
        named = select(StatementIri.seq).where(
            StatementIri.key == iri_key(sha2), StatementIri.usage == Usage.ATTACHMENT.value
        )
        if session.scalar(named.limit(1)) is None:
            drop_attachment(session, sha2)


def delete_documents_of(session: Session, agents: Sequence[bytes]) -> int:
    """Delete the State and Agent Profile documents of agents, answer how many; it reads the whole table."""
    count = 0
    for some in _chunks(list(agents)):
        gone = delete(Document).where(Document.agent_key.in_(some))
        count += cast(CursorResult[Any], session.execute(gone, execution_options=QUIETLY)).rowcount
    return count


def find_old(
    session: Session, until: int, *, verb: str | None, activity: str | None, limit: int, after: int = -1
) -> Sequence[int]:
    """Answer up to `limit` places after `after`, from the oldest on, that are not later than `until`.

    With a verb or an activity, only of statements that have it themselves: one that refers to such a
    statement is found by GET, but is not what a rule means.
    """
    filters = [
        (iri_key(iri), usage)
        for iri, usage in ((activity, Usage.DIRECT), (verb, Usage.VERB))
        if iri is not None
    ]
    if not filters:
        oldest = (
            select(Statement.seq).where(Statement.seq > after, Statement.seq <= until).order_by(Statement.seq)
        )
        return session.scalars(oldest.limit(limit)).all()
    (key, usage), others = filters[0], filters[1:]
    link = aliased(StatementIri)
    found = select(link.seq).where(
        link.key == key,
        link.usage == usage.value,
        link.seq > after,
        link.seq <= until,
        link.source == link.seq,
    )
    for other_key, other_usage in others:
        other = aliased(StatementIri)
        found = found.where(
            exists().where(
                other.key == other_key,
                other.usage == other_usage.value,
                other.seq == link.seq,
                other.source == link.seq,
            )
        )
    return session.scalars(found.order_by(link.seq).limit(limit)).all()


def seqs_of(session: Session, actor: bytes, *, limit: int | None = None) -> Sequence[int]:
    """Answer the places of the statements whose actor has this key, up to `limit` of them."""
    return session.scalars(
        select(StatementAgent.seq)
        .join(Statement, and_(Statement.seq == StatementAgent.seq, Statement.actor_key == actor))
        .where(
            StatementAgent.key == actor,
            StatementAgent.usage == Usage.DIRECT.value,
            StatementAgent.source == StatementAgent.seq,
        )
        .limit(limit)
    ).all()


@dataclass(frozen=True)
class _Brought:
    """What deleted statements mentioned: keys of activities, hashes of attachments."""

    activities: set[bytes]
    attachments: set[str]


def _delete(session: Session, seqs: Sequence[int], brought: _Brought) -> None:
    """Delete statements, and note what they brought."""
    rows = session.execute(
        select(Statement.seq, Statement.id, Statement.payload).where(Statement.seq.in_(seqs))
    ).all()
    places: dict[tuple[Link, str, bytes], list[int]] = defaultdict(list)
    targets: list[tuple[int, UUID]] = []
    for seq, _, payload in rows:
        statement = parse_json(payload)
        found = mentions(statement)
        for usage, key in found.agents:
            places[StatementAgent, usage.value, key].append(seq)
        for usage, key in found.iris:
            places[StatementIri, usage.value, key].append(seq)
            if usage in (Usage.DIRECT, Usage.RELATED):
                brought.activities.add(key)
        brought.attachments.update(one["sha2"].lower() for one in attachments_of(statement))
        if (target := target_of(statement)) is not None:
            targets.append((seq, UUID(target)))
    ids = {row.id for row in rows}
    if targets or references_to(session, ids):
        _delete_inherited(session, ids)
    for (link, name, key), own in places.items():
        session.execute(
            delete(link).where(link.key == key, link.usage == name, link.seq.in_(own)),
            execution_options=QUIETLY,
        )
    for seq, target_id in targets:
        reference = and_(StatementReference.target_id == target_id, StatementReference.seq == seq)
        session.execute(delete(StatementReference).where(reference), execution_options=QUIETLY)
    session.execute(delete(StatementId).where(StatementId.id.in_(ids)), execution_options=QUIETLY)
    dead_letters.forget(session, seqs)
    session.execute(delete(Statement).where(Statement.seq.in_(seqs)), execution_options=QUIETLY)


def _delete_inherited(session: Session, ids: set[UUID]) -> None:
    """Delete the links that chains of references through these statements brought about, by their keys."""
    rows: dict[Link, list[dict[str, Any]]] = {StatementAgent: [], StatementIri: []}
    for seq, source, found in inherited(session, ids):
        for link, keys in ((StatementAgent, found.agents), (StatementIri, found.iris)):
            rows[link] += [{"of": k, "as": u.value, "at": seq, "from": source} for u, k in keys]
    for link, given in rows.items():
        if given:
            one = delete(link.__table__).where(  # type: ignore[arg-type]
                link.key == bindparam("of"),
                link.usage == bindparam("as"),
                link.seq == bindparam("at"),
                link.source == bindparam("from"),
            )
            session.connection().execute(one, given)


def _chunks(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    for start in range(0, len(values), IN_CLAUSE):
        yield values[start : start + IN_CLAUSE]
