"""`flask kpi import`: tickets come in once, are matched to people, and go out as panels for `kpi effect`."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select

from lms.bootstrap import Parts
from lms.cli import register
from lms.db.accounts import Cohort, CohortMember, Person
from lms.db.outcomes import DeskAgentRow, DeskFigure, DeskTicket
from lms.domain.outcomes import week_number
from lms.domain.panel import read_panel

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
AGENTS = [
    {"id": 1, "name": "Ana", "email": "Ana@desk.test", "role": "agent"},
    {"id": 2, "name": "Wei Li", "email": "", "role": "agent"},
]


@pytest.fixture
def kpi(app: Flask) -> Callable[..., Result]:
    register(app)
    runner: CliRunner = app.test_cli_runner()
    return lambda *words: runner.invoke(args=["kpi", *map(str, words)])


@pytest.fixture
def write(tmp_path: Path) -> Callable[[Any], Path]:
    def put(content: Any) -> Path:
        file = tmp_path / "desk"
        file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return file

    return put


def ticket(number: int, agent: int | None = 1, day: int = 0, **given: Any) -> dict[str, Any]:
    made = (MONDAY + timedelta(days=day)).isoformat()
    return {
        "id": number,
        "created_at": made,
        "assignee_id": agent,
        "requester_id": 1000 + number,
        "satisfaction_rating": {"score": "good"},
        "metric_set": {
            "reply_time_in_minutes": {"calendar": 20, "business": 10},
            "solved_at": made,
            "replies": 1,
            "reopens": 0,
        },
        "tags": ["vip"],
    } | given


def stored(parts: Parts, kind: Any = DeskTicket) -> int:
    with parts.database.reading() as session:
        return session.scalar(select(func.count()).select_from(kind)) or 0


def test_a_dry_run_says_what_would_be_and_changes_nothing(
    kpi: Callable[..., Result], write: Callable[[Any], Path], parts: Parts
) -> None:
    file = write({"tickets": [ticket(1), {"id": 2}], "users": AGENTS})

    done = kpi("import", file, "--from", "zendesk", "--dry-run")

    assert done.exit_code == 0, done.stderr
    assert "skipped row 2: ticket 2: created_at: is missing" in done.stdout
    assert "unmatched agent 1 (Ana): no account has this address or name" in done.stdout
    assert "would be new 1, changed 0, unchanged 0, deleted 0, skipped 1" in done.stdout
    assert (stored(parts), stored(parts, DeskAgentRow)) == (0, 0)


def test_importing_again_doubles_nothing_and_takes_changes_and_deletions(
    kpi: Callable[..., Result], write: Callable[[Any], Path], parts: Parts
) -> None:
    kpi("import", write([ticket(1), ticket(2), ticket(3)]), "--from", "zendesk")

    again = kpi("import", write([ticket(1), ticket(2), ticket(3)]), "--from", "zendesk")
    rated = ticket(2, satisfaction_rating={"score": "bad"})
    changed = kpi(
        "import", write([ticket(1), rated, ticket(3, status="deleted"), ticket(4)]), "--from", "zendesk"
    )

    assert "new 0, changed 0, unchanged 3, deleted 0" in again.stdout
    assert "new 1, changed 1, unchanged 1, deleted 1" in changed.stdout
    with parts.database.reading() as session:
        scores = {
            row.number: row.score for row in session.execute(select(DeskTicket.number, DeskTicket.score))
        }
    assert scores == {"1": "good", "2": "bad", "4": "good"}


def test_the_same_number_at_two_desks_is_two_tickets(
    kpi: Callable[..., Result], write: Callable[[Any], Path], parts: Parts
) -> None:
    kpi("import", write([ticket(1)]), "--from", "zendesk")
    kpi("import", write([{"id": 1, "created_at": "2026-01-05T09:00:00Z"}]), "--from", "freshdesk")

    assert stored(parts) == 2


def test_agents_are_matched_by_address_or_an_only_name_and_never_guessed(
    kpi: Callable[..., Result],
    write: Callable[[Any], Path],
    make_person: Callable[..., Person],
    parts: Parts,
) -> None:
    ana = make_person(email="ana@desk.test", name="Somebody Else")
    make_person(email="wei1@desk.test", name="Wei Li")
    wei = make_person(email="wei2@desk.test", name="Wei Li")
    file = write({"tickets": [ticket(1), ticket(2, 2)], "users": AGENTS})

    done = kpi("import", file, "--from", "zendesk")
    linked = kpi("link", 2, "WEI2@desk.test", "--from", "zendesk")
    again = kpi("import", file, "--from", "zendesk")

    assert "unmatched agent 2 (Wei Li): 2 accounts have this name" in done.stdout
    assert linked.stdout == "2 is wei2@desk.test\n"
    assert "agents without an account 0" in again.stdout
    with parts.database.reading() as session:
        found = {row.key: row.person_id for row in session.scalars(select(DeskAgentRow))}
    assert found == {"1": ana.id, "2": wei.id}


def test_two_agents_of_one_name_are_not_one_person(
    kpi: Callable[..., Result], write: Callable[[Any], Path], make_person: Callable[..., Person]
) -> None:
    make_person(name="Wei Li")
    users = [{"id": 1, "name": "Wei Li"}, {"id": 2, "name": "Wei Li"}]

    done = kpi("import", write({"tickets": [ticket(1), ticket(2, 2)], "users": users}), "--from", "zendesk")

    assert done.stdout.count("several agents of the desk have this name") == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("link", "9", "a@desk.test", "--from", "zendesk"), "no import from zendesk has named an agent '9'"),
        (("link", "1", "a@desk.test", "--from", "zendesk"), "no account with the address"),
    ],
)
def test_an_unknown_agent_or_account_cannot_be_linked(
    kpi: Callable[..., Result], write: Callable[[Any], Path], words: tuple[str, ...], said: str
) -> None:
    kpi("import", write([ticket(1)]), "--from", "zendesk")

    done = kpi(*words)

    assert done.exit_code == 1 and said in done.stderr


def test_a_file_that_is_wrong_changes_nothing_and_says_where(
    kpi: Callable[..., Result], write: Callable[[Any], Path], parts: Parts
) -> None:
    done = kpi("import", write("Id,Assignee\n1,Ana\n"), "--from", "zendesk")
    zone = kpi("import", write([ticket(1)]), "--from", "zendesk", "--timezone", "Mars/Base")

    assert (done.exit_code, done.stdout) == (1, "")
    assert "row 1, column created at: this column is missing" in done.stderr
    assert zone.exit_code == 1 and "time zone" in zone.stderr
    assert stored(parts) == 0


def test_times_without_an_offset_are_in_the_zone_that_is_given(
    kpi: Callable[..., Result], write: Callable[[Any], Path], parts: Parts
) -> None:
    table = "Ticket ID,Created time\n1,2026-07-05 17:00:00\n"

    kpi("import", write(table), "--from", "freshdesk", "--timezone", "Europe/Berlin")

    with parts.database.reading() as session:
        assert session.scalars(select(DeskTicket.created_at)).one().hour == 15


def test_a_panel_has_each_persons_weeks_and_the_planned_start(
    kpi: Callable[..., Result],
    write: Callable[[Any], Path],
    make_person: Callable[..., Person],
    parts: Parts,
) -> None:
    ana = make_person(email="ana@desk.test")
    wei = make_person(email="wei@desk.test", name="Wei Li")
    with parts.database.writing() as session:
        for name, starts_on in (("later", date(2026, 3, 4)), ("first", date(2026, 2, 4))):
            cohort = Cohort(uuid=parts.new_id(), name=name, starts_on=starts_on, created_at=parts.now())
            session.add(cohort)
            session.flush()
            session.add(CohortMember(cohort_id=cohort.id, person_id=ana.id, joined_at=parts.now()))
    tickets = [ticket(number, 1 + number % 2, day=number % 5) for number in range(10)]
    tickets += [ticket(20, 1, day=7), ticket(30, 99)]  # one in a week, and one of an agent nobody knows
    kpi("import", write({"tickets": tickets, "users": AGENTS}), "--from", "zendesk")
    kpi(
        "import",
        write("agent,week,figure,value,count\nana@desk.test,2026-W03,aht,3,9\n"),
        "--from",
        "generic",
    )

    business, handled = kpi("panel", "first_reply", "--hours", "business"), kpi("panel", "aht")

    assert (business.exit_code, handled.exit_code) == (0, 0), business.stderr + handled.stderr
    rows = list(csv.DictReader(business.stdout.splitlines()))
    week, start = week_number(date(2026, 1, 5)), week_number(date(2026, 2, 9))
    assert sorted((row["agent"], row["week"], row["g"], row["y"]) for row in rows) == sorted(
        [(str(ana.uuid), str(week), str(start), "10.0"), (str(wei.uuid), str(week), "", "10.0")]
    )
    assert handled.stdout.splitlines()[1] == f"{ana.uuid},{week + 1},{start},3.0"
    assert read_panel(business.stdout.encode()).weeks.tolist() == [week]
    assert stored(parts, DeskFigure) == 1


def test_a_figure_that_nobody_knows_is_an_empty_panel(kpi: Callable[..., Result]) -> None:
    done = kpi("panel", "nps")

    assert (done.exit_code, done.stdout) == (0, "agent,week,g,y\n")
    assert "csat" in done.stderr


def test_figures_from_elsewhere_are_replaced(
    kpi: Callable[..., Result], write: Callable[[Any], Path], parts: Parts
) -> None:
    header = "agent,week,figure,value,count\n"
    kpi("import", write(header + "Ana,2026-W02,csat,0.7,9\nAna,2026-W03,csat,0.7,9\n"), "--from", "generic")

    done = kpi("import", write(header + "Ana,2026-W02,csat,0.8,9\n"), "--from", "generic")

    assert "new 0, changed 1, unchanged 0" in done.stdout
    with parts.database.reading() as session:
        assert sorted(session.scalars(select(DeskFigure.value))) == [0.7, 0.8]


def test_a_large_import_asks_the_database_seldom(
    kpi: Callable[..., Result],
    write: Callable[[Any], Path],
    parts: Parts,
    count_queries: Callable[[], int],
) -> None:
    file = write([ticket(number, number % 40) for number in range(1200)])
    kpi("import", file, "--from", "zendesk")
    count_queries()

    done = kpi("import", file, "--from", "zendesk")

    assert "unchanged 1200" in done.stdout
    assert count_queries() <= 12
