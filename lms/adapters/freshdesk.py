"""Freshdesk's tickets: JSON of the API v2 with `include=stats`, and CSV.

https://developers.freshdesk.com/api/#tickets and #satisfaction-ratings. Minutes are computed from times: the
columns "(in hrs)" of the CSV follow the hours of the company's service levels, and are not read.
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from lms.adapters.desk_file import (
    Collector,
    DeskFile,
    count,
    expect_columns,
    looks_like_json,
    mask,
    minutes_between,
    moment,
    read_json,
    read_table,
    text_of,
    words,
)
from lms.domain.errors import Invalid
from lms.domain.outcomes import DeskAgent, Score, Source, Ticket

GOOD_FROM = 101
"""Ratings: 103, 102, 101 happy; 100 neutral; -101, -102, -103 unhappy. Neutral is neither good nor bad."""
SURVEY = {
    "extremely happy": Score.GOOD,
    "very happy": Score.GOOD,
    "happy": Score.GOOD,
    "unhappy": Score.BAD,
    "very unhappy": Score.BAD,
    "extremely unhappy": Score.BAD,
}
READ = frozenset(
    {
        "ticket id",
        "status",
        "type",
        "agent",
        "created time",
        "resolved time",
        "closed time",
        "initial response time",
        "agent interactions",
        "tags",
        "survey results",
        "contact id",
    }
)


def read_freshdesk(data: bytes, *, zone: ZoneInfo) -> DeskFile:
    """Read tickets; `zone` is that of times without an offset, as all are in CSV."""
    return _read_json(data, zone) if looks_like_json(data) else _read_csv(data, zone)


def _read_json(data: bytes, zone: ZoneInfo) -> DeskFile:
    document = read_json(data)
    parts = document if isinstance(document, dict) and "tickets" in document else {"tickets": document}
    tickets = parts["tickets"]
    if isinstance(tickets, dict):
        tickets = [tickets]
    if not isinstance(tickets, list):
        raise Invalid("tickets", "expected a list")
    found = Collector(Source.FRESHDESK)
    for agent in parts.get("agents") or ():
        if isinstance(agent, dict) and (key := text_of(agent.get("id"))) is not None:
            contact = agent["contact"] if isinstance(agent.get("contact"), dict) else agent
            found.know(DeskAgent(key, str(contact.get("name") or ""), str(contact.get("email") or "")))
    ratings = {
        text_of(one.get("ticket_id")): one
        for one in parts.get("satisfaction_ratings") or ()
        if isinstance(one, dict)
    }
    for row, record in enumerate(tickets, start=1):
        if not isinstance(record, dict):
            found.skip(row, "expected an object")
            continue
        number = text_of(record.get("id"))
        if number is None:
            found.skip(row, "id: is missing")
        elif record.get("deleted") is True or record.get("spam") is True:
            found.delete(row, number)
        else:
            try:
                found.take(row, _from_json(record, number, ratings.get(number, {}), zone))
            except Invalid as error:
                found.skip(row, f"ticket {number}: {error}")
    return found.file()


def _from_json(record: dict[str, Any], number: str, rating: dict[str, Any], zone: ZoneInfo) -> Ticket:
    stats = record["stats"] if isinstance(record.get("stats"), dict) else {}
    created_at = moment(record.get("created_at"), "created_at", zone)
    if created_at is None:
        raise Invalid("created_at", "is missing")
    solved_at = moment(stats.get("resolved_at") or stats.get("closed_at"), "stats.resolved_at", zone)
    replied_at = moment(stats.get("first_responded_at"), "stats.first_responded_at", zone)
    return Ticket(
        number=number,
        created_at=created_at,
        agent=text_of(record.get("responder_id")),
        rated_agent=text_of(rating.get("agent_id")),
        solved_at=solved_at,
        reply_calendar_minutes=minutes_between(created_at, replied_at),
        resolution_calendar_minutes=minutes_between(created_at, solved_at),
        # The desk tells when it was reopened last, not how often.
        reopens=(1 if stats.get("reopened_at") else 0) if stats else None,
        score=_score(rating.get("ratings", record.get("ratings"))),
        topic=str(record.get("type") or ""),
        tags=words(record.get("tags")),
        requester=mask(Source.FRESHDESK, record.get("requester_id")),
    )


def _score(ratings: Any) -> Score | None:
    """Read the answer to the first question, given as `{"default_question": 103}` or as a list of objects."""
    value: Any = None
    if isinstance(ratings, dict):
        value = ratings.get("default_question")
    elif isinstance(ratings, list) and ratings and isinstance(ratings[0], dict):
        value = ratings[0].get("default_question", ratings[0].get("rating", ratings[0].get("value")))
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    if value >= GOOD_FROM:
        return Score.GOOD
    return Score.BAD if value < 0 else None


def _read_csv(data: bytes, zone: ZoneInfo) -> DeskFile:
    header, rows = read_table(data)
    expect_columns(header, "ticket id", "created time")
    found = Collector(Source.FRESHDESK)
    for row, cells in rows:
        number = cells.get("ticket id", "")
        if not number:
            found.skip(row, "ticket id: is missing")
        elif cells.get("status", "").lower() == "deleted":
            found.delete(row, number)
        else:
            try:
                found.take(row, _from_csv(cells, number, zone, found))
            except Invalid as error:
                found.skip(row, f"ticket {number}: {error}")
    return found.file(tuple(name for name in header if name not in READ))


def _from_csv(cells: dict[str, str], number: str, zone: ZoneInfo, found: Collector) -> Ticket:
    created_at = moment(cells.get("created time"), "created time", zone)
    if created_at is None:
        raise Invalid("created time", "is missing")
    solved_at = moment(cells.get("resolved time") or cells.get("closed time"), "resolved time", zone)
    replied_at = moment(cells.get("initial response time"), "initial response time", zone)
    name = cells.get("agent", "")
    agent = None if name.lower() in ("", "no agent") else name
    ticket = Ticket(
        number=number,
        created_at=created_at,
        agent=agent,
        solved_at=solved_at,
        reply_calendar_minutes=minutes_between(created_at, replied_at),
        resolution_calendar_minutes=minutes_between(created_at, solved_at),
        replies=count(cells.get("agent interactions"), "agent interactions"),
        score=SURVEY.get(cells.get("survey results", "").lower()),
        topic=cells.get("type", "").lower(),
        tags=words(cells.get("tags")),
        requester=mask(Source.FRESHDESK, cells.get("contact id")),
    )
    if agent is not None:
        found.know(DeskAgent(agent, agent))
    return ticket
