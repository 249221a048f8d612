"""Organisation, people, teams, cohorts, one-time links and wrong sign-ins."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.db.base import Base, BigKey, JSONText, enum_column
from lms.domain.accounts import Role


class Organisation(Base):
    """The one organisation of this installation."""

    __tablename__ = "organisation"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    language: Mapped[str] = mapped_column(String(16))
    """Shown to people whose browser asks for no language that there is."""
    timezone: Mapped[str] = mapped_column(String(64))
    working_days: Mapped[str] = mapped_column(String(7))
    """ISO weekdays as digits, `12345` for Monday to Friday."""
    iri_base: Mapped[str]
    """The start of every IRI; written at the first start and never changed."""
    settings: Mapped[Any] = mapped_column(JSONText, default=dict)


class Team(Base):
    """A desk unit; a person is in one."""

    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(unique=True)
    demonstration: Mapped[bool] = mapped_column(default=False)


class Person(Base):
    """Somebody with an account."""

    __tablename__ = "people"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    """The name of the actor in statements; random, says nothing about the person."""
    email: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    role: Mapped[Role] = mapped_column(enum_column(Role, "role"))
    password_hash: Mapped[str | None]
    """argon2id; null until the person has set one."""
    session_version: Mapped[int] = mapped_column(default=1)
    """Raised to end every session, as a password change does."""
    active: Mapped[bool] = mapped_column(default=True)
    language: Mapped[str | None] = mapped_column(String(16))
    timezone: Mapped[str | None] = mapped_column(String(64))
    working_days: Mapped[str | None] = mapped_column(String(7))
    daily_minutes: Mapped[int] = mapped_column(default=5)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]
    demonstration: Mapped[bool] = mapped_column(default=False)

    team: Mapped[Team | None] = relationship(lazy="raise")


class Cohort(Base):
    """People trained together from a date."""

    __tablename__ = "cohorts"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(unique=True)
    starts_on: Mapped[date]
    created_at: Mapped[datetime]
    demonstration: Mapped[bool] = mapped_column(default=False)


class CohortMember(Base):
    """A person trained in a cohort."""

    __tablename__ = "cohort_members"

    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    joined_at: Mapped[datetime]


class CohortManager(Base):
    """A person who may see and assign to a cohort."""

    __tablename__ = "cohort_managers"

    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(
        ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class OneTimeLink(Base):
    """A link to set a password; only the hash of its secret is kept."""

    __tablename__ = "one_time_links"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInFailure(Base):
    """A wrong attempt, counted over a minute by all web processes alike."""

    __tablename__ = "sign_in_failures"
    __table_args__ = (Index("ix_sign_in_failures_key_at", "key", "at"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    """Hash of the address, or of the address and the e-mail tried: neither is kept."""
    at: Mapped[datetime]
