"""Files of service desks: what is read, what is skipped and why, and how figures are made of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lms.adapters.figures_file import read_figures
from lms.adapters.freshdesk import read_freshdesk
from lms.adapters.zendesk import read_zendesk
from lms.domain.errors import Invalid
from lms.domain.outcomes import (
    DISPUTE_WORDS,
    DeskAgent,
    Figure,
    Hours,
    Score,
    Ticket,
    dispute_resolved,
    satisfaction,
    week_number,
    weekly,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
FULL: dict[str, Any] = {
    "id": 35436,
    "created_at": "2026-01-05T09:00:00Z",
    "assignee_id": 235323,
    "requester_id": 20978392,
    "subject": "My printer is on fire",
    "status": "solved",
    "type": "incident",
    "tags": ["Enterprise", "dispute"],
    "satisfaction_rating": {"id": 1, "score": "good", "comment": "call me on 555"},
    "metric_set": {
        "reply_time_in_minutes": {"calendar": 61, "business": 31},
        "first_resolution_time_in_minutes": {"calendar": None, "business": None},
        "full_resolution_time_in_minutes": {"calendar": 2391, "business": None},
        "agent_wait_time_in_minutes": None,
        "reopens": 0,
        "replies": 1,
        "assignee_stations": 1,
        "solved_at": "2026-01-07T01:00:00+00:00",
    },
}


def zendesk(*tickets: Any, **more: Any) -> bytes:
    return json.dumps({"tickets": tickets, **more}).encode()


def ticket(number: str = "1", **given: Any) -> Ticket:
    return replace(Ticket(number=number, created_at=MONDAY, agent="ana"), **given)


def test_a_zendesk_ticket_is_read_with_its_metrics_and_without_its_buyer() -> None:
    users = [
        {"id": 235323, "name": "Ana Li", "email": "ana@desk.test", "role": "agent"},
        {"id": 20978392, "name": "Bob Buyer", "email": "bob@buyer.test", "role": "end-user"},
    ]

    found = read_zendesk(zendesk(FULL, users=users), zone=SHANGHAI)

    (one,) = found.tickets
    assert (one.number, one.agent, one.score, one.topic) == ("35436", "235323", Score.GOOD, "incident")
    assert (one.reply_calendar_minutes, one.reply_business_minutes) == (61, 31)
    assert (one.resolution_calendar_minutes, one.resolution_business_minutes) == (2391, None)
    assert (one.replies, one.reopens, one.solved_at) == (1, 0, datetime(2026, 1, 7, 1, tzinfo=UTC))
    assert found.agents == (DeskAgent("235323", "Ana Li", "ana@desk.test"),)
    for secret in ("Bob", "buyer.test", "20978392", "555", "printer"):
        assert secret not in repr(found)


def test_the_one_who_was_rated_stands_only_in_the_rating() -> None:
    ratings = [{"ticket_id": 35436, "assignee_id": 77, "score": "bad", "comment": "no"}]

    (one,) = read_zendesk(zendesk(FULL, satisfaction_ratings=ratings), zone=SHANGHAI).tickets

    assert (one.agent, one.rated_agent, one.score) == ("235323", "77", Score.BAD)


@pytest.mark.parametrize(
    ("score", "expected"),
    [("offered", Score.OFFERED), ("unoffered", None), ("good_with_comment", Score.GOOD), (None, None)],
)
def test_a_rating_that_was_not_given_is_none(score: str | None, expected: Score | None) -> None:
    (one,) = read_zendesk(zendesk(FULL | {"satisfaction_rating": {"score": score}}), zone=SHANGHAI).tickets

    assert one.score is expected


@pytest.mark.parametrize("metric_set", [None, {}, {"reply_time_in_minutes": None}])
def test_metrics_that_are_null_are_unknown_and_not_zero(metric_set: Any) -> None:
    (one,) = read_zendesk(zendesk(FULL | {"metric_set": metric_set}), zone=SHANGHAI).tickets

    assert (one.reply_calendar_minutes, one.replies, one.solved_at) == (None, None, None)


def test_of_two_tickets_of_one_number_the_last_counts_and_a_deleted_one_is_told() -> None:
    data = zendesk(
        FULL,
        FULL | {"status": "open", "type": "question"},
        {"id": 2, "created_at": "yesterday"},
        {"created_at": "2026-01-05"},
        "no object",
        {"id": 3, "status": "deleted"},
        FULL | {"id": 4, "metric_set": {"replies": -1}},
    )

    found = read_zendesk(data, zone=SHANGHAI)

    assert [one.topic for one in found.tickets] == ["question"]
    assert found.deleted == ("3",)
    assert [str(one) for one in found.skipped] == [
        "row 1: ticket 35436 stands again in row 2; the last one counts",
        "row 3: ticket 2: created_at: expected a time, found 'yesterday'",
        "row 4: id: is missing",
        "row 5: expected an object",
        "row 7: ticket 4: replies: expected a number of 0 or more, found '-1'",
    ]


def test_a_full_export_has_a_ticket_a_line() -> None:
    data = "\n".join(json.dumps(FULL | {"id": number}) for number in (1, 2)).encode()

    assert [one.number for one in read_zendesk(data, zone=SHANGHAI).tickets] == ["1", "2"]


@pytest.mark.parametrize(
    "wrong",
    [{"type": "a\x00b"}, {"tags": ["\ud800"]}, {"id": "9" * 65}, {"assignee_id": "a" * 256}],
)
def test_a_ticket_that_no_database_could_hold_is_skipped(wrong: dict[str, Any]) -> None:
    found = read_zendesk(zendesk(FULL | wrong), zone=SHANGHAI)

    assert found.tickets == () and "cannot be stored" in str(found.skipped[0])


@pytest.mark.parametrize(
    "data", [b'{"tickets": 3}', b'{"tickets": [}', b'[{"id": 1, "id": 2}]', b'[{"id": NaN}]', b"[" * 100_000]
)
def test_json_that_is_wrong_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        read_zendesk(data, zone=SHANGHAI)


def test_a_zendesk_table_is_read_whatever_the_case_of_its_header() -> None:
    header = (
        "ID,Requester,Requester id,Requester email,Assignee,Subject,Tags,Status,Ticket type,Created at,"
        "Solved at,Satisfaction Score,REOPENS,Replies,First reply time in minutes,"
        "First reply time in minutes within business hours,My field [list]"
    )
    rows = (
        '7,Bob,9,bob@buyer.test,Ana Li,"a,b\nc",vip a-to-z,Solved,Incident,2026-01-05 17:00,'
        "2026-01-06 09:30,Good,0,1,61,31,x\n"
        "8,Bob,9,bob@buyer.test,-,s,,Deleted,-,2026-01-05 17:00,,,,,,,\n"
        "9,Bob,9,bob@buyer.test,-,s,,Open,-,,,,,,,,\n"
    )

    found = read_zendesk(("\ufeff" + header + "\r\n" + rows).encode(), zone=SHANGHAI)

    (one,) = found.tickets
    assert one.created_at == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert (one.agent, one.tags, one.topic, one.score) == (
        "Ana Li",
        ("vip", "a-to-z"),
        "incident",
        Score.GOOD,
    )
    assert (one.reply_calendar_minutes, one.reply_business_minutes, one.replies) == (61, 31, 1)
    assert found.deleted == ("8",)
    assert [str(skipped) for skipped in found.skipped] == ["row 4: ticket 9: created at: is missing"]
    assert set(found.ignored) == {"requester", "requester email", "subject", "my field [list]"}
    assert "buyer" not in repr(found.tickets)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "row 1"),
        (b"Id,Assignee\n1,a\n", "row 1, column created at"),
        (b"Id,ID,Created at\n", "row 1, column id: stands twice"),
        (b'Id,Created at\n"1,2\n', "is not CSV"),
        (b"Id,Created at\n\xff,2\n", "row 2: expected UTF-8"),
    ],
)
def test_a_table_that_is_wrong_names_row_and_column(data: bytes, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        read_zendesk(data, zone=SHANGHAI)


def test_freshdesk_minutes_are_computed_from_times() -> None:
    record = {
        "id": 20,
        "created_at": "2026-01-05T09:00:00Z",
        "responder_id": 5,
        "requester_id": 1,
        "type": None,
        "status": 4,
        "tags": [],
        "stats": {
            "first_responded_at": "2026-01-05T17:18:00+08:00",
            "resolved_at": "2026-01-07T09:00:00Z",
            "reopened_at": None,
        },
    }
    agents = [{"id": 5, "contact": {"name": "Ana Li", "email": "ana@desk.test"}}]
    ratings = [{"ticket_id": 20, "agent_id": 6, "ratings": {"default_question": -102}}]
    data = {
        "tickets": [record, record | {"id": 21, "deleted": True}, record | {"id": 22, "stats": None}],
        "agents": agents,
        "satisfaction_ratings": ratings,
    }

    found = read_freshdesk(json.dumps(data).encode(), zone=SHANGHAI)

    first, last = found.tickets
    assert (first.reply_calendar_minutes, first.resolution_calendar_minutes) == (18, 48 * 60)
    assert (first.reopens, first.rated_agent, first.score) == (0, "6", Score.BAD)
    assert (last.reply_calendar_minutes, last.solved_at, last.reopens) == (None, None, None)
    assert found.deleted == ("21",)
    assert found.agents == (DeskAgent("5", "Ana Li", "ana@desk.test"), DeskAgent("6"))


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [
        ({"default_question": 103}, Score.GOOD),
        ({"default_question": 100}, None),
        ([{"question": "default_question", "rating": -103}], Score.BAD),
        ([], None),
        ("103", None),
    ],
)
def test_freshdesk_ratings_come_as_an_object_or_a_list(ratings: Any, expected: Score | None) -> None:
    record = {"id": 1, "created_at": "2026-01-05T09:00:00Z", "ratings": ratings}

    (one,) = read_freshdesk(json.dumps([record]).encode(), zone=SHANGHAI).tickets

    assert one.score is expected


def test_a_freshdesk_table_is_read_by_its_times_not_by_its_hours() -> None:
    data = (
        "Ticket ID,Agent,Created time,Initial response time,Resolved time,First response time (in hrs),"
        "Resolution time (in hrs),Agent interactions,Survey results,Contact ID,Email\n"
        "1,Ana Li,2026-01-05 17:00:00,2026-01-06 20:30:00,,27:30:00,,1,Extremely Happy,9,bob@buyer.test\n"
        "2,No Agent,2026-01-05 17:00:00,,2026-01-07 17:00:00,,,2,,9,bob@buyer.test\n"
        "3,Ana Li,05/01/26,,,,,,,,\n"
    )

    found = read_freshdesk(data.encode(), zone=SHANGHAI)

    first, second = found.tickets
    assert (first.reply_calendar_minutes, first.reply_business_minutes) == (27.5 * 60, None)
    assert (first.score, first.agent, first.created_at) == (Score.GOOD, "Ana Li", MONDAY)
    assert (second.agent, second.reply_calendar_minutes, second.resolution_calendar_minutes) == (
        None,
        None,
        2880,
    )
    assert first.requester == second.requester is not None
    assert "row 4: ticket 3: created time: expected a time" in str(found.skipped[0])


def test_figures_from_elsewhere_have_a_week_or_a_date() -> None:
    weeks = (
        b"Agent,Week,Figure,Value,Count,Note\n"
        b"ana@desk.test,2026-W02,AHT,4.5,20,x\n"
        b"Ana Li,2026-W02,csat,72,9,\n"
    )
    days = (
        b"agent;date;figure;value;count\n"
        b"ana;2026-01-07;csat;0.7;9\n"
        b"ana;2026-01-09;csat;0.8;9\n"
        b"ana;;csat;1;0\n"
    )

    by_week, by_day = read_figures(weeks), read_figures(days)

    (aht,) = by_week.figures
    assert (aht.agent, aht.monday, aht.figure, aht.count) == ("ana@desk.test", date(2026, 1, 5), "aht", 20)
    assert by_week.agents == (DeskAgent("ana@desk.test", "", "ana@desk.test"),)
    assert "0.72 for 72 %" in str(by_week.skipped[0]) and by_week.ignored == ("note",)
    assert [one.value for one in by_day.figures] == [0.8]
    assert [one.row for one in by_day.skipped] == [2, 4]
    with pytest.raises(Invalid, match="column count"):
        read_figures(b"agent,week,figure,value\n")


def test_csat_is_good_of_good_and_bad_beside_the_share_that_answered() -> None:
    scores = [Score.GOOD, Score.GOOD, Score.GOOD, Score.BAD, *[Score.OFFERED] * 4, None]

    found = satisfaction(ticket(str(number), score=score) for number, score in enumerate(scores))

    assert (found.csat, found.response, found.rated) == (0.75, 0.5, 4)
    assert satisfaction([ticket(score=Score.OFFERED)]).csat is None


def test_a_week_of_few_tickets_is_left_out_and_the_rated_one_is_counted() -> None:
    rated = [ticket(str(number), score=Score.GOOD, rated_agent="bea") for number in range(5)]
    few = [ticket(str(number), score=Score.BAD) for number in range(5, 9)]

    (one,) = weekly([*rated, *few], Figure.CSAT)

    assert (one.agent, one.monday, one.value, one.count) == ("bea", date(2026, 1, 5), 1.0, 5)


def test_the_first_reply_is_counted_in_calendar_or_business_minutes_and_never_in_both() -> None:
    tickets = [ticket(str(n), reply_calendar_minutes=60.0 + n) for n in range(5)]
    tickets += [ticket(str(n), reply_business_minutes=5.0) for n in range(5, 10)]

    assert [one.value for one in weekly(tickets, Figure.FIRST_REPLY)] == [62]
    assert [one.value for one in weekly(tickets, Figure.FIRST_REPLY, hours=Hours.BUSINESS)] == [5]


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({}, 1.0),
        ({"replies": 2}, 0.0),
        ({"reopens": 1}, 0.0),
        ({"solved_at": None}, None),
        ({"replies": None}, None),
        ({"requester": None}, None),  # nobody knows whether the buyer wrote again
    ],
)
def test_one_contact_is_enough_where_nothing_followed(given: dict[str, Any], value: float | None) -> None:
    done = ticket(solved_at=MONDAY, replies=1, reopens=0, requester="x", topic="return")

    found = weekly([replace(done, **given)], Figure.FCR, tickets_min=1)

    assert [one.value for one in found] == ([] if value is None else [value])


@pytest.mark.parametrize(
    ("days", "topic", "value"), [(7, "return", 0.0), (8, "return", 1.0), (3, "other", 1.0)]
)
def test_a_new_ticket_of_the_same_buyer_and_topic_within_seven_days_undoes_it(
    days: int, topic: str, value: float
) -> None:
    first = ticket(solved_at=MONDAY, replies=1, reopens=0, requester="x", topic="return")
    later = ticket("2", created_at=MONDAY + timedelta(days=days), requester="x", topic=topic, agent=None)

    assert [one.value for one in weekly([first, later], Figure.FCR, tickets_min=1)] == [value]


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"tags": ("Dispute",), "solved_at": MONDAY + timedelta(days=14)}, True),
        ({"topic": "Chargeback", "solved_at": MONDAY + timedelta(days=15)}, False),
        ({"tags": ("dispute",), "solved_at": MONDAY, "reopens": 1}, False),
        ({"tags": ("dispute",)}, False),
        ({"tags": ("return",), "solved_at": MONDAY}, None),
    ],
)
def test_a_dispute_is_resolved_in_time_and_for_good(given: dict[str, Any], value: bool | None) -> None:
    assert dispute_resolved(ticket(**given), words=DISPUTE_WORDS, days=14) is value


def test_weeks_are_numbered_over_the_end_of_a_year() -> None:
    assert week_number(date(2026, 1, 5)) - week_number(date(2025, 12, 28)) == 2
    assert week_number(date(2026, 1, 4)) == week_number(date(2025, 12, 29))
