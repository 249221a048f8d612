"""Who is signed in: loads the person of a session, in one query, with what every page shows."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import cast
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Flask
from flask_login import LoginManager, UserMixin
from flask_login import current_user as _current_user
from sqlalchemy import bindparam, select

from lms.bootstrap import Parts
from lms.db.accounts import Organisation, Person, Team
from lms.domain.access import Actor
from lms.domain.accounts import Role, initial


@dataclass(frozen=True)
class SignedIn(UserMixin):  # type: ignore[misc]
    """The person of this request. `person_id` is the row number and never leaves the server."""

    person_id: int
    uuid: UUID
    display_name: str
    email: str
    role: Role
    language: str | None
    timezone: str
    working_days: str
    daily_minutes: int
    team_name: str | None
    session_version: int
    organisation: str
    demonstration: bool

    @property
    def initial(self) -> str:
        """The letter in the avatar."""
        return initial(self.display_name)

    @property
    def actor(self) -> Actor:
        """The same person, as the rules of access see them."""
        return Actor(person_id=self.person_id, role=self.role)

    @property
    def zone(self) -> ZoneInfo:
        """The person's time zone, else the organisation's."""
        return ZoneInfo(self.timezone)

    def get_id(self) -> str:
        """What the session keeps: a password change raises the version and so ends it."""
        return f"{self.uuid}.{self.session_version}"


PERSON = (
    select(
        Person.id,
        Person.uuid,
        Person.display_name,
        Person.email,
        Person.role,
        Person.language,
        Person.timezone,
        Person.working_days,
        Person.daily_minutes,
        Team.name,
        Person.session_version,
        Person.demonstration,
        Organisation.name,
        Organisation.timezone,
        Organisation.working_days,
    )
    .select_from(Person)
    .join(Organisation, Organisation.id == 1)
    .outerjoin(Team, Team.id == Person.team_id)
    .where(Person.uuid == bindparam("wanted"), Person.active)
)
"""Built once: every request of a signed-in person runs it."""


def current() -> SignedIn:
    """Answer the signed-in person; only for views that are not public."""
    return cast(SignedIn, _current_user._get_current_object())


def init_sessions(app: Flask, parts: Parts) -> None:
    """Register Flask-Login on the application."""
    manager = LoginManager(app)
    manager.session_protection = None  # phones change address and agent; the version ends sessions

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(session_id: str) -> SignedIn | None:
        uuid, _, version = session_id.partition(".")
        return load_person(parts, uuid, version)


def load_person(parts: Parts, uuid: str, version: str) -> SignedIn | None:
    """Answer the active person of this session, or None where it has ended."""
    try:
        wanted = UUID(uuid)
    except ValueError:
        return None
    with parts.database.reading() as session:
        # columns alone need no objects: on the connection this takes half as long as through the session
        row = session.connection().execute(PERSON, {"wanted": wanted}).one_or_none()
    if row is None or not hmac.compare_digest(str(row.session_version), version):
        return None
    return SignedIn(
        person_id=row[0],
        uuid=row[1],
        display_name=row[2],
        email=row[3],
        role=row[4],
        language=row[5],
        timezone=row[6] or row[13],
        working_days=row[7] or row[14],
        daily_minutes=row[8],
        team_name=row[9],
        session_version=row[10],
        organisation=row[12],
        demonstration=row[11],
    )
