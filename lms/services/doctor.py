"""What would be wrong with serving people like this: asked by `flask doctor` before the start and after.

Production is asked for all of it; elsewhere for what every installation needs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.orm import Session

from lms.config import IRI_BASE, Mode, Settings
from lms.db import migrate
from lms.db.database import Database
from lms.domain.errors import Unavailable

SQLITE_FULL = 2
"""`PRAGMA synchronous`: below FULL (2), what was acknowledged may be lost with the power."""
POSTGRES_DURABLE = {
    "synchronous_commit": ("on", "remote_apply"),
    "fsync": ("on",),
    "full_page_writes": ("on",),
}
"""Setting of the server -> the values with which acknowledged means on disk."""


class Severity(StrEnum):
    """Whether it must be mended before people come."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """One thing to mend; its text is a line."""

    severity: Severity
    message: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.message}"


def examine(settings: Settings, database: Database, *, debug: bool) -> tuple[Finding, ...]:
    """Answer everything that is wrong with an installation, most general first; it changes nothing."""
    errors = [*_folder(settings), *_database(database)]
    if settings.mode is not Mode.PRODUCTION:
        return _findings(errors, ())
    return _findings([*_exposed(settings, debug=debug), *errors], _unfinished(settings))


def refused(problems: tuple[str, ...]) -> tuple[Finding, ...]:
    """Answer the findings of settings that cannot even be read."""
    return _findings(problems, ())


def _findings(errors: list[str] | tuple[str, ...], warnings: tuple[str, ...]) -> tuple[Finding, ...]:
    return (
        *(Finding(Severity.ERROR, message) for message in errors),
        *(Finding(Severity.WARNING, message) for message in warnings),
    )


def _exposed(settings: Settings, *, debug: bool) -> Iterator[str]:
    if debug:
        yield "FLASK_DEBUG: debug is on; it shows code to whoever meets an error"
    if not settings.secure_cookies:
        yield (
            f"CROSSDESK_BASE_URL: expected an https address, found {settings.base_url};"
            " passwords and cookies would travel in the open"
        )
    if settings.proxies == 0:
        yield (
            "CROSSDESK_PROXIES: expected how many proxies stand in front, found 0; everybody seems to come"
            " from one address, so that wrong passwords of one keep others out"
        )


def _unfinished(settings: Settings) -> tuple[str, ...]:
    found = []
    if settings.mail_url is None:
        found.append(
            f"CROSSDESK_MAIL_URL: not set; mail is written to {settings.instance / 'mail'} and reaches nobody"
        )
    if settings.iri_base == IRI_BASE:
        found.append(f"CROSSDESK_IRI_BASE: not set; every statement carries {IRI_BASE} for ever")
    return tuple(found)


def _folder(settings: Settings) -> Iterator[str]:
    try:
        with tempfile.NamedTemporaryFile(dir=settings.instance) as file:
            file.write(b"x")
            file.flush()
    except OSError as error:
        yield f"CROSSDESK_INSTANCE: cannot write to {settings.instance}: {error.strerror}"


def _database(database: Database) -> Iterator[str]:
    try:
        with database.writing() as session:  # how writes are kept is what matters
            yield from _durable(session, database.dialect)
        found, wanted = migrate.current(database), migrate.head()
    except Unavailable as error:
        yield f"CROSSDESK_DATABASE_URL: {error.__cause__ or error}".splitlines()[0]
        return
    if found != wanted:
        yield (f"database: at revision {found or 'none'}, the code wants {wanted}; run `flask db upgrade`")


def _durable(session: Session, dialect: str) -> Iterator[str]:
    if dialect == "sqlite":
        level = session.scalar(text("PRAGMA synchronous"))
        if level is None or level < SQLITE_FULL:
            yield f"database: SQLite's synchronous is {level}, expected {SQLITE_FULL} (FULL) or more"
        return
    for name, good in POSTGRES_DURABLE.items():
        value = session.scalar(text("SELECT current_setting(:name)"), {"name": name})
        if value not in good:
            yield f"database: PostgreSQL's {name} is {value}, expected {' or '.join(good)}"
