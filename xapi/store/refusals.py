"""Statements that were refused, kept with the reason; only the newest are kept."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

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
        reason=refused.reason.replace("\x00", "")[:2000],
        body=refused.body[:KEPT_BYTES],
    )
    session.add(row)
    session.flush()
    session.execute(delete(Refusal).where(Refusal.id <= row.id - KEPT))


def latest_refusals(session: Session, *, limit: int = 100) -> list[Refusal]:
    """Answer the newest refusals first."""
    return list(session.scalars(select(Refusal).order_by(Refusal.id.desc()).limit(limit)))
