"""Zendesk's tickets: JSON of the API or of a full export, and CSV.

https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_metrics/
https://developer.zendesk.com/api-reference/ticketing/ticket-management/satisfaction_ratings/
"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from lms.adapters.desk_file import (
    Collector,
    DeskFile,
    amount,
    count,
    expect_columns,
    looks_like_json,
    mask,
    moment,
    read_json,
    read_table,
    text_of,
    words,
)
from lms.domain.errors import Invalid
from lms.domain.outcomes import DeskAgent, Score, Source, Ticket

SCORES = {"good": Score.GOOD, "bad": Score.BAD, "offered": Score.OFFERED}
READ = frozenset(
    {
        "id",
        "requester id",
        "assignee",
        "assignee id",
        "status",
        "tags",
        "ticket type",
        "created at",
        "solved at",
        "satisfaction score",
        "reopens",
        "replies",
        "first reply time in minutes",
        "first reply time in minutes within business hours",
        "full resolution time in minutes",
        "full resolution time in minutes within business hours",
    }
)


def read_zendesk(data: bytes, *, zone: ZoneInfo) -> DeskFile:
    """Read tickets; `zone` is that of times without an offset. Invalid where the file is none of these."""
    return _read_json(data, zone) if looks_like_json(data) else _read_csv(data, zone)


def _read_json(data: bytes, zone: ZoneInfo) -> DeskFile:
    document = read_json(data)
    parts = document if isinstance(document, dict) and "tickets" in document else {"tickets": document}
    tickets = parts["tickets"]
    if isinstance(tickets, dict):
        tickets = [tickets.get("ticket", tickets)]
    if not isinstance(tickets, list):
        raise Invalid("tickets", "expected a list")
    metrics = {text_of(one.get("ticket_id")): one for one in _records(parts, "metric_sets")}
    ratings = {text_of(one.get("ticket_id")): one for one in _records(parts, "satisfaction_ratings")}
    found = Collector(Source.ZENDESK)
    for user in _records(parts, "users"):
        # Buyers stand in the same list as agents: only those whom a ticket names as assignee are kept.
        if (key := text_of(user.get("id"))) is not None and user.get("role") != "end-user":
            found.know(DeskAgent(key, str(user.get("name") or ""), str(user.get("email") or "")))
    for row, record in enumerate(tickets, start=1):
        if not isinstance(record, dict):
            found.skip(row, "expected an object")
            continue
        number = text_of(record.get("id"))
        if number is None:
            found.skip(row, "id: is missing")
        elif record.get("status") == "deleted":
            found.delete(row, number)
        else:
            try:
                found.take(row, _from_json(record, number, metrics, ratings, zone))
            except Invalid as error:
                found.skip(row, f"ticket {number}: {error}")
    return found.file()


def _from_json(
    record: dict[str, Any],
    number: str,
    metrics: dict[str | None, dict[str, Any]],
    ratings: dict[str | None, dict[str, Any]],
    zone: ZoneInfo,
) -> Ticket:
    metric = _object(record, "metric_set") or metrics.get(number, {})
    rating = ratings.get(number) or _object(record, "satisfaction_rating")
    created_at = moment(record.get("created_at"), "created_at", zone)
    if created_at is None:
        raise Invalid("created_at", "is missing")
    reply, full = (
        _object(metric, name) for name in ("reply_time_in_minutes", "full_resolution_time_in_minutes")
    )
    return Ticket(
        number=number,
        created_at=created_at,
        agent=text_of(record.get("assignee_id")),
        rated_agent=text_of(rating.get("assignee_id")),
        solved_at=moment(metric.get("solved_at"), "solved_at", zone),
        reply_calendar_minutes=amount(reply.get("calendar"), "reply_time_in_minutes.calendar"),
        reply_business_minutes=amount(reply.get("business"), "reply_time_in_minutes.business"),
        resolution_calendar_minutes=amount(full.get("calendar"), "full_resolution_time_in_minutes.calendar"),
        resolution_business_minutes=amount(full.get("business"), "full_resolution_time_in_minutes.business"),
        replies=count(metric.get("replies"), "replies"),
        reopens=count(metric.get("reopens"), "reopens"),
        score=_score(rating.get("score")),
        topic=str(record.get("type") or ""),
        tags=words(record.get("tags")),
        requester=mask(Source.ZENDESK, record.get("requester_id")),
    )


def _read_csv(data: bytes, zone: ZoneInfo) -> DeskFile:
    header, rows = read_table(data)
    expect_columns(header, "id", "created at")
    found = Collector(Source.ZENDESK)
    for row, cells in rows:
        number = cells.get("id", "")
        if not number:
            found.skip(row, "id: is missing")
        elif cells.get("status", "").lower() == "deleted":
            found.delete(row, number)
        else:
            try:
                found.take(row, _from_csv(cells, number, zone, found))
            except Invalid as error:
                found.skip(row, f"ticket {number}: {error}")
    return found.file(tuple(name for name in header if name not in READ))


def _from_csv(cells: dict[str, str], number: str, zone: ZoneInfo, found: Collector) -> Ticket:
    created_at = moment(cells.get("created at"), "created at", zone)
    if created_at is None:
        raise Invalid("created at", "is missing")

    def minutes(name: str) -> float | None:
        return amount(cells.get(name), name)

    name = cells.get("assignee", "").strip("- ")  # "-" is nobody
    agent = cells.get("assignee id") or name or None
    ticket = Ticket(
        number=number,
        created_at=created_at,
        agent=agent,
        solved_at=moment(cells.get("solved at"), "solved at", zone),
        reply_calendar_minutes=minutes("first reply time in minutes"),
        reply_business_minutes=minutes("first reply time in minutes within business hours"),
        resolution_calendar_minutes=minutes("full resolution time in minutes"),
        resolution_business_minutes=minutes("full resolution time in minutes within business hours"),
        replies=count(cells.get("replies"), "replies"),
        reopens=count(cells.get("reopens"), "reopens"),
        score=_score(cells.get("satisfaction score")),
        topic=cells.get("ticket type", "").strip("- ").lower(),
        tags=words(cells.get("tags")),
        requester=mask(Source.ZENDESK, cells.get("requester id")),
    )
    if agent is not None:
        found.know(DeskAgent(agent, name))
    return ticket


def _score(value: Any) -> Score | None:
    """`good_with_comment` is good; unoffered is nothing."""
    return SCORES.get(str(value or "").lower().partition("_")[0].partition(" ")[0])


def _object(record: dict[str, Any], name: str) -> dict[str, Any]:
    value = record.get(name)
    return value if isinstance(value, dict) else {}


def _records(parts: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = parts.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
