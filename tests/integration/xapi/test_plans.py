"""How much the database does for a page: by an index, and as much in a large store as in a small one."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.integration.xapi.conftest import Database
from xapi import lrs
from xapi.spec.mentions import agent_key
from xapi.spec.timestamp import microseconds
from xapi.store.query import FEW, StatementQuery

AUTHORITY = {"account": {"homePage": "https://desk.example", "name": "client"}}
LI, BEN = ({"mbox": f"mailto:{name}@desk.example"} for name in ("li", "ben"))
COURSE, LESSON = (f"https://desk.example/{name}" for name in ("courses/desk", "lessons/first"))
DID, SAW, RARE = (f"https://v.example/{name}" for name in ("did", "saw", "rare"))
RUN = UUID("6f7b1e0e-54a5-4a9c-8f0e-3a8d1f3d8a11")
PAGE = 20
SMALL, LARGE = 400, 4_000
GROWTH = 1.5
SORTS = "TEMP B-TREE FOR ORDER BY"
WHOLE = re.compile(r"\bSCAN (?!CONSTANT|\(subquery|subquery|anon|merged)|Seq Scan|" + SORTS)

QUERIES: dict[str, dict[str, Any]] = {
    "everything": {},
    "oldest first": {"ascending": True},
    "an actor": {"agent": agent_key(LI)},
    "an agent anywhere": {"agent": agent_key(LI), "related_agents": True},
    "a verb": {"verb": DID},
    "an activity": {"activity": LESSON},
    "an activity anywhere": {"activity": COURSE, "related_activities": True},
    "a registration": {"registration": RUN},
    "an actor and a verb": {"agent": agent_key(LI), "verb": DID},
    "what a client stored": {"authority": agent_key(AUTHORITY)},
}


def fill(database: Database, count: int) -> None:
    """Store statements of which every second one is Li's `did` in the run."""
    for start in range(0, count, 200):
        with database.writing() as session:
            lrs.store_statements(
                session,
                [made(n) for n in range(start, start + 200)],
                authority=AUTHORITY,
                now=database.clock(),
                new_id=database.new_id,
            )
        database.clock.advance(seconds=1)
    if database.engine.dialect.name == "postgresql":
        with database.engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")


def made(number: int) -> dict[str, Any]:
    mine = number % 2 == 0
    return {
        "actor": LI if mine else BEN,
        "verb": {"id": DID if mine else SAW},
        "object": {"id": LESSON if mine else f"{LESSON}/{number}"},
        "context": {
            "registration": str(RUN if mine else UUID(int=number)),
            "contextActivities": {"grouping": [{"id": COURSE}]},
        },
    }


def ask(session: Session, filters: dict[str, Any]) -> lrs.Page:
    return lrs.query_statements(session, StatementQuery(limit=PAGE, **filters))


def asked(database: Database, filters: dict[str, Any]) -> list[tuple[str, Any]]:
    """Answer the statements that a page sends, with their parameters."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "(SELECT")):
            sent.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    with database.reading() as session:
        assert len(ask(session, filters).payloads) == PAGE
    event.remove(database.engine, "before_cursor_execute", note)
    return sent


def work(database: Database, filters: dict[str, Any]) -> int:
    """Answer what a page costs: steps of SQLite's machine, or blocks that PostgreSQL touches."""
    if database.engine.dialect.name == "postgresql":
        return sum(blocks(database, *one) for one in asked(database, filters))
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    with database.reading() as session:
        driver: Any = session.connection().connection.driver_connection
        ask(session, filters)
        driver.set_progress_handler(step, 1)
        ask(session, filters)
        driver.set_progress_handler(None, 1)
    return steps


def blocks(database: Database, statement: str, parameters: Any) -> int:
    with database.reading() as session:
        connection = session.connection()
        for planner in ("seqscan", "bitmapscan"):  # so few rows are cheaper read whole: an index must serve
            connection.exec_driver_sql(f"SET LOCAL enable_{planner} = off")
        explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}"
        [[plan]] = connection.exec_driver_sql(explain, parameters).all()
    found = plan if isinstance(plan, list) else json.loads(plan)
    return int(found[0]["Plan"]["Shared Hit Blocks"] + found[0]["Plan"]["Shared Read Blocks"])


@pytest.mark.parametrize("name", QUERIES)
def test_a_page_is_found_by_an_index(database: Database, name: str) -> None:
    fill(database, SMALL)
    sqlite = database.engine.dialect.name == "sqlite"
    whole = []
    for statement, parameters in asked(database, QUERIES[name]):
        with database.reading() as session:
            connection = session.connection()
            if not sqlite:
                connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
            plan = [
                " ".join(map(str, row)) for row in connection.exec_driver_sql(explain + statement, parameters)
            ]
        # several ways of being mentioned are merged and sorted, but only a page of each
        bad = [line for line in plan if WHOLE.search(line) and not ("UNION" in statement and SORTS in line)]
        # the places of everything are walked along their key, which the page ends
        walk = sqlite and "LIMIT" in statement and not any(SORTS in line for line in bad)
        whole += [] if walk else bad

    assert whole == []


def test_a_page_costs_the_same_ten_times_as_large(database: Database) -> None:
    fill(database, SMALL)
    small = {name: work(database, filters) for name, filters in QUERIES.items()}
    fill(database, LARGE)
    large = {name: work(database, filters) for name, filters in QUERIES.items()}

    assert all(small.values())
    grown = {name: (small[name], large[name]) for name in QUERIES if large[name] > GROWTH * small[name] + 10}
    assert grown == {}


@pytest.mark.parametrize(
    "filters",
    [
        {"verb": RARE, "activity": COURSE, "related_activities": True},
        {"verb": RARE, "agent": agent_key(LI), "related_agents": True},
        {"activity": f"{LESSON}/rare", "agent": agent_key(LI)},
    ],
)
def test_few_among_many_cost_the_same_ten_times_as_large(database: Database, filters: dict[str, Any]) -> None:
    with database.writing() as session:
        few = [made(0) | {"verb": {"id": RARE}, "object": {"id": f"{LESSON}/rare"}} for _ in range(3 * FEW)]
        lrs.store_statements(session, few, authority=AUTHORITY, now=database.clock(), new_id=database.new_id)
    database.clock.advance(seconds=1)
    fill(database, 3 * FEW)
    small = work(database, filters)
    fill(database, LARGE)

    assert work(database, filters) <= GROWTH * small + 10


def test_a_page_far_back_costs_what_the_first_one_does(database: Database) -> None:
    fill(database, LARGE)
    begin = microseconds(database.clock()) - 15_000_000
    filters = {"agent": agent_key(LI)}

    first, back = work(database, filters), work(database, {**filters, "until": begin})

    assert back <= GROWTH * first + 10
