"""The bytes of attachments, once for every hash."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from xapi.spec.attachment import Part as Part
from xapi.store.statements import IN_CLAUSE
from xapi.store.tables import Attachment


def store_attachments(session: Session, parts: Iterable[Part], *, now: datetime) -> None:
    """Keep those whose hash is new; the caller holds the writers' lock."""
    given = {part.sha2: part for part in parts}
    known = {part.sha2 for part in find_attachments(session, given)}
    rows = [
        {
            "sha2": sha2,
            "content_type": part.content_type,
            "length": len(part.content),
            "content": part.content,
            "received": now,
        }
        for sha2, part in sorted(given.items())
        if sha2 not in known
    ]
    if rows:
        session.execute(insert(Attachment), rows)


def find_attachments(session: Session, hashes: Iterable[str]) -> list[Part]:
    """Answer those of the hashes that are kept, in the order asked for."""
    wanted = list(dict.fromkeys(sha2.lower() for sha2 in hashes))
    found: dict[str, Part] = {}
    for start in range(0, len(wanted), IN_CLAUSE):
        rows = session.execute(
            select(Attachment.sha2, Attachment.content_type, Attachment.content).where(
                Attachment.sha2.in_(wanted[start : start + IN_CLAUSE]), Attachment.content.is_not(None)
            )
        )
        found |= {row.sha2: Part(row.sha2, row.content_type, row.content) for row in rows}
    return [found[sha2] for sha2 in wanted if sha2 in found]
