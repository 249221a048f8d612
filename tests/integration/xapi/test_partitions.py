"""Range partitions on PostgreSQL."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.orm import Session

from xapi import lrs
from xapi.store.partitions import ensure_partitions, is_partition, partition_statements, quarters_from
from xapi.store.query import StatementQuery

pytestmark = pytest.mark.postgres
STATEMENT = {
    "actor": {"mbox": "mailto:li@desk.example"},
    "verb": {"id": "https://v.example/did"},
    "object": {"id": "https://o.example/1"},
}


def test_rows_of_a_new_quarter_move_out_of_the_default_partition(postgres_engine: Engine):
    far = datetime(2031, 5, 5, tzinfo=UTC)
    with Session(postgres_engine) as session, session.begin():
        lrs.store_statements(session, [STATEMENT], authority=STATEMENT["actor"], now=far, new_id=uuid4)

    with postgres_engine.begin() as connection:
        made = ensure_partitions(connection, now=far, count=1)
        again = ensure_partitions(connection, now=far, count=1)
        moved = connection.scalar(text("SELECT count(*) FROM xapi_statements_2031q2"))

    assert made == ["xapi_statements_2031q2", "xapi_statement_agents_2031q2", "xapi_statement_iris_2031q2"]
    assert again == []
    assert moved == 1
    with Session(postgres_engine) as session:
        assert lrs.query_statements(session, StatementQuery(verb="https://v.example/did")).payloads


def test_partitions_are_told_from_tables(postgres_engine: Engine):
    names = set(inspect(postgres_engine).get_table_names())

    assert is_partition("xapi_statements_default")
    assert is_partition("xapi_statement_iris_2026q1")
    assert not is_partition("xapi_statements")
    assert "xapi_statements_default" in names


def test_a_migration_gets_ddl_for_every_partitioned_table():
    ddl = partition_statements(quarters_from(datetime(2026, 12, 31, tzinfo=UTC), count=2))

    assert len(ddl) == 9
    assert ddl[3].startswith(
        "CREATE TABLE xapi_statements_2026q4 PARTITION OF xapi_statements FOR VALUES FROM"
    )
    assert "xapi_statement_iris_2027q1" in ddl[-1]
