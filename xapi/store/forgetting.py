"""Deleting what agents did: their statements with links and references, and the documents kept about them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import and_, delete, exists, or_, select
from sqlalchemy.orm import Session

from xapi.spec.mentions import Usage, mentions, target_of
from xapi.spec.payload import parse_json
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
    seqs = [seq for key in dict.fromkeys(actors) for seq in _seqs_of(session, key)]
    activities: set[bytes] = set()
    for some in _chunks(seqs):
        activities |= _delete(session, some)
    for few in _chunks(sorted(activities)):
        unmentioned = ~exists().where(StatementIri.key == Activity.key)
        session.execute(delete(Activity).where(Activity.key.in_(few), unmentioned), execution_options=QUIETLY)
    return len(seqs)


def delete_documents_of(session: Session, agents: Sequence[bytes]) -> None:
    """Delete the State and Agent Profile documents of agents; it reads the whole table."""
    for some in _chunks(list(agents)):
        session.execute(delete(Document).where(Document.agent_key.in_(some)), execution_options=QUIETLY)


def _seqs_of(session: Session, actor: bytes) -> Sequence[int]:
    return session.scalars(
        select(StatementAgent.seq)
        .join(Statement, and_(Statement.seq == StatementAgent.seq, Statement.actor_key == actor))
        .where(
            StatementAgent.key == actor,
            StatementAgent.usage == Usage.DIRECT.value,
            StatementAgent.source == StatementAgent.seq,
        )
    ).all()


def _delete(session: Session, seqs: Sequence[int]) -> set[bytes]:
    """Delete statements; answer the keys of the activities that they mentioned."""
    rows = session.execute(
        select(Statement.seq, Statement.id, Statement.payload).where(Statement.seq.in_(seqs))
    ).all()
    places: dict[tuple[Link, str, bytes], list[int]] = defaultdict(list)
    activities: set[bytes] = set()
    chained: set[int] = set()
    targets: list[tuple[int, UUID]] = []
    for seq, _, payload in rows:
        statement = parse_json(payload)
        found = mentions(statement)
        for usage, key in found.agents:
            places[StatementAgent, usage.value, key].append(seq)
        for usage, key in found.iris:
            places[StatementIri, usage.value, key].append(seq)
            if usage in (Usage.DIRECT, Usage.RELATED):
                activities.add(key)
        if (target := target_of(statement)) is not None:
            targets.append((seq, UUID(target)))
            chained.add(seq)
    for (link, name, key), own in places.items():
        session.execute(
            delete(link).where(link.key == key, link.usage == name, link.seq.in_(own)),
            execution_options=QUIETLY,
        )
    places_of_ids = {row.id: row.seq for row in rows}
    chained |= {places_of_ids[one.target] for one in references_to(session, list(places_of_ids))}
    _delete_chained(session, sorted(chained))
    for seq, target_id in targets:
        reference = and_(StatementReference.target_id == target_id, StatementReference.seq == seq)
        session.execute(delete(StatementReference).where(reference), execution_options=QUIETLY)
    session.execute(
        delete(StatementId).where(StatementId.id.in_(list(places_of_ids))), execution_options=QUIETLY
    )
    session.execute(delete(Statement).where(Statement.seq.in_(seqs)), execution_options=QUIETLY)
    return activities


def _delete_chained(session: Session, seqs: Sequence[int]) -> None:
    """Delete links that were inherited along references; they are rare, and no index leads to them."""
    if not seqs:
        return
    for link in (StatementAgent, StatementIri):
        inherited = or_(link.seq.in_(seqs), link.source.in_(seqs))
        session.execute(delete(link).where(inherited), execution_options=QUIETLY)


def _chunks(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    for start in range(0, len(values), IN_CLAUSE):
        yield values[start : start + IN_CLAUSE]
