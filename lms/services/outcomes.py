"""Tickets and figures of the service desk come in, are matched to people, and go out as weekly panels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from lms.adapters.desk_file import DeskFile
from lms.adapters.figures_file import read_figures
from lms.adapters.freshdesk import read_freshdesk
from lms.adapters.zendesk import read_zendesk
from lms.db.accounts import Cohort, CohortMember, Organisation, Person
from lms.db.outcomes import DeskAgentRow, DeskFigure, DeskTicket
from lms.domain.accounts import clean_email
from lms.domain.errors import NotFound
from lms.domain.outcomes import DeskAgent, Figure, FigureLine, Hours, Source, Ticket, week_number, weekly
from lms.domain.panel import Observation

AT_ONCE = 500
"""Rows asked for in one query: SQLite takes no endless list of values."""
READ_AT_ONCE = 5_000
FIELDS = (
    "created_at",
    "solved_at",
    "reply_calendar_minutes",
    "reply_business_minutes",
    "resolution_calendar_minutes",
    "resolution_business_minutes",
    "replies",
    "reopens",
    "score",
    "topic",
    "requester",
)
"""What a ticket and its row have under the same name."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class Unmatched:
    """An agent of the desk whose account is not known, and why."""

    key: str
    name: str
    reason: str

    def __str__(self) -> str:
        known = f" ({self.name})" if self.name not in ("", self.key) else ""
        return f"agent {self.key}{known}: {self.reason}"


@dataclass(frozen=True)
class Imported:
    """What an import did, or would do."""

    new: int
    changed: int
    unchanged: int
    deleted: int
    unmatched: tuple[Unmatched, ...]


def read_file(session: Session, data: bytes, source: Source, *, zone: ZoneInfo | None = None) -> DeskFile:
    """Read a desk's file; times without an offset are in `zone`, the organisation's if absent."""
    zone = zone or ZoneInfo(session.scalars(select(Organisation.timezone)).one())
    match source:
        case Source.ZENDESK:
            return read_zendesk(data, zone=zone)
        case Source.FRESHDESK:
            return read_freshdesk(data, zone=zone)
        case Source.GENERIC:
            return read_figures(data)


def import_file(session: Session, file: DeskFile) -> Imported:
    """Store what a file holds, by number: importing it again changes nothing. A dry run rolls this back."""
    agents, unmatched = _match(session, file)
    deleted = 0
    for numbers in _chunks(file.deleted):
        gone = delete(DeskTicket).where(DeskTicket.source == file.source, DeskTicket.number.in_(numbers))
        deleted += len(session.scalars(gone.returning(DeskTicket.id)).all())
    done = {"new": 0, "changed": 0, "unchanged": 0}
    for tickets in _chunks(file.tickets):
        for state in _store_tickets(session, file.source, tickets, agents):
            done[state] += 1
    for figures in _chunks(file.figures):
        for state in _store_figures(session, figures, agents):
            done[state] += 1
    return Imported(**done, deleted=deleted, unmatched=unmatched)


def link_agent(session: Session, source: Source, key: str, email: str) -> Person:
    """Say whose account an agent is. Raises NotFound for an unknown agent or address."""
    agent = session.scalar(select(DeskAgentRow).where(DeskAgentRow.source == source, DeskAgentRow.key == key))
    if agent is None:
        raise NotFound(f"no import from {source} has named an agent {key!r}")
    person = session.scalar(select(Person).where(Person.email == clean_email(email)))
    if person is None:
        raise NotFound(f"there is no account with the address {email!r}")
    agent.person_id = person.id
    session.flush()
    return person


def weekly_panel(session: Session, figure: str, *, hours: Hours = Hours.CALENDAR) -> list[Observation]:
    """Answer a figure per person and ISO week, for `lms.domain.effect`: people whom an agent is linked to.

    A person counts as trained from the week after the one in which its first cohort was planned to start.
    Figures of a generic file stand beside those of tickets; where both have a week, the tickets' counts.
    """
    linked = select(DeskAgentRow.id, DeskAgentRow.person_id).where(DeskAgentRow.person_id.is_not(None))
    people: dict[int | None, int | None] = {row.id: row.person_id for row in session.execute(linked)}
    found: dict[tuple[str, int], float] = {}
    for agent_id, monday, value in session.execute(
        select(DeskFigure.agent_id, DeskFigure.monday, DeskFigure.value)
        .where(DeskFigure.figure == figure)
        .order_by(DeskFigure.id)
    ):
        if agent_id in people:
            found[str(people[agent_id]), week_number(monday)] = value
    if figure in set(Figure):
        for one in weekly(_tickets(session, people), Figure(figure), hours=hours):
            found[one.agent, week_number(one.monday)] = one.value
    starts = _starts(session)
    uuids = {str(row.id): str(row.uuid) for row in session.execute(select(Person.id, Person.uuid))}
    return [
        Observation(uuids[person], week, starts.get(int(person)), value)
        for (person, week), value in sorted(found.items())
    ]


