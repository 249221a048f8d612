"""The in-process worker: takes what is due from the outbox and does it, beside the pages and forwarding."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from courses.library import SHIPPED
from lms.adapters.mail import FileMailer, Mailer, SmtpMailer
from lms.bootstrap import Parts
from lms.config import Mode
from lms.domain.errors import CrossdeskError
from lms.jobs.forwarding import Forwarding
from lms.services import accounts, authoring, check_plans, check_reminders, notices, records
from xapi import housekeeping
from xapi.store.files import FilesAway
from xapi.store.partitions import ensure_partitions

log = structlog.get_logger(__name__)

POLL_SECONDS = 2.0
TIDY_SECONDS = 60.0
RETENTION_SECONDS = 20.0
"""How long a turn of housekeeping deletes by the rules of retention, to within a step; the rest waits for the
next turn. Far below the lease of a row, and mail waits no longer than that."""
RETENTION = "housekeeping"
"""Who applied a rule, as the audit trail says it."""
Task = Callable[[UUID, Mapping[str, Any]], None]


def tasks(
    parts: Parts, *, mailer: Mailer | None = None, seconds: Callable[[], float] = time.monotonic
) -> dict[str, Task]:
    """Answer what can be done, by name. Each may run twice with the same key. `seconds` measures time."""
    settings = parts.settings
    chosen = mailer or (
        SmtpMailer(settings.mail_url) if settings.mail_url else FileMailer(settings.instance / "mail")
    )

    def mail(key: UUID, payload: Mapping[str, Any]) -> None:
        chosen.send(key=str(key), to=payload["to"], subject=payload["subject"], text=payload["text"])

    def housekeeping(key: UUID, _payload: Mapping[str, Any]) -> None:
        tidy(parts)
        if not apply_retention(parts, seconds=seconds):
            with parts.database.writing() as session:
                notices.put_rest(session, notices.HOUSEKEEPING, key, now=parts.now())

    def checks(_key: UUID, _payload: Mapping[str, Any]) -> None:
        look_at_checks(parts)

    def check_reminder(_key: UUID, payload: Mapping[str, Any]) -> None:
        with parts.database.writing() as session:
            check_reminders.remind(
                session,
                parts.courses,
                check_uuid=UUID(payload["check"]),
                which=payload["which"],
                base_url=settings.base_url,
                now=parts.now(),
            )

    def check_closing(_key: UUID, payload: Mapping[str, Any]) -> None:
        with parts.database.writing() as session:
            check_reminders.close(session, check_uuid=UUID(payload["check"]), now=parts.now())

    return {
        notices.MAIL: mail,
        notices.HOUSEKEEPING: housekeeping,
        notices.CHECKS: checks,
        notices.CHECK_REMINDER: check_reminder,
        notices.CHECK_CLOSING: check_closing,
    }


def look_at_checks(parts: Parts) -> None:
    """Release what checks that are over held out, and plan the next day's reminders. May run twice."""
    now, after, closed = parts.now(), 0, True
    while closed:
        with parts.database.writing(seconds=TIDY_SECONDS) as session:
            closed = check_plans.release_closed(session, now=now) > 0
    with parts.database.writing(seconds=TIDY_SECONDS) as session:
        check_plans.release_forgotten(session, now=now)
    while True:
        with parts.database.writing(seconds=TIDY_SECONDS) as session:
            after = check_reminders.plan_reminders(session, now=now, after=after)
        if not after:
            return


def tidy(parts: Parts) -> None:
    """Delete what is of no use any more, and make the record store's next partitions. May run twice."""
    now = parts.now()
    with parts.database.writing(seconds=TIDY_SECONDS) as session:
        accounts.forget_links(session, now=now)
        notices.forget_done(session, now=now)
    # apart from the above: it locks the tables for a moment, and gives up where writers do not let it
    with parts.database.writing(seconds=TIDY_SECONDS) as session:
        made = ensure_partitions(session.connection(), now=now)
    if made:
        log.info("partitions made", names=made)
    tidy_attachments(parts)


def tidy_attachments(parts: Parts) -> None:
    """Remove files that no attachment lies in, and move attachments out of the database. May run twice."""
    reading, writing, files = parts.database.reading, parts.database.writing, parts.files
    try:
        moved = housekeeping.move_to_files(reading, writing, files)
        removed = housekeeping.remove_deleted(reading, writing, files)
        removed += housekeeping.remove_strays(reading, files, now=parts.now())
    except FilesAway as error:
        log.warning("attachments wait", error=str(error))
        return
    if moved or removed:
        log.info("attachments tidied", moved=moved, removed=removed)


def apply_retention(parts: Parts, *, seconds: Callable[[], float] = time.monotonic) -> bool:
    """Delete what the rules of retention mean, for so long; answer whether nothing is left. May run twice."""
    until = seconds() + RETENTION_SECONDS
    return records.apply_rules(
        parts.database,
        who=RETENTION,
        clock=parts.now,
        files=parts.files,
        goes_on=lambda: seconds() < until,
    )


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
        self._forwarding = Forwarding(parts, poll_seconds=poll_seconds)
        self._thread = threading.Thread(target=self.run, name="outbox", daemon=True)
        self._planned: date | None = None

    def start(self) -> None:
        """Begin in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End after the row in hand."""
        self._stop.set()
        self._forwarding.stop()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def plan(self) -> None:
        """Put the day's jobs into the outbox, where no other process did."""
        now = self._parts.now()
        if self._planned == now.date():
            return
        with self._parts.database.writing() as session:
            notices.put_daily(session, notices.HOUSEKEEPING, now=now)
            notices.put_daily(session, notices.CHECKS, now=now)
        self._planned = now.date()

    def run(self) -> None:
        """Poll until stopped; wait for a database that is away. In development, watch the course folders."""
        self._forwarding.start()
        known = tasks(self._parts)
        watching = self._parts.settings.mode is Mode.DEVELOPMENT
        seen: dict[Path, Any] = {}
        while not self._stop.is_set():
            try:
                self.plan()
                taken = run_once(self._parts, known)
                if watching:
                    watch_courses(self._parts, seen)
            except CrossdeskError as error:
                log.warning("outbox waits", error=str(error))
                taken = 0
            except Exception:
                # a surprise must not end the thread: nobody would notice until mail is missed
                log.exception("outbox stumbled")
                taken = 0
            if not taken:
                self._stop.wait(self._poll)
