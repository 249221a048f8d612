"""The store in somebody else's Flask application, with a database of its own."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from flask import Flask

from xapi import housekeeping
from xapi.http.blueprint import create_blueprint
from xapi.http.call import MAX_BODY
from xapi.store.credentials import create_credential
from xapi.store.engine import OwnDatabase, own_database
from xapi.store.files import DiskFiles, Files


@dataclass(frozen=True)
class Mounted:
    """What an application does with the store besides serving it."""

    database: OwnDatabase
    clock: Callable[[], datetime]
    files: Files

    def create_tables(self) -> None:
        """Make the tables that are missing; safe to call at every start."""
        self.database.create_tables(now=self.clock())

    def create_credential(self, name: str, scope: str = "all") -> tuple[str, str]:
        """Make a credential and answer its key and secret; the secret cannot be shown again."""
        with self.database.writing() as session:
            return create_credential(session, name, scope, now=self.clock(), secrets=secrets.token_urlsafe)

    def tidy_files(self) -> int:
        """Remove the files of attachments that nothing names any more, answer how many; once a day, say."""
        reading, writing = self.database.reading, self.database.writing
        removed = housekeeping.remove_deleted(reading, writing, self.files)
        return removed + housekeeping.remove_strays(reading, self.files, now=self.clock())


def mount(
    app: Flask,
    database_url: str,
    *,
    secret: str | bytes,
    home: str,
    url_prefix: str = "/xapi",
    files: Files | None = None,
    max_attached: int = MAX_BODY,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    new_id: Callable[[], UUID] = uuid4,
) -> Mounted:
    """Serve the store under `url_prefix`; nothing is connected before it is used.

    `secret` seals the cursors of `more`; `home` stands in every authority and must never change. Attachments
    lie in `files`; without it in a folder beside the database's file, or in the instance folder. Where the
    application protects forms with Flask-WTF, the store is exempt: its clients show no cookies.
    """
    database = own_database(database_url)
    mounted = Mounted(database, clock, files or DiskFiles(_folder(app, database)))
    blueprint = create_blueprint(
        reading=mounted.database.reading,
        writing=mounted.database.writing,
        clock=clock,
        new_id=new_id,
        secret=secret,
        home=home,
        files=mounted.files,
        max_attached=max_attached,
    )
    if "csrf" in app.extensions:
        app.extensions["csrf"].exempt(blueprint)
    app.register_blueprint(blueprint, url_prefix=url_prefix)
    return mounted


def _folder(app: Flask, database: OwnDatabase) -> Path:
    """Answer where attachments lie unless the application says so."""
    url = database.engine.url
    if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
        file = Path(str(url.database)).absolute()
        return file.with_name(f"{file.stem}.attachments")
    return Path(app.instance_path) / "xapi.attachments"
