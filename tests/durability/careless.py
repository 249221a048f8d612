"""The same application with a database that does not wait for the disk, for tests to find out."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import event

from lms.app import create_app
from lms.bootstrap import Parts


def _do_not_wait(connection: Any, _entry: object) -> None:
    cursor = connection.cursor()
    sqlite = type(connection).__module__.startswith("sqlite3")
    cursor.execute("PRAGMA synchronous=NORMAL" if sqlite else "SET synchronous_commit = off")
    cursor.close()
    if not sqlite:
        connection.commit()


def _careless() -> Flask:
    made = create_app()
    parts: Parts = made.extensions["crossdesk"]
    event.listen(parts.database.engine, "connect", _do_not_wait)
    return made


app = _careless()
