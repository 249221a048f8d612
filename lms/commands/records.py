"""`flask lrs export`, `import`, `forget` and `retention`: statements in and out of files, and deleted."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click
from flask.cli import AppGroup

from lms.bootstrap import Parts
from lms.commands import told
from lms.domain.errors import Invalid
from lms.services import records
from xapi.errors import XapiError
from xapi.export_file import export_statements
from xapi.import_file import Import
from xapi.privacy import Rule
from xapi.spec.datatypes import check_iri
from xapi.spec.mentions import agent_key
from xapi.spec.timestamp import microseconds, parse_timestamp
from xapi.store import audit
from xapi.store.query import StatementQuery

WHO = "command line"
BATCH_SECONDS = 60.0
"""A transaction of a command may take longer than one of a request."""


def add_record_commands(group: AppGroup, parts: Parts) -> None:
    """Add the commands of this file to `flask lrs`."""
    add_file_commands(group, parts)
    add_privacy_commands(group, parts)


def add_file_commands(group: AppGroup, parts: Parts) -> None:
    """`flask lrs export` and `import`."""
    iri_base = parts.settings.iri_base

    @group.command("export")
    @click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
    @click.option("--since", default=None, help="Stored after this time, as 2026-03-02T09:30:00Z.")
    @click.option("--agent", default=None, help="An e-mail, a name, or an agent in JSON.")
    @click.option("--verb", default=None, help="An IRI.")
    @click.option("--activity", default=None, help="An IRI.")
    @told
    def export(
        file: Path, since: str | None, agent: str | None, verb: str | None, activity: str | None
    ) -> None:
        """Write statements to FILE.jsonl or FILE.jsonl.gz, attachments to a folder beside it.

        Begun again after a stop, it goes on where it was.
        """
        given = {"since": since, "agent": agent, "verb": verb, "activity": activity}
        query = _query(parts, since=since, agent=agent, verb=verb, activity=activity)
        count = export_statements(parts.database.reading, file, query, files=parts.files)
        said: dict[str, Any] = {"file": file.name, "since": since, "verb": verb, "activity": activity}
        if query.agent is not None:
            said["agents"] = [query.agent.hex()]
        with parts.database.writing() as session:
            rule = {name: value for name, value in said.items() if value is not None}
            audit.record_audit(session, "export", rule, who=WHO, now=parts.now(), statements=count)
        filtered = " that match" if any(given.values()) else ""
        click.echo(f"{count} statements{filtered} in {file}")

    @group.command("import")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--as-is", is_flag=True, help="Keep stored and authority of an export of our own.")
    @told
    def import_file(file: Path, as_is: bool) -> None:
        """Store the statements of FILE.jsonl or FILE.jsonl.gz; those that are there already are skipped.

        A line that cannot be stored is named on stderr, the others go in; exit 1 when there was one.
        """
        done = Import(
            writing=lambda: parts.database.writing(seconds=BATCH_SECONDS),
            clock=parts.now,
            new_id=parts.new_id,
            files=parts.files,
            authority={"objectType": "Agent", "account": {"homePage": iri_base, "name": "import"}},
            refuse=lambda number, reason: click.echo(f"line {number}: {reason}", err=True),
            as_is=as_is,
        ).run(file)
        rule = {"file": file.name, "as_is": as_is}
        with parts.database.writing() as session:
            audit.record_audit(session, "import", rule, who=WHO, now=parts.now(), statements=done.stored)
        click.echo(f"{done.stored} stored, {done.skipped} there already, {done.refused} refused")
        if done.refused:
            raise SystemExit(1)


def add_privacy_commands(group: AppGroup, parts: Parts) -> None:
    """`flask lrs forget` and `retention`."""
    retention = AppGroup("retention", help="How long statements are kept.")
    group.add_command(retention)

    @group.command("forget")
    @click.argument("person")
    @click.option("--yes", is_flag=True, help="Do not ask.")
    @told
    def forget(person: str, yes: bool) -> None:
        """Delete the statements and documents of PERSON: an e-mail, a name, or an agent in JSON."""
        with parts.database.reading() as session:
            agents = records.find_agents(session, person, iri_base=parts.settings.iri_base)
        if not yes:
            click.confirm("This cannot be taken back. Delete?", abort=True, err=True)
        done = records.delete_person(parts.database, agents, who=WHO, now=parts.now(), files=parts.files)
        click.echo(f"{done.statements} statements, {done.documents} documents deleted")

    @retention.command("add")
    @click.option("--days", required=True, type=click.IntRange(*audit.AGE_DAYS), help="Since stored.")
    @click.option("--verb", default=None, help="Only with this verb: an IRI.")
    @click.option("--activity", default=None, help="Only about this activity: an IRI.")
    @told
    def add(days: int, verb: str | None, activity: str | None) -> None:
        """Keep a rule; it is applied once a day, by the worker."""
        with parts.database.writing() as session:
            rule = audit.add_rule(
                session,
                age_days=days,
                verb=_iri(verb, "--verb"),
                activity=_iri(activity, "--activity"),
                who=WHO,
                now=parts.now(),
                new_id=parts.new_id,
            )
        click.echo(str(rule.id))

    @retention.command("list")
    @told
    def list_all() -> None:
        """Print id, days, verb and activity of each rule."""
        with parts.database.reading() as session:
            for rule in audit.list_rules(session):
                click.echo(f"{rule.id} {rule.age_days} {rule.verb or '-'} {rule.activity or '-'}")

    @retention.command("remove")
    @click.argument("id", type=click.UUID)
    @told
    def remove(id: Any) -> None:
        """Take a rule back."""
        with parts.database.writing() as session:
            if audit.find_rule(session, id) is None:
                raise Invalid("id", "there is no such rule")
            audit.remove_rule(session, id)

    @retention.command("apply")
    @click.option("--dry-run", is_flag=True, help="Say whether there is something to delete.")
    @told
    def apply(dry_run: bool) -> None:
        """Delete what the rules mean now; the worker does so once a day."""
        with parts.database.reading() as session:
            rules = audit.list_rules(session)
        for rule in rules:
            if dry_run:
                count = records.count_old(
                    parts.database, Rule(rule.age_days, rule.verb, rule.activity), now=parts.now()
                )
                click.echo(f"{rule.id} would delete {count} statements")
            else:
                done = records.apply_rule(
                    parts.database, rule.id, who=WHO, now=parts.now(), files=parts.files
                )
                click.echo(f"{rule.id} deleted {done.statements} statements")


def _query(
    parts: Parts, *, since: str | None, agent: str | None, verb: str | None, activity: str | None
) -> StatementQuery:
    key = None
    if agent is not None:
        with parts.database.reading() as session:
            key = agent_key(records.find_agents(session, agent, iri_base=parts.settings.iri_base)[0])
    return StatementQuery(
        agent=key,
        verb=_iri(verb, "--verb"),
        activity=_iri(activity, "--activity"),
        since=None if since is None else microseconds(_time(since)),
    )


def _time(text: str) -> datetime:
    try:
        return parse_timestamp(text, at="--since")
    except XapiError as error:
        raise Invalid("--since", str(error).partition(": ")[2]) from error


def _iri(text: str | None, option: str) -> str | None:
    try:
        return None if text is None else check_iri(text, at=option)
    except XapiError as error:
        raise Invalid(option, str(error).partition(": ")[2]) from error
