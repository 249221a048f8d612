"""The service desk's tickets as we keep them, and how each figure is computed from them. No file, no table.

Nothing here says who a buyer is: names, addresses, subjects and comments are dropped by the readers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

WEEK_TICKETS_MIN = 5
"""An agent's week with fewer says too little and is left out."""
SAME_CONTACT = timedelta(days=7)
DISPUTE_DAYS = 14
DISPUTE_WORDS = frozenset({"dispute", "a-to-z", "chargeback", "complex_dispute"})
"""Tags or types that make a ticket a dispute, unless a company names its own."""


class Source(StrEnum):
    """The desk that tickets come from."""

    ZENDESK = "zendesk"
    FRESHDESK = "freshdesk"
    GENERIC = "generic"


class Score(StrEnum):
    """A buyer's rating; offered: asked for, not given."""

    GOOD = "good"
    BAD = "bad"
    OFFERED = "offered"


class Figure(StrEnum):
    """What can be computed from tickets."""

    CSAT = "csat"
    FIRST_REPLY = "first_reply"
    FCR = "fcr"
    DISPUTES = "disputes"


class Hours(StrEnum):
    """Which minutes count; one of them, never mixed."""

    CALENDAR = "calendar"
    BUSINESS = "business"


@dataclass(frozen=True)
class DeskAgent:
    """An agent as the desk names it: `key` is its id there, or its name where a file has no id."""

    key: str
    name: str = ""
    email: str = ""


@dataclass(frozen=True)
class Ticket:
    """One ticket. Minutes and counts are None where the desk does not say."""

    number: str
    created_at: datetime
    agent: str | None = None
    """Key of the one it is assigned to."""
    rated_agent: str | None = None
    """Key of the one who was rated, where the desk says so; None: it is `agent`; empty: somebody unknown."""
    solved_at: datetime | None = None
    reply_calendar_minutes: float | None = None
    reply_business_minutes: float | None = None
    resolution_calendar_minutes: float | None = None
    resolution_business_minutes: float | None = None
    replies: int | None = None
    reopens: int | None = None
    score: Score | None = None
    topic: str = ""
    """The desk's ticket type."""
    tags: tuple[str, ...] = ()
    requester: str | None = None
    """A hash that says no more than that two tickets are of the same buyer."""


@dataclass(frozen=True)
class FigureLine:
    """A figure that was computed elsewhere: of one agent, in the ISO week that begins on `monday`."""

    agent: str
    monday: date
    figure: str
    value: float
    count: int


@dataclass(frozen=True)
class WeekFigure:
    """An agent's figure in the ISO week that begins on `monday`."""

    agent: str
    monday: date
    value: float
    count: int


@dataclass(frozen=True)
class Satisfaction:
    """CSAT = good / (good + bad), and the share of those asked who answered."""

    csat: float | None
    response: float | None
    rated: int


def satisfaction(tickets: Iterable[Ticket]) -> Satisfaction:
    """Answer CSAT with its response rate; None where nobody rated, or was asked."""
    scores = [ticket.score for ticket in tickets if ticket.score is not None]
    good = scores.count(Score.GOOD)
    rated = good + scores.count(Score.BAD)
    return Satisfaction(
        csat=good / rated if rated else None, response=rated / len(scores) if scores else None, rated=rated
    )


def weekly(
    tickets: Iterable[Ticket],
    figure: Figure,
    *,
    hours: Hours = Hours.CALENDAR,
    disputes: frozenset[str] = DISPUTE_WORDS,
    dispute_days: int = DISPUTE_DAYS,
    tickets_min: int = WEEK_TICKETS_MIN,
) -> tuple[WeekFigure, ...]:
    """Answer each agent's figure a week (UTC), without weeks of too few tickets. Rates are 0..1.

    CSAT: rated tickets, in the week they were solved or else made. First reply: minutes, in the week the
    ticket was made. FCR and disputes: in the week solved, disputes that are not solved in the week made.
    """
    held = tuple(tickets)
    again = _later_contacts(held) if figure is Figure.FCR else {}
    found: dict[tuple[str, date], list[float]] = {}
    for ticket in held:
        value: float | bool | None
        agent, day = ticket.agent, ticket.solved_at or ticket.created_at
        match figure:
            case Figure.CSAT:
                agent = ticket.agent if ticket.rated_agent is None else ticket.rated_agent
                value = None if ticket.score in (None, Score.OFFERED) else ticket.score is Score.GOOD
            case Figure.FIRST_REPLY:
                day = ticket.created_at
                business = hours is Hours.BUSINESS
                value = ticket.reply_business_minutes if business else ticket.reply_calendar_minutes
            case Figure.FCR:
                value = first_contact_resolved(ticket, contacted_again=again.get(ticket.number))
            case Figure.DISPUTES:
                value = dispute_resolved(ticket, words=disputes, days=dispute_days)
        if value is not None and agent:
            found.setdefault((agent, monday_of(day.date())), []).append(float(value))
    return tuple(
        WeekFigure(agent, monday, sum(values) / len(values), len(values))
        for (agent, monday), values in sorted(found.items())
        if len(values) >= tickets_min
    )


def first_contact_resolved(ticket: Ticket, *, contacted_again: bool | None) -> bool | None:
    """Say whether one contact was enough: an approximation, None where the desk does not say enough.

    At most one reply, no reopening, and no new ticket of the same buyer and topic within seven days.
    """
    if ticket.solved_at is None or ticket.replies is None or ticket.reopens is None:
        return None
    if ticket.replies > 1 or ticket.reopens > 0:
        return False
    return None if contacted_again is None else not contacted_again


def dispute_resolved(ticket: Ticket, *, words: frozenset[str], days: int) -> bool | None:
    """Say whether a dispute was solved within `days` and not reopened; None for other tickets."""
    if not words & {ticket.topic.lower(), *(tag.lower() for tag in ticket.tags)}:
        return None
    if ticket.solved_at is None:
        return False
    return ticket.solved_at - ticket.created_at <= timedelta(days=days) and not ticket.reopens


def monday_of(day: date) -> date:
    """Answer the Monday of a day's ISO week."""
    return day - timedelta(days=day.weekday())


def week_number(day: date) -> int:
    """Number ISO weeks one after the other, over the ends of years: what a panel counts in."""
    return (day.toordinal() - 1) // 7  # day 1 of the calendar is a Monday


def _later_contacts(tickets: tuple[Ticket, ...]) -> Mapping[str, bool]:
    """Answer of each ticket whose buyer is known whether the same one wrote on the topic again."""
    made: dict[tuple[str, str], list[Ticket]] = {}
    for ticket in tickets:
        if ticket.requester is not None:
            made.setdefault((ticket.requester, ticket.topic), []).append(ticket)
    again: dict[str, bool] = {}
    for group in made.values():
        group.sort(key=lambda one: one.created_at)
        for ticket, following in zip(group, [*group[1:], None], strict=True):
            again[ticket.number] = (
                following is not None and following.created_at - ticket.created_at <= SAME_CONTACT
            )
    return again