def _match(session: Session, file: DeskFile) -> tuple[dict[str, int], tuple[Unmatched, ...]]:
    """Answer the row of each agent, and those without an account: two of one name are asked, not guessed."""
    by_email = _people(session, Person.email, [agent.email.lower() for agent in file.agents if agent.email])
    by_name = _people(session, Person.display_name, [agent.name for agent in file.agents if agent.name])
    known: dict[str, DeskAgentRow] = {}
    for keys in _chunks([agent.key for agent in file.agents]):
        for row in session.scalars(
            select(DeskAgentRow).where(DeskAgentRow.source == file.source, DeskAgentRow.key.in_(keys))
        ):
            known[row.key] = row
    names = [agent.name for agent in file.agents]
    unmatched = []
    for agent in file.agents:
        if agent.key not in known:
            known[agent.key] = DeskAgentRow(source=file.source, key=agent.key, name=agent.name[:255])
            session.add(known[agent.key])
        row = known[agent.key]
        row.name = agent.name[:255] or row.name
        if row.person_id is None:
            found = by_email.get(agent.email.lower()) or by_name.get(agent.name, [])
            sure = agent.email.lower() in by_email or names.count(agent.name) == 1
            if len(found) == 1 and sure:
                row.person_id = found[0]
            else:
                unmatched.append(Unmatched(agent.key, agent.name, _reason(agent, found, sure)))
    session.flush()
    return {key: row.id for key, row in known.items()}, tuple(unmatched)


def _reason(agent: DeskAgent, found: Sequence[int], sure: bool) -> str:
    if len(found) > 1:
        return f"{len(found)} accounts have this name"
    if found and not sure:
        return "several agents of the desk have this name"
    return "no account has this address or name" if agent.name or agent.email else "the file has no name"


def _people(session: Session, column: Any, values: list[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for some in _chunks(sorted(set(values))):
        for value, person in session.execute(select(column, Person.id).where(column.in_(some))):
            found.setdefault(value, []).append(person)
    return found


def _store_tickets(
    session: Session, source: Source, tickets: Sequence[Ticket], agents: dict[str, int]
) -> Iterator[str]:
    rows = {
        row.number: row
        for row in session.scalars(
            select(DeskTicket).where(
                DeskTicket.source == source, DeskTicket.number.in_([one.number for one in tickets])
            )
        )
    }
    for ticket in tickets:
        values: dict[str, Any] = {name: getattr(ticket, name) for name in FIELDS}
        values["tags"] = list(ticket.tags)
        values["agent_id"] = agents[ticket.agent] if ticket.agent else None
        values["rated_agent_id"] = agents[ticket.rated_agent] if ticket.rated_agent else None
        yield _put(session, rows.get(ticket.number), values, DeskTicket, source=source, number=ticket.number)
    session.flush()


def _store_figures(session: Session, figures: Sequence[FigureLine], agents: dict[str, int]) -> Iterator[str]:
    rows = {
        (row.agent_id, row.figure, row.monday): row
        for row in session.scalars(
            select(DeskFigure).where(
                DeskFigure.agent_id.in_(sorted({agents[one.agent] for one in figures})),
                DeskFigure.monday.between(
                    min(one.monday for one in figures), max(one.monday for one in figures)
                ),
            )
        )
    }
    for one in figures:
        key: tuple[int, str, date] = (agents[one.agent], one.figure, one.monday)
        yield _put(
            session,
            rows.get(key),
            {"value": one.value, "count": one.count},
            DeskFigure,
            agent_id=key[0],
            figure=key[1],
            monday=key[2],
        )
    session.flush()


def _put(
    session: Session,
    row: DeskTicket | DeskFigure | None,
    values: dict[str, Any],
    kind: Callable[..., DeskTicket | DeskFigure],
    **identity: Any,
) -> str:
    """Make or change a row; answer `new`, `changed` or `unchanged`."""
    if row is None:
        session.add(kind(**identity, **values))
        return "new"
    different = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    return "changed" if different else "unchanged"


def _tickets(session: Session, people: dict[int | None, int | None]) -> Iterator[Ticket]:
    """Answer all tickets, their agents named by the person's row; unlinked ones by nothing.

    Those of unlinked agents come too: a buyer who wrote again, to whomever, was not helped the first time.
    """
    columns = [getattr(DeskTicket, name) for name in (*FIELDS, "id", "agent_id", "rated_agent_id", "tags")]
    after = 0
    while rows := session.execute(
        select(*columns).where(DeskTicket.id > after).order_by(DeskTicket.id).limit(READ_AT_ONCE)
    ).all():
        after = rows[-1].id
        for row in rows:
            yield Ticket(
                number=str(row.id),
                agent=_text(people.get(row.agent_id)),
                # Who was rated and is not linked is nobody: falling back on the assignee would blame another.
                rated_agent=_text(people.get(row.rated_agent_id)) or ("" if row.rated_agent_id else None),
                tags=tuple(row.tags),
                **{name: getattr(row, name) for name in FIELDS},
            )


def _text(person: int | None) -> str | None:
    return None if person is None else str(person)


def _starts(session: Session) -> dict[int, int]:
    """Answer the first week after training of each person in a cohort, as it was planned."""
    return {
        person: week_number(starts_on) + 1
        for person, starts_on in session.execute(
            select(CohortMember.person_id, func.min(Cohort.starts_on))
            .join(Cohort, Cohort.id == CohortMember.cohort_id)
            .group_by(CohortMember.person_id)
        )
    }


def _chunks(values: Sequence[Value]) -> Iterator[Sequence[Value]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]
