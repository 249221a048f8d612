"""Accounts: signing in, passwords, one-time links, a person's own settings, people from a file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from lms.adapters import passwords
from lms.db.accounts import OneTimeLink, Organisation, Person, SignInFailure, Team
from lms.domain import accounts as rules
from lms.domain.accounts import Role
from lms.domain.errors import Conflict, Invalid, NotFound, TooManyAttempts

FAILURES_A_MINUTE = 10
"""Wrong attempts on one account from one address."""
FAILURES_AN_ADDRESS = 50
"""Wrong attempts from one address on any account: an office shares one."""
WINDOW = timedelta(minutes=1)
LINK_LIFE = timedelta(days=3)
LINK_KEPT = timedelta(days=30)
"""How long a link that opens nothing any more is kept, to answer who was sent one."""


@dataclass(frozen=True)
class Place:
    """Where an attempt to sign in comes from."""

    address: str
    email: str

    @property
    def keys(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """The two counters with their limits; hashed, so that no address is kept."""
        return (
            (_digest(f"pair|{self.address}|{self.email}"), FAILURES_A_MINUTE),
            (_digest(f"address|{self.address}"), FAILURES_AN_ADDRESS),
        )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def check_attempts(session: Session, place: Place, *, now: datetime) -> None:
    """Raise TooManyAttempts where the last minute holds too many wrong ones."""
    for key, limit in place.keys:
        wrong = session.scalar(
            select(func.count()).where(SignInFailure.key == key, SignInFailure.at > now - WINDOW)
        )
        if (wrong or 0) >= limit:
            raise TooManyAttempts(retry_after=int(WINDOW.total_seconds()))


def record_failure(session: Session, place: Place, *, now: datetime) -> None:
    """Count one wrong attempt and drop those older than the window."""
    session.execute(delete(SignInFailure).where(SignInFailure.at <= now - WINDOW))
    session.add_all(SignInFailure(key=key, at=now) for key, _ in place.keys)
    session.flush()


def person_by_email(session: Session, email: str) -> Person | None:
    """Answer the active person with this address, or None."""
    return session.scalar(select(Person).where(Person.email == email.strip().lower(), Person.active))


def signed_in(session: Session, person_id: int, *, password_hash: str | None, now: datetime) -> None:
    """Note a sign-in, and a better hash where the old parameters were weaker."""
    values: dict[str, object] = {"last_seen_at": now}
    if password_hash is not None:
        values["password_hash"] = password_hash
    session.execute(update(Person).where(Person.id == person_id).values(values))


def create_person(
    session: Session,
    *,
    email: str,
    name: str,
    role: Role,
    now: datetime,
    new_id: Callable[[], UUID],
    password: str | None = None,
    team: str | None = None,
    language: str | None = None,
    timezone: str | None = None,
    demonstration: bool = False,
) -> Person:
    """Make an account. Raises Invalid, or Conflict where the address is taken."""
    email = rules.clean_email(email)
    if session.scalar(select(Person.id).where(Person.email == email)) is not None:
        raise Conflict(f"email: {email} has an account already")
    if password is not None:
        rules.check_password(password, email=email)
    person = Person(
        uuid=new_id(),
        email=email,
        display_name=rules.clean_name(name),
        role=role,
        password_hash=None if password is None else passwords.hash_password(password),
        language=None if not language else rules.clean_language(language),
        timezone=None if not timezone else rules.clean_timezone(timezone),
        team_id=None if not team else _team(session, team, new_id=new_id, demonstration=demonstration).id,
        created_at=now,
        demonstration=demonstration,
    )
    session.add(person)
    session.flush()
    return person


def _team(session: Session, name: str, *, new_id: Callable[[], UUID], demonstration: bool) -> Team:
    name = rules.clean_name(name, field="team")
    team = session.scalar(select(Team).where(Team.name == name))
    if team is None:
        team = Team(uuid=new_id(), name=name, demonstration=demonstration)
        session.add(team)
        session.flush()
    return team


def change_password(session: Session, person_id: int, *, current: str, new: str) -> int:
    """Set a new password and end every session; answers the new session version. Raises Invalid."""
    person = session.get_one(Person, person_id)
    if not passwords.password_matches(person.password_hash, current):
        raise Invalid("current", "this is not your current password")
    return _set_password(session, person, new, field="new_password")


def make_link(session: Session, person: Person, *, now: datetime, new_secret: Callable[[], str]) -> str:
    """Answer the secret of a new one-time link; links made before for the person end."""
    session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.person_id == person.id, OneTimeLink.used_at.is_(None))
        .values(used_at=now)
    )
    secret = new_secret()
    session.add(
        OneTimeLink(
            person_id=person.id, secret_hash=_digest(secret), created_at=now, expires_at=now + LINK_LIFE
        )
    )
    session.flush()
    return secret


def person_of_link(session: Session, secret: str, *, now: datetime) -> Person:
    """Answer whose link it is. Raises NotFound where it was used, has run out or never was."""
    person = session.scalar(
        select(Person)
        .join(OneTimeLink, OneTimeLink.person_id == Person.id)
        .where(
            OneTimeLink.secret_hash == _digest(secret),
            OneTimeLink.used_at.is_(None),
            OneTimeLink.expires_at > now,
            Person.active,
        )
    )
    if person is None:
        raise NotFound("this link was used already or has run out")
    return person


def set_password_by_link(session: Session, secret: str, *, new: str, now: datetime) -> Person:
    """Set the password of the link's person once. Raises NotFound or Invalid."""
    person = person_of_link(session, secret, now=now)
    _set_password(session, person, new, field="new_password")
    session.execute(update(OneTimeLink).where(OneTimeLink.secret_hash == _digest(secret)).values(used_at=now))
    return person


