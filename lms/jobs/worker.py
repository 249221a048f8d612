"""The in-process worker: takes what is due from the outbox and does it, beside the pages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from courses.library import SHIPPED
from lms.adapters.mail import FileMailer, Mailer, SmtpMailer
from lms.bootstrap import Parts
from lms.config import Mode
from lms.domain.errors import CrossdeskError
from lms.services import authoring, notices

log = structlog.get_logger(__name__)

POLL_SECONDS = 2.0
Task = Callable[[UUID, Mapping[str, Any]], None]


def tasks(parts: Parts, *, mailer: Mailer | None = None) -> dict[str, Task]:
    """Answer what can be done, by name. Each may run twice with the same key."""
    settings = parts.settings
    chosen = mailer or (
        SmtpMailer(settings.mail_url) if settings.mail_url else FileMailer(settings.instance / "mail")
    )

    def mail(key: UUID, payload: Mapping[str, Any]) -> None:
        chosen.send(key=str(key), to=payload["to"], subject=payload["subject"], text=payload["text"])

    return {notices.MAIL: mail}


def run_once(parts: Parts, known: Mapping[str, Task]) -> int:
    """Do what is due now; answers how many rows were taken. A failure is kept with its reason."""
    with parts.database.reading() as session:
        # looked at first without the write lock: an idle worker must not queue behind writers
        waiting = notices.anything_due(session, now=parts.now())
    if not waiting:
        return 0
    with parts.database.writing() as session:
        due = notices.lease(session, now=parts.now())
    for row in due:
        try:
            known[row.task](row.uuid, row.payload)
        except Exception as error:
            log.warning("outbox task failed", task=row.task, key=str(row.uuid), error=repr(error))
            with parts.database.writing() as session:
                notices.failed(session, row.id, repr(error), now=parts.now())
        else:
            with parts.database.writing() as session:
                notices.done(session, row.id, now=parts.now())
    return len(due)


def watch_courses(parts: Parts, seen: dict[Path, Any]) -> None:
    """Publish the shipped course folders that changed since last time; say what is wrong in a broken one."""
    for imported in authoring.import_changed(parts.database, SHIPPED, now=parts.now(), seen=seen):
        if imported.findings:
            log.warning("course not imported", folder=str(imported.folder), first=str(imported.findings[0]))
        elif imported.is_new:
            log.info("course imported", slug=imported.slug, version=imported.version)


class Worker:
    """A thread that polls; a web process runs one, `flask worker` another."""

    def __init__(self, parts: Parts, *, poll_seconds: float = POLL_SECONDS) -> None:
        self._parts = parts
        self._poll = poll_seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.run, name="outbox", daemon=True)

    def start(self) -> None:
        """Begin in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End after the row in hand."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def run(self) -> None:
        """Poll until stopped; wait for a database that is away. In development, watch the course folders."""
        known = tasks(self._parts)
        watching = self._parts.settings.mode is Mode.DEVELOPMENT
        seen: dict[Path, Any] = {}
        while not self._stop.is_set():
            try:
                taken = run_once(self._parts, known)
                if watching:
                    watch_courses(self._parts, seen)
            except CrossdeskError as error:
                log.warning("outbox waits", error=str(error))
                taken = 0
            if not taken:
                self._stop.wait(self._poll)
