"""The record store for its administrators: finding statements, a person's agents, deleting, taking out."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.db.accounts import Person
from lms.db.database import Database
from lms.domain.errors import Invalid, NotFound
from lms.services.tellings import Listed
from xapi import housekeeping, privacy
from xapi.errors import XapiError
from xapi.export_file import read_statements
from xapi.spec.actor import check_actor
from xapi.spec.attachment import attachments_of
from xapi.spec.datatypes import check_iri
from xapi.spec.mentions import agent_key
from xapi.spec.payload import parse_json
from xapi.store import audit
from xapi.store.attachments import find_attachments, read_attachment
from xapi.store.browsing import documents_of, kept_attachments, referring_to, rows_at
from xapi.store.files import Files, FilesAway
from xapi.store.forgetting import find_old
from xapi.store.query import StatementQuery, find_places
from xapi.store.statements import find_statements

Json = dict[str, Any]
PERSON_MAX = 500
PAGE_STEPS = 6
"""Steps of deletion that one request does; it must be answered within seconds."""
REFERRING = 20
"""Statements that refer to one, shown on its page."""

_SHA1 = re.compile(r"[0-9A-Fa-f]{40}\Z")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z")


@dataclass(frozen=True)
class Listing:
    """Statements, newest first, and the place where the next page begins."""

    found: tuple[Listed, ...]
    after: int | None


@dataclass(frozen=True)
class Shown:
    """One statement with what belongs to it."""

    listed: Listed
    payload: str
    attachments: tuple[tuple[Json, bool], ...]
    """As the statement names them, and whether their bytes are here."""
    referring: tuple[Listed, ...]


@dataclass(frozen=True)
class Deletion:
    """What a deletion did; `finished` is False where there is more."""

    statements: int
    documents: int
    finished: bool


# Whom a text means


def find_agents(session: Session, text: str, *, iri_base: str) -> list[Json]:
    """Answer the agents that a text means; raises Invalid for the field `person`.

    An e-mail or a name of somebody with an account here means that account (and the mailbox, second); else
    mailto:…, an e-mail, 40 hexadecimal digits, an IRI (openid), `homePage name` (account), an agent in JSON.
    """
    text = text.strip()
    if not text or len(text) > PERSON_MAX or "\x00" in text:
        raise Invalid("person", "expected an e-mail, a name or an identifier")
    try:
        if text.startswith("{"):
            return [_identified(check_actor(parse_json(text, at="person"), at="person"))]
        home, _, name = text.partition(" ")
        if name.strip() and ":" in home:
            return [{"account": {"homePage": check_iri(home, at="person"), "name": name.strip()}}]
        if text.startswith("mailto:"):
            return [_identified(check_actor({"mbox": text}, at="person"))]
        if _SHA1.match(text):
            return [{"mbox_sha1sum": text.lower()}]
        if _UUID.match(text):
            return [{"account": {"homePage": iri_base, "name": text.lower()}}]
        if ":" in text and "@" not in text.partition("/")[0]:
            return [{"openid": check_iri(text, at="person")}]
        if "@" in text:
            mailbox = _identified(check_actor({"mbox": f"mailto:{text}"}, at="person"))
            return [*_accounts(session, Person.email == text.lower(), iri_base=iri_base), mailbox]
    except XapiError as error:
        raise Invalid("person", str(error)) from error
    found = _accounts(session, func.lower(Person.display_name) == text.lower(), iri_base=iri_base)
    if len(found) != 1:
        raise Invalid("person", "several people have this name" if found else "nobody here has this name")
    return found


def _accounts(session: Session, condition: Any, *, iri_base: str) -> list[Json]:
    uuids = session.scalars(select(Person.uuid).where(condition).limit(2))
    return [{"account": {"homePage": iri_base, "name": str(uuid)}} for uuid in uuids]


def _identified(actor: Mapping[str, Any]) -> Json:
    if agent_key(actor) is None:
        raise Invalid("person", "expected an agent or a group with an identifier")
    return dict(actor)


# Looking


def list_statements(session: Session, query: StatementQuery) -> Listing:
    """Answer a page of statements, voided ones too; one range of an index at any size."""
    seqs = find_places(session, query, limit=query.limit + 1)
    shown = seqs[: query.limit]
    return Listing(
        found=tuple(
            Listed(row.seq, row.id, parse_json(row.payload), row.voided) for row in rows_at(session, shown)
        ),
        after=shown[-1] if len(seqs) > query.limit else None,
    )


def show_statement(session: Session, id: UUID) -> Shown:
    """Answer one statement with its attachments and what refers to it. Raises NotFound."""
    found = find_statements(session, [id]).get(id)
    if found is None:
        raise NotFound("there is no such statement")
    statement = parse_json(found.payload)
    named = [dict(one) for one in attachments_of(statement)]
    here = kept_attachments(session, [one["sha2"].lower() for one in named])
    referring = rows_at(session, [one.seq for one in referring_to(session, id, limit=REFERRING)])
    return Shown(
        listed=Listed(found.seq, found.id, statement, found.voided),
        payload=found.payload,
        attachments=tuple((one, one["sha2"].lower() in here) for one in named),
        referring=tuple(Listed(row.seq, row.id, parse_json(row.payload), row.voided) for row in referring),
    )


# Deleting and taking out


def delete_person(
    database: Database,
    agents: Sequence[Json],
    *,
    who: str,
    now: datetime,
    files: Files,
    steps: int | None = None,
) -> Deletion:
    """Delete the statements and documents of agents, counted in the audit trail; at most so many steps."""
    with database.writing() as session:
        entry, documents = privacy.begin_deletion(session, agents, who=who, now=now)
    return _in_steps(
        database,
        lambda session: privacy.delete_step(session, agents, entry=entry),
        steps,
        files=files,
        documents=documents,
    )


def apply_rule(
    database: Database,
    id: UUID,
    *,
    who: str,
    now: datetime,
    files: Files,
    steps: int | None = None,
    goes_on: Callable[[], bool] | None = None,
) -> Deletion:
    """Delete what a rule of retention means, counted in the audit trail. Raises NotFound.

    It ends after so many steps, or after the first step at whose end `goes_on` says no.
    """
    with database.writing() as session:
        found = audit.find_rule(session, id)
        if found is None:
            raise NotFound("there is no such rule")
        rule = privacy.Rule(found.age_days, found.verb, found.activity)
        audit.note_applied(session, id, now=now)
        entry = audit.record_audit(session, "retention", rule.said(), who=who, now=now)
    until = rule.until(now)
    return _in_steps(
        database,
        lambda session: privacy.retention_step(session, rule, entry=entry, until=until),
        steps,
        files=files,
        goes_on=goes_on,
    )


def apply_rules(
    database: Database,
    *,
    who: str,
    clock: Callable[[], datetime],
    files: Files,
    goes_on: Callable[[], bool],
) -> bool:
    """Apply every rule, those that waited longest first, a step at a time while `goes_on` says so.

    Answer whether all is done. A rule that finds nothing leaves no entry in the audit trail.
    """
    with database.reading() as session:
        rules = sorted(audit.list_rules(session), key=lambda rule: (rule.applied is not None, rule.applied))
    for found in rules:
        if not goes_on():
            return False
        now = clock()
        rule = privacy.Rule(found.age_days, found.verb, found.activity)
        with database.reading() as session:
            old = find_old(session, rule.until(now), verb=rule.verb, activity=rule.activity, limit=1)
        if not old:
            with database.writing() as session:
                audit.note_applied(session, found.id, now=now)
            continue
        try:
            done = apply_rule(database, found.id, who=who, now=now, files=files, goes_on=goes_on)
        except NotFound:  # removed since it was listed
            continue
        if not done.finished:
            return False
    return True


def count_old(database: Database, rule: privacy.Rule, *, now: datetime) -> int:
    """Answer how many statements a rule would delete; it walks along them in steps."""
    until, count, after = rule.until(now), 0, -1
    while True:
        with database.reading() as session:
            seqs = find_old(
                session, until, verb=rule.verb, activity=rule.activity, limit=privacy.STEP, after=after
            )
        count += len(seqs)
        if len(seqs) < privacy.STEP:
            return count
        after = seqs[-1]


def _in_steps(
    database: Database,
    step: Callable[[Session], int],
    steps: int | None,
    *,
    files: Files,
    documents: int = 0,
    goes_on: Callable[[], bool] | None = None,
) -> Deletion:
    statements, taken, finished = 0, 0, False
    while not finished and (steps is None or taken < steps):
        with database.writing() as session:
            deleted = step(session)
        statements, taken = statements + deleted, taken + 1
        finished = deleted < privacy.STEP
        if goes_on is not None and not goes_on():
            break
    with suppress(FilesAway):  # what cannot be removed now is removed with the day's housekeeping
        housekeeping.remove_deleted(database.reading, database.writing, files)
    return Deletion(statements, documents, finished)


def export_person(
    database: Database, agents: Sequence[Json], out: IO[bytes], *, files: Files, who: str, now: datetime
) -> int:
    """Write a zip of what is known of agents: statements that mention them, attachments, documents.

    Answers how many statements; the audit trail says so too. Memory holds no more than their ids.
    """
    count, hashes = 0, dict[str, None]()
    keys = [key for agent in agents if (key := agent_key(agent)) is not None]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        seen: set[str] = set()
        with archive.open("statements.jsonl", "w", force_zip64=True) as lines:
            for key in keys:
                for text in read_statements(database.reading, StatementQuery(agent=key, related_agents=True)):
                    if len(agents) > 1 and _is_known(text, seen):
                        continue
                    count += 1
                    lines.write(f"{text}\n".encode())
                    if '"sha2"' in text:
                        hashes |= {one["sha2"].lower(): None for one in attachments_of(parse_json(text))}
        with database.reading() as session:
            kept = find_attachments(session, hashes)
        for one in kept:
            with archive.open(f"statements.attachments/{one.sha2}", "w", force_zip64=True) as file:
                for chunk in read_attachment(one, files=files, reading=database.reading):
                    file.write(chunk)
        with database.reading() as session:
            documents = documents_of(session, keys)
            index = []
            for number, (about, document) in enumerate(documents, start=1):
                archive.writestr(f"documents/{number}", document)
                index.append({"file": f"documents/{number}", **about})
        archive.writestr("documents.json", json.dumps(index, ensure_ascii=False, indent=1))
    with database.writing() as session:
        audit.record_audit(session, "export", privacy.person_said(agents), who=who, now=now, statements=count)
    return count


def _is_known(text: str, seen: set[str]) -> bool:
    id = str(parse_json(text)["id"]).lower()
    known = id in seen
    seen.add(id)
    return known
