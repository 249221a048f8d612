"""Statements that were refused, kept with the reason and without personal data; only the newest are kept."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from xapi.spec.redaction import redacted, redacted_text
from xapi.store.tables import Refusal

KEPT = 10_000
KEPT_BYTES = 65_536


@dataclass(frozen=True)
class Refused:
    """One refused request."""

    at: datetime
    credential_key: str | None
    address: str
    status: int
    reason: str
    body: bytes


def record_refusal(session: Session, refused: Refused) -> None:
    """Keep a refusal and the start of its body, and drop the oldest beyond the bound."""
    row = Refusal(
        at=refused.at,
        credential_key=refused.credential_key,
        address=refused.address[:64],
        status=refused.status,
        reason=redacted_text(refused.reason.replace("\x00", ""))[:2000],
        body=redacted(refused.body[:KEPT_BYTES]).encode()[:KEPT_BYTES],
    )
    session.add(row)
    session.flush()
    session.execute(delete(Refusal).where(Refusal.id <= row.id - KEPT))


def latest_refusals(session: Session, *, before: int | None = None, limit: int = 100) -> list[Refusal]:
    """Answer refusals older than the number `before`, newest first."""
    found = select(Refusal).order_by(Refusal.id.desc()).limit(limit)
    if before is not None:
        found = found.where(Refusal.id < before)
    return list(session.scalars(found))
