"""Range partitions by `seq` on PostgreSQL: a default partition, and named ones of three months each.

A migration executes `partition_statements`; a job calls `ensure_partitions` so that the next quarters
always exist.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DDL, Connection, event, text

from xapi.spec.timestamp import microseconds
from xapi.store.tables import Statement, StatementAgent, StatementIri

PARTITIONED_TABLES = (Statement.__tablename__, StatementAgent.__tablename__, StatementIri.__tablename__)
QUARTERS_AHEAD = 8

_PARTITION = re.compile(rf"({'|'.join(PARTITIONED_TABLES)})_(default|\d{{4}}q[1-4])\Z")


@dataclass(frozen=True)
class Quarter:
    """Three months of a year, 1..4."""

    year: int
    number: int

    @property
    def name(self) -> str:
        return f"{self.year:04d}q{self.number}"

    @property
    def start(self) -> datetime:
        return datetime(self.year, 3 * self.number - 2, 1, tzinfo=UTC)

    def next(self) -> "Quarter":
        return Quarter(self.year + 1, 1) if self.number == 4 else Quarter(self.year, self.number + 1)


def is_partition(table: str) -> bool:
    """Tell whether a table found in a database is one of the partitions, which the models do not name."""
    return _PARTITION.match(table) is not None


def quarters_from(now: datetime, *, count: int = QUARTERS_AHEAD) -> list[Quarter]:
    """Answer the quarter of `now` and those after it, `count` in all."""
    utc = now.astimezone(UTC)
    quarters = [Quarter(utc.year, (utc.month + 2) // 3)]
    while len(quarters) < count:
        quarters.append(quarters[-1].next())
    return quarters


def partition_statements(quarters: Iterable[Quarter]) -> list[str]:
    """Answer the DDL for new, empty tables: the default partition and one for each quarter."""
    found = [f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT" for table in PARTITIONED_TABLES]
    for quarter in quarters:
        found += [
            f"CREATE TABLE {table}_{quarter.name} PARTITION OF {table} {_bounds(quarter)}"
            for table in PARTITIONED_TABLES
        ]
    return found


def ensure_partitions(connection: Connection, *, now: datetime, count: int = QUARTERS_AHEAD) -> list[str]:
    """Make the partitions that are missing from `now` on and answer their names; nothing on SQLite.

    Rows of such a quarter that lie in the default partition move: it could not be attached over them.
    """
    if connection.dialect.name != "postgresql":
        return []
    made = []
    for quarter in quarters_from(now, count=count):
        for table in PARTITIONED_TABLES:
            name = f"{table}_{quarter.name}"
            if connection.scalar(text("SELECT to_regclass(:name)"), {"name": name}) is None:
                _attach(connection, table, name, quarter)
                made.append(name)
    return made


def _attach(connection: Connection, table: str, name: str, quarter: Quarter) -> None:
    low, high = microseconds(quarter.start), microseconds(quarter.next().start)
    connection.execute(text(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE"))
    connection.execute(text(f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"))
    connection.execute(
        text(
            f"WITH moved AS (DELETE FROM {table}_default WHERE seq >= :low AND seq < :high RETURNING *)"  # noqa: S608 - our own names
            f" INSERT INTO {name} SELECT * FROM moved"
        ),
        {"low": low, "high": high},
    )
    connection.execute(text(f"ALTER TABLE {table} ATTACH PARTITION {name} {_bounds(quarter)}"))


def _bounds(quarter: Quarter) -> str:
    return f"FOR VALUES FROM ({microseconds(quarter.start)}) TO ({microseconds(quarter.next().start)})"


def _default_after_create(table: Any) -> None:
    create = DDL(  # type: ignore[no-untyped-call]
        f"CREATE TABLE IF NOT EXISTS {table.name}_default PARTITION OF {table.name} DEFAULT"
    )
    event.listen(table, "after_create", create.execute_if(dialect="postgresql"))


for _model in (Statement, StatementAgent, StatementIri):
    _default_after_create(_model.__table__)
