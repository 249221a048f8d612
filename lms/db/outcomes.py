"""The service desk's tickets and figures, and which person each agent is. No buyer's name or words."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db.base import Base, BigKey, JSONText, enum_column
from lms.domain.outcomes import Score, Source


class DeskAgentRow(Base):
    """An agent as a desk names it."""

    __tablename__ = "desk_agents"
    __table_args__ = (UniqueConstraint("source", "key"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    source: Mapped[Source] = mapped_column(enum_column(Source, "source"))
    key: Mapped[str]
    """Its id at the desk, or its name where a file has no id."""
    name: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    """Null until it is known whose account this is."""


class DeskTicket(Base):
    """A ticket, as the last import of it said."""

    __tablename__ = "desk_tickets"
    __table_args__ = (
        UniqueConstraint("source", "number"),
        Index("ix_desk_tickets_agent_id_created_at", "agent_id", "created_at"),
        CheckConstraint("replies >= 0 AND reopens >= 0", name="counts"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    source: Mapped[Source] = mapped_column(enum_column(Source, "source"))
    number: Mapped[str] = mapped_column(String(64))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("desk_agents.id", ondelete="SET NULL"))
    rated_agent_id: Mapped[int | None] = mapped_column(
        ForeignKey("desk_agents.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime]
    solved_at: Mapped[datetime | None]
    reply_calendar_minutes: Mapped[float | None]
    reply_business_minutes: Mapped[float | None]
    resolution_calendar_minutes: Mapped[float | None]
    resolution_business_minutes: Mapped[float | None]
    replies: Mapped[int | None]
    reopens: Mapped[int | None]
    score: Mapped[Score | None] = mapped_column(enum_column(Score, "score"))
    topic: Mapped[str]
    tags: Mapped[Any] = mapped_column(JSONText)
    requester: Mapped[str | None] = mapped_column(String(32))
    """A hash: says that two tickets are of the same buyer, not whose."""


class DeskFigure(Base):
    """A figure that was computed elsewhere."""

    __tablename__ = "desk_figures"
    __table_args__ = (
        UniqueConstraint("agent_id", "figure", "monday"),
        CheckConstraint("count > 0", name="count"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("desk_agents.id", ondelete="CASCADE"))
    monday: Mapped[date]
    figure: Mapped[str] = mapped_column(String(32))
    value: Mapped[float]
    count: Mapped[int]
