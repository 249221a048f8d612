"""Brings a database to a revision; the migrations lie in migrations/.

Alembic is imported where it is used: a server that starts again after a crash has no need of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from lms.db.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).resolve().parents[2] / "migrations"
LOCK = 7_203_114
"""Two processes that start at once must not both migrate."""


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


def upgrade(database: Database, revision: str = "head") -> None:
    """Migrate up, all or nothing; on a database that is there already it does nothing."""
    from alembic import command

    _run(database, lambda config: command.upgrade(config, revision))


def downgrade(database: Database, revision: str) -> None:
    """Migrate down, all or nothing."""
    from alembic import command

    _run(database, lambda config: command.downgrade(config, revision))


def current(database: Database) -> str | None:
    """Answer the revision that the database is at."""
    from alembic.runtime.migration import MigrationContext

    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str | None:
    """Answer the revision that the code wants."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config()).get_current_head()


def _run(database: Database, step: object) -> None:
    config = _config()
    with database.engine.execution_options(crossdesk_writes=True).begin() as connection:
        if database.dialect == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        config.attributes["connection"] = connection
        assert callable(step)
        step(config)
