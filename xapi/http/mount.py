"""The store in somebody else's Flask application, with a database of its own."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from flask import Flask

from xapi.http.blueprint import create_blueprint
from xapi.store.credentials import create_credential
from xapi.store.engine import OwnDatabase, own_database


@dataclass(frozen=True)
class Mounted:
    """What an application does with the store besides serving it."""

    database: OwnDatabase
    clock: Callable[[], datetime]

    def create_tables(self) -> None:
        """Make the tables that are missing; safe to call at every start."""
        self.database.create_tables(now=self.clock())

    def create_credential(self, name: str, scope: str = "all") -> tuple[str, str]:
        """Make a credential and answer its key and secret; the secret cannot be shown again."""
        with self.database.writing() as session:
            return create_credential(session, name, scope, now=self.clock(), secrets=secrets.token_urlsafe)


def mount(
    app: Flask,
    database_url: str,
    *,
    secret: str | bytes,
    home: str,
    url_prefix: str = "/xapi",
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    new_id: Callable[[], UUID] = uuid4,
) -> Mounted:
    """Serve the store under `url_prefix`; nothing is connected before it is used.

    `secret` seals the cursors of `more`; `home` stands in every authority and must never change. Where the
    application protects forms with Flask-WTF, the store is exempt: its clients show no cookies.
    """
    mounted = Mounted(own_database(database_url), clock)
    blueprint = create_blueprint(
        reading=mounted.database.reading,
        writing=mounted.database.writing,
        clock=clock,
        new_id=new_id,
        secret=secret,
        home=home,
    )
    if "csrf" in app.extensions:
        app.extensions["csrf"].exempt(blueprint)
    app.register_blueprint(blueprint, url_prefix=url_prefix)
    return mounted
