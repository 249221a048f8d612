"""What an administrator looks at: statements by place with their marks, what refers to one, documents."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from xapi.store.statements import Reference, Stored
from xapi.store.tables import Attachment, Document, Statement, StatementReference


def rows_at(session: Session, seqs: Sequence[int]) -> list[Stored]:
    """Answer the statements at these places, in the order asked for; a few hundred at most."""
    if not seqs:
        return []
    rows = session.execute(
        select(Statement.seq, Statement.id, Statement.payload, Statement.voided).where(
            Statement.seq.in_(seqs)
        )
    )
    found = {row.seq: Stored(row.seq, row.id, row.payload, row.voided) for row in rows}
    return [found[seq] for seq in seqs if seq in found]


def referring_to(session: Session, id: UUID, *, limit: int) -> list[Reference]:
    """Answer the newest statements that have this one as their object."""
    rows = session.execute(
        select(
            StatementReference.id,
            StatementReference.seq,
            StatementReference.target_id,
            StatementReference.voids,
        )
        .where(StatementReference.target_id == id)
        .order_by(StatementReference.seq.desc())
        .limit(limit)
    )
    return [Reference(row.id, row.seq, row.target_id, row.voids) for row in rows]


def kept_attachments(session: Session, hashes: Sequence[str]) -> frozenset[str]:
    """Answer those hashes whose bytes are here, without reading them."""
    if not hashes:
        return frozenset()
    return frozenset(session.scalars(select(Attachment.sha2).where(Attachment.sha2.in_(hashes))))


def documents_of(session: Session, agents: Sequence[bytes]) -> Iterator[tuple[Mapping[str, Any], bytes]]:
    """Yield documents about agents with what they are, one in memory at a time; reads the whole table."""
    places = select(Document.key).where(Document.agent_key.in_(agents)).order_by(Document.updated)
    for key in session.scalars(places).all():
        document = session.get(Document, key)
        if document is None:
            continue  # deleted since
        session.expunge(document)
        about = {
            "kind": document.kind,
            "id": document.document_id,
            "registration": None if document.registration is None else str(document.registration),
            "content_type": document.content_type,
            "updated": document.updated.isoformat(),
        }
        yield about, document.content