def forget_links(session: Session, *, now: datetime) -> None:
    """Delete the links that were used, or ran out, long ago."""
    old = now - LINK_KEPT
    session.execute(delete(OneTimeLink).where((OneTimeLink.used_at < old) | (OneTimeLink.expires_at < old)))


def _set_password(session: Session, person: Person, password: str, *, field: str) -> int:
    rules.check_password(password, email=person.email, field=field)
    person.password_hash = passwords.hash_password(password)
    person.session_version += 1
    session.flush()
    return person.session_version


def set_language(session: Session, person_id: int, language: str) -> None:
    """Keep the language a person chose. Raises Invalid."""
    session.execute(
        update(Person).where(Person.id == person_id).values(language=rules.clean_language(language))
    )


@dataclass(frozen=True)
class OwnSettings:
    """What a person chooses for themselves."""

    language: str
    timezone: str
    working_days: str
    daily_minutes: int


def save_settings(session: Session, person_id: int, chosen: OwnSettings) -> None:
    """Keep a person's own settings. Raises Invalid."""
    low, high = rules.DAILY_MINUTES
    if not low <= chosen.daily_minutes <= high:
        raise Invalid("daily_minutes", f"expected {low} to {high} minutes")
    person = session.get_one(Person, person_id)
    person.language = rules.clean_language(chosen.language)
    person.timezone = rules.clean_timezone(chosen.timezone)
    person.working_days = rules.clean_working_days(chosen.working_days)
    person.daily_minutes = chosen.daily_minutes
    session.flush()


def organisation(session: Session) -> Organisation:
    """Answer the one organisation row. Raises NotFound before the first start."""
    row = session.get(Organisation, 1)
    if row is None:
        raise NotFound("the organisation is not set up: run `flask db upgrade`")
    return row


def set_up_organisation(session: Session, *, iri_base: str) -> Organisation:
    """Make the organisation row at the first start. Raises Conflict where the IRI base has changed since."""
    row = session.get(Organisation, 1)
    if row is None:
        row = Organisation(
            id=1,
            name="Crossdesk",
            language="zh-CN",
            timezone="Asia/Shanghai",
            working_days="12345",
            iri_base=iri_base,
            settings={},
        )
        session.add(row)
        session.flush()
    elif row.iri_base != iri_base:
        raise Conflict(
            f"CROSSDESK_IRI_BASE: this database was started with {row.iri_base} and its statements carry it;"
            f" found {iri_base}"
        )
    return row


PEOPLE_A_PAGE = 50


@dataclass(frozen=True)
class PersonRow:
    """One line of the administrator's list."""

    id: UUID
    email: str
    display_name: str
    role: Role
    team_name: str | None
    active: bool
    last_seen: datetime | str | None
    demonstration: bool


@dataclass(frozen=True)
class PeoplePage:
    """A page of people; `total` counts all that match."""

    people: tuple[PersonRow, ...]
    page: int
    pages: int
    total: int


_ROW = (
    select(
        Person.uuid,
        Person.email,
        Person.display_name,
        Person.role,
        Team.name,
        Person.active,
        Person.last_seen_at,
        Person.demonstration,
    )
    .select_from(Person)
    .outerjoin(Team, Team.id == Person.team_id)
)


def list_people(session: Session, *, search: str, page: int) -> PeoplePage:
    """Answer people by name or address, 50 a page."""
    where = []
    if search.strip():
        wanted = search.strip().lower()
        where.append(
            func.lower(Person.display_name).contains(wanted, autoescape=True)
            | Person.email.contains(wanted, autoescape=True)
        )
    total = session.scalar(select(func.count()).select_from(Person).where(*where)) or 0
    rows = session.execute(
        _ROW.where(*where)
        .order_by(Person.display_name, Person.id)
        .limit(PEOPLE_A_PAGE)
        .offset((page - 1) * PEOPLE_A_PAGE)
    )
    return PeoplePage(
        people=tuple(PersonRow(*row) for row in rows),
        page=page,
        pages=max(1, -(-total // PEOPLE_A_PAGE)),
        total=total,
    )


def person_row(session: Session, uuid: UUID) -> PersonRow:
    """Answer a person as the administrator sees them. Raises NotFound."""
    row = session.execute(_ROW.where(Person.uuid == uuid)).one_or_none()
    if row is None:
        raise NotFound("there is no such person")
    return PersonRow(*row)


def person_by_uuid(session: Session, uuid: UUID) -> Person:
    """Answer a person. Raises NotFound."""
    person = session.scalar(select(Person).where(Person.uuid == uuid))
    if person is None:
        raise NotFound("there is no such person")
    return person


def change_person(
    session: Session,
    uuid: UUID,
    *,
    name: str,
    role: Role,
    team: str | None,
    active: bool,
    new_id: Callable[[], UUID],
) -> None:
    """Change an account; a new role or closing it ends its sessions. Raises Invalid or NotFound."""
    person = person_by_uuid(session, uuid)
    if person.role != role or person.active != active:
        person.session_version += 1
    person.display_name = rules.clean_name(name)
    person.role = role
    person.active = active
    person.team_id = (
        None if not team else _team(session, team, new_id=new_id, demonstration=person.demonstration).id
    )
    session.flush()
