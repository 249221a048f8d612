"""Who is signed in: loads the person of a session, in one query, with what every page shows."""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass
from typing import cast
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Flask, Request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_login import LoginManager, UserMixin, login_user
from flask_login import current_user as _current_user
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import bindparam, select

from lms.bootstrap import Parts
from lms.db.accounts import Organisation, Person, Team
from lms.domain.access import Actor
from lms.domain.accounts import Role, initial

SESSION_SECONDS = 12 * 3600
SET_BACK_SECONDS = 36 * 3600
"""A clock set back by less ends no session; a session from further ahead was begun by a wrong clock."""
SINCE = "since"


class Sessions(SecureCookieSessionInterface):
    """Signed cookies whose signature may have any age: whether somebody is still signed in, `lives` says.

    The signature's own time is renewed with every change, so that a session could go on for ever, and is
    refused when it lies in the future, so that a clock set back by a second would end every session.
    """

    _serializer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Answer the one serializer: each request would make two of its own."""
        if self._serializer is None:
            self._serializer = super().get_signing_serializer(app)
        return self._serializer

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        """Answer what the cookie holds, or an empty session where it is not ours."""
        serializer = self.get_signing_serializer(app)
        value = request.cookies.get(self.get_cookie_name(app))
        if serializer is None or not value:
            return self.session_class()
        try:
            return self.session_class(serializer.loads(value))
        except BadSignature:
            return self.session_class()


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


def begin(person: SignedIn) -> None:
    """Sign a person in. The session's life is counted by the system's clock, whatever the clock file says."""
    session[SINCE] = int(time.time())
    session.permanent = True
    login_user(person)


def lives() -> bool:
    """Whether this request's session was begun less than `SESSION_SECONDS` ago."""
    since = session.get(SINCE)
    return isinstance(since, int) and -SET_BACK_SECONDS <= time.time() - since < SESSION_SECONDS


def init_sessions(app: Flask, parts: Parts) -> None:
    """Register Flask-Login on the application."""
    app.session_interface = Sessions()
    manager = LoginManager()
    # its context processor would load the person on error pages too, also where the database is what failed
    manager.init_app(app, add_context_processor=False)
    manager.session_protection = None  # phones change address and agent; the version ends sessions

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(session_id: str) -> SignedIn | None:
        if not lives():
            return None
        uuid, _, version = session_id.partition(".")
        return load_person(parts, uuid, version)


def load_person(parts: Parts, uuid: str, version: str) -> SignedIn | None:
    """Answer the active person of this session, or None where it has ended."""
    try:
        wanted = UUID(uuid)
    except ValueError:
        return None
    row = parts.database.one(PERSON, {"wanted": wanted})
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
