"""What is next for a target: statements after its place that pass its filter, in stored order."""

from dataclasses import dataclass
from itertools import accumulate
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from xapi.spec.attachment import attachments_of
from xapi.spec.mentions import VOIDED, Usage, iri_key
from xapi.spec.payload import parse_json
from xapi.store.statements import payloads
from xapi.store.tables import Attachment, Statement, StatementIri
from xapi.store.targets import Filter

WINDOW = 1000
"""Statements looked at in one step: a filter that lets nothing through must not read the whole store."""
MAX_JSON = 4 * 2**20
"""Bytes, about: half of what our own store takes."""
MAX_ATTACHED = 32 * 2**20
MAX_PARTS = 100


@dataclass(frozen=True)
class Outgoing:
    """A stored statement, voided ones too, and the hashes of what it attaches."""

    seq: int
    id: UUID
    payload: str
    attachments: tuple[str, ...]


@dataclass(frozen=True)
class Batch:
    """Statements for one request, and the place that is reached when they are dealt with."""

    statements: tuple[Outgoing, ...]
    reached: int


def next_batch(session: Session, *, after: int, chosen: Filter, limit: int) -> Batch | None:
    """Answer up to `limit` statements, perhaps none of a window; None where nothing is stored after it."""
    window = session.execute(
        select(Statement.seq, Statement.id, Statement.verb, func.length(Statement.payload).label("length"))
        .where(Statement.seq > after)
        .order_by(Statement.seq)
        .limit(WINDOW if chosen.verbs or chosen.activities else limit)
    ).all()
    if not window:
        return None
    # what voids passes every filter: the target would go on counting what is void here
    passing = [row for row in window if not chosen.verbs or row.verb in (*chosen.verbs, VOIDED)]
    if passing and chosen.activities:
        about = _about(session, chosen.activities, low=window[0].seq, high=window[-1].seq)
        passing = [row for row in passing if row.seq in about or row.verb == VOIDED]
    sizes = list(accumulate(row.length for row in passing[:limit]))
    taken = passing[: max(1, sum(size <= MAX_JSON for size in sizes))]
    texts = payloads(session, [row.seq for row in taken]) if taken else {}
    # one may be deleted between the two queries
    found = [
        Outgoing(row.seq, row.id, texts[row.seq], attached(texts[row.seq]))
        for row in taken
        if row.seq in texts
    ]
    kept = _within(session, found)
    if len(kept) < len(found):
        return Batch(tuple(kept), kept[-1].seq)
    return Batch(tuple(kept), (taken[-1] if len(taken) < len(passing) else window[-1]).seq)


def _about(session: Session, activities: tuple[str, ...], *, low: int, high: int) -> set[int]:
    """Answer which of a range are about one of the activities themselves, not through a reference."""
    return set(
        session.scalars(
            select(StatementIri.seq).where(
                StatementIri.key.in_([iri_key(iri) for iri in activities]),
                StatementIri.usage.in_([Usage.DIRECT.value, Usage.RELATED.value]),
                StatementIri.seq.between(low, high),
                StatementIri.source == StatementIri.seq,
            )
        )
    )


def attached(payload: str) -> tuple[str, ...]:
    """Answer the hashes that a stored statement attaches, each once."""
    if '"attachments"' not in payload:
        return ()
    return tuple(dict.fromkeys(one["sha2"].lower() for one in attachments_of(parse_json(payload))))


def _within(session: Session, found: list[Outgoing]) -> list[Outgoing]:
    """Leave for the next batch what would make the attachments of this one too large."""
    hashes = {sha2 for one in found for sha2 in one.attachments}
    if not hashes:
        return found
    rows = session.execute(select(Attachment.sha2, Attachment.length).where(Attachment.sha2.in_(hashes)))
    lengths = {row.sha2: row.length for row in rows}
    kept: list[Outgoing] = []
    parts: set[str] = set()
    for one in found:
        parts |= set(one.attachments)
        if kept and (len(parts) > MAX_PARTS or sum(lengths.get(sha2, 0) for sha2 in parts) > MAX_ATTACHED):
            break
        kept.append(one)
    return kept
