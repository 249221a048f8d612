"""The outbox: what must follow a commit, written in the same transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db.base import Base, BigKey, JSONText


class OutboxRow(Base):
    """One thing to do after the commit; it may be done twice, so its task must bear that."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_done_at_available_at", "done_at", "available_at"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    """The idempotency key that goes out with it."""
    task: Mapped[str] = mapped_column(String(60))
    payload: Mapped[Any] = mapped_column(JSONText)
    created_at: Mapped[datetime]
    available_at: Mapped[datetime]
    """Not before; moved on after a failure."""
    leased_until: Mapped[datetime | None]
    """A worker has it until then; a dead worker's lease runs out."""
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    """Given up after the last attempt."""
    last_error: Mapped[str | None] = mapped_column(Text)
