"""Documents of the State, Agent Profile and Activity Profile resources (xAPI 1.0.3 part 3, 2.2)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.orm import Session

from xapi.spec.mentions import KEY_BYTES, iri_key
from xapi.store.tables import Document


class Kind(StrEnum):
    """Which resource a document belongs to."""

    STATE = "state"
    AGENT_PROFILE = "agent_profile"
    ACTIVITY_PROFILE = "activity_profile"


@dataclass(frozen=True)
class Place:
    """The activity, agent (by key) and registration that documents are about."""

    kind: Kind
    activity: str | None = None
    agent: bytes | None = None
    registration: UUID | None = None


@dataclass(frozen=True)
class StoredDocument:
    """A document as it is kept."""

    content_type: str
    content: bytes
    etag: str
    updated: datetime


def lock_document(session: Session, place: Place, document_id: str) -> None:
    """Wait until no other transaction writes this document; on SQLite BEGIN IMMEDIATE has done so."""
    if session.get_bind().dialect.name == "postgresql":
        key = _key(place, document_id)
        halves = [int.from_bytes(key[start : start + 4], "big", signed=True) for start in (0, 4)]
        session.execute(select(func.pg_advisory_xact_lock(*halves)))


def find_document(session: Session, place: Place, document_id: str) -> StoredDocument | None:
    """Answer a document, None where there is none."""
    row = session.execute(
        select(Document.content_type, Document.content, Document.etag, Document.updated).where(
            Document.key == _key(place, document_id)
        )
    ).one_or_none()
    return None if row is None else StoredDocument(row.content_type, row.content, row.etag, row.updated)


def save_document(
    session: Session, place: Place, document_id: str, *, content_type: str, content: bytes, now: datetime
) -> None:
    """Make or replace a document; the caller has locked it."""
    key = _key(place, document_id)
    values = {
        "content_type": content_type,
        "content": content,
        "etag": etag_of(content),
        "updated": now,
    }
    known = session.scalar(select(Document.key).where(Document.key == key))
    if known is not None:
        session.execute(update(Document).where(Document.key == key).values(**values))
        return
    session.execute(
        insert(Document).values(
            key=key,
            kind=place.kind.value,
            activity_key=None if place.activity is None else iri_key(place.activity),
            agent_key=place.agent,
            registration=place.registration,
            document_id=document_id,
            **values,
        )
    )


def delete_document(session: Session, place: Place, document_id: str) -> None:
    """Remove a document, if there is one."""
    session.execute(delete(Document).where(Document.key == _key(place, document_id)))


def delete_documents(session: Session, place: Place) -> None:
    """Remove all documents of a place; of every registration when the place names none."""
    session.execute(delete(Document).where(*_about(place)))


def list_documents(
    session: Session, place: Place, *, since: datetime | None = None
) -> tuple[Sequence[str], datetime | None]:
    """Answer the ids of a place's documents changed after `since`, and when the last of them changed."""
    found = select(Document.document_id, Document.updated).where(*_about(place))
    if since is not None:
        found = found.where(Document.updated > since)
    rows = session.execute(found.order_by(Document.updated, Document.document_id)).all()
    return list(dict.fromkeys(row.document_id for row in rows)), rows[-1].updated if rows else None


def etag_of(content: bytes) -> str:
    """Answer the SHA-1 of the content in hex, as version 1.0.3 demands (part 3, 3.1)."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def _about(place: Place) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Document.kind == place.kind.value]
    if place.activity is not None:
        conditions.append(Document.activity_key == iri_key(place.activity))
    if place.agent is not None:
        conditions.append(Document.agent_key == place.agent)
    if place.registration is not None:
        conditions.append(Document.registration == place.registration)
    return conditions


def _key(place: Place, document_id: str) -> bytes:
    parts = (
        place.kind.value.encode(),
        b"" if place.activity is None else iri_key(place.activity),
        place.agent or b"",
        b"" if place.registration is None else place.registration.bytes,
        document_id.encode(),
    )
    digest = hashlib.blake2b(digest_size=KEY_BYTES)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()
