"""Alembic's environment: both metadatas, on the database of the settings or of a connection handed in."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from lms.config import settings_from_environment
from lms.db.database import Database
from lms.db.tables import metadata as learning
from xapi.store.partitions import is_partition
from xapi.store.tables import metadata as record_store

targets = [learning, record_store]


def include_name(name: str | None, kind: str, parents: object) -> bool:
    """Leave partitions out of comparisons: they are made by need."""
    return not (kind == "table" and name is not None and is_partition(name))


def run(connection: Connection) -> None:
    """Migrate over one connection, all in one transaction on both databases."""
    context.configure(
        connection=connection,
        target_metadata=targets,
        render_as_batch=connection.dialect.name == "sqlite",
        include_name=include_name,
        compare_type=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    database = Database(settings_from_environment().database_url, statement_ms=600_000)
    with database.engine.execution_options(crossdesk_writes=True).begin() as connection:
        run(connection)
    database.close()
