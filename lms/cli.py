"""The commands of `flask`: results on stdout, logs and warnings on stderr, exit 0 only on success."""

from __future__ import annotations

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup
from flask.helpers import get_debug_flag

from courses.check import check_course
from courses.library import SHIPPED, find_courses
from lms.bootstrap import Parts
from lms.commands import told
from lms.commands.items import item_commands
from lms.commands.memory import memory_commands
from lms.commands.outcomes import outcome_commands
from lms.commands.record_store import record_store_commands
from lms.config import Mode
from lms.db import migrate
from lms.domain.accounts import Role
from lms.domain.errors import NotFound
from lms.jobs.worker import Worker
from lms.services import accounts, authoring, demonstration, doctor, exports, people_file, start

IMPORT_SECONDS = 300.0


def register(app: Flask) -> None:
    """Add the commands to the application."""
    parts: Parts = app.extensions["crossdesk"]
    for group in (database_commands(parts), user_commands(parts), course_commands(parts)):
        app.cli.add_command(group)
    app.cli.add_command(item_commands(parts))
    app.cli.add_command(record_store_commands(parts))
    app.cli.add_command(memory_commands(parts))
    app.cli.add_command(outcome_commands(parts))
    app.cli.add_command(demonstration_commands(parts))
    app.cli.add_command(prepare_command(parts))
    app.cli.add_command(worker_command(parts))
    app.cli.add_command(doctor_command(parts))


def database_commands(parts: Parts) -> AppGroup:
    """`flask db …`."""
    group = AppGroup("db", help="Migrate the database.")

    @group.command("upgrade")
    @click.argument("revision", default="head")
    @told
    def upgrade(revision: str) -> None:
        """Migrate up to REVISION (head) and set up the organisation."""
        migrate.upgrade(parts.database, revision)
        if revision == "head":
            start.first_start(parts.database, iri_base=parts.settings.iri_base)
        click.echo(migrate.current(parts.database) or "base")

    @group.command("downgrade")
    @click.argument("revision")
    @told
    def downgrade(revision: str) -> None:
        """Migrate down to REVISION; `base` empties the database."""
        migrate.downgrade(parts.database, revision)
        click.echo(migrate.current(parts.database) or "base")

    @group.command("current")
    @told
    def current() -> None:
        """Print the revision."""
        click.echo(migrate.current(parts.database) or "base")

    return group


def user_commands(parts: Parts) -> AppGroup:
    """`flask user …`."""
    group = AppGroup("user", help="Accounts.")

    @group.command("create")
    @click.argument("email")
    @click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
    @click.option("--name", default=None, help="Shown to others; the part before @ if absent.")
    @click.option("--team", default=None)
    @click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
    @told
    def create(email: str, role: str, name: str | None, team: str | None, password_stdin: bool) -> None:
        """Make an account; without a password, print a one-time link to set one."""
        password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
        with parts.database.writing() as session:
            person = accounts.create_person(
                session,
                email=email,
                name=name or email.split("@")[0],
                role=Role(role),
                team=team,
                password=password,
                now=parts.now(),
                new_id=parts.new_id,
            )
            link = None
            if password is None:
                secret = accounts.make_link(session, person, now=parts.now(), new_secret=parts.new_secret)
                link = f"{parts.settings.base_url}/set-password/{secret}"
            click.echo(f"{person.email} {person.role.value} {person.uuid}")
        if link:
            click.echo(link)

    @group.command("import")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--dry-run", is_flag=True, help="Check and print; change nothing.")
    @told
    def import_file(file: Path, dry_run: bool) -> None:
        """Make accounts from a CSV file: all of them, or none."""
        found = people_file.read_people(file.read_bytes())
        with parts.database.reading() as session:
            errors = (*found.errors, *people_file.check_people(session, found.lines))
        for error in sorted(errors, key=lambda error: error.row):
            click.echo(str(error), err=True)
        if errors:
            click.echo(f"{len(errors)} errors; nothing was imported")
            raise SystemExit(1)
        if dry_run:
            click.echo(f"{len(found.lines)} people would be imported")
            return
        with parts.database.writing(seconds=IMPORT_SECONDS) as session:
            people = people_file.import_people(session, found.lines, now=parts.now(), new_id=parts.new_id)
        click.echo(f"{len(people)} people imported")

    return group


def course_commands(parts: Parts) -> AppGroup:
    """`flask course …`."""
    group = AppGroup("course", help="Courses and their packages.")

    @group.command("list")
    @told
    def list_all() -> None:
        """Print slug, version, content hash and title of each course."""
        with parts.database.reading() as session:
            for course in authoring.list_courses(session):
                click.echo(f"{course.slug} {course.version} {course.content_hash[:12]} {course.title}")

    @group.command("check")
    @click.argument("slug", required=False)
    @told
    def check(slug: str | None) -> None:
        """Check the shipped courses, or one of them; one finding a line."""
        folders = [folder for folder in find_courses(SHIPPED) if slug in (None, folder.name)]
        if not folders:
            raise SystemExit(f"Error: there is no course {slug!r} in {SHIPPED}")
        findings = [
            finding for folder in folders for finding in check_course(folder, today=parts.now().date())
        ]
        for finding in findings:
            click.echo(str(finding))
        errors = sum(finding.severity == "error" for finding in findings)
        click.echo(f"{errors} errors, {len(findings) - errors} warnings")
        if errors:
            raise SystemExit(1)

    @group.command("import")
    @click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
    @told
    def import_folder(folder: Path) -> None:
        """Publish a course folder as an immutable version."""
        with parts.database.writing(seconds=IMPORT_SECONDS) as session:
            version = authoring.import_course(session, folder, now=parts.now())
            click.echo(f"{version.version} {version.content_hash[:12]}")

    @group.command("export")
    @click.argument("slug")
    @click.option("--format", "kind", required=True, help="scorm12, scorm2004, cmi5 or xapi.")
    @click.option("--edition", type=click.Choice(["3", "4"]), default="4", help="Of SCORM 2004.")
    @click.option("--scope", default="course", help="course, module:ID or check:ID.")
    @click.option("--language", default="all", help="zh-CN, en or all.")
    @click.option("--iri-base", default=None, help="The start of every IRI; this installation's if absent.")
    @click.option("--no-reviews", is_flag=True, help="Without reviews on later days.")
    @click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
    @told
    def export(
        slug: str,
        kind: str,
        edition: str,
        scope: str,
        language: str,
        iri_base: str | None,
        no_reviews: bool,
        out: Path,
    ) -> None:
        """Write a package of a published course for another learning management system."""
        with parts.database.reading() as session:
            package = exports.export_course(
                session,
                slug,
                format=kind,
                edition=int(edition),
                scope=scope,
                language=language,
                iri_base=iri_base or parts.settings.iri_base,
                reviews=not no_reviews,
            )
        fresh = out.with_name(out.name + ".part")
        fresh.write_bytes(package)
        fresh.replace(out)  # whole, or not there
        click.echo(f"{out} {len(package)} bytes")

    return group


def demonstration_commands(parts: Parts) -> AppGroup:
    """`flask demo …`."""
    group = AppGroup("demo", help="The demonstration company.")

    @group.command("load")
    @told
    def load() -> None:
        """Load a company that has learnt for half a year, and print the accounts to look at it with."""
        with _alone(parts):
            with parts.database.reading() as session:
                demonstration.expect_none(session)
            _load_demonstration(parts)
        click.echo(_accounts_file(parts).read_text(encoding="utf-8"), nl=False)

    @group.command("remove")
    @told
    def remove() -> None:
        """Delete its people and all that is theirs; a later start does not load it again."""
        with _alone(parts):
            gone = demonstration.remove(parts.database)
            _accounts_file(parts).unlink(missing_ok=True)
        click.echo(f"removed {gone.people} people, {gone.cohorts} cohorts, {gone.answers} answers")

    return group


def _accounts_file(parts: Parts) -> Path:
    return parts.settings.instance / "demo-accounts.txt"


@contextmanager
def _alone(parts: Parts) -> Iterator[None]:
    """Wait until no other process of this machine loads or removes the demonstration."""
    with (parts.settings.instance / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _load_demonstration(parts: Parts) -> None:
    """Write the accounts down before anything is loaded: passwords are kept nowhere else."""
    click.echo("Loading a demonstration company; this happens once and takes up to a minute …", err=True)
    printed = demonstration.new_accounts(parts.new_secret)
    file = _accounts_file(parts)
    file.unlink(missing_ok=True)
    file.touch(mode=0o600, exist_ok=False)
    file.write_text("".join(f"{account}\n" for account in printed), encoding="utf-8")
    loaded = demonstration.load(parts.database, printed, now=parts.now())
    click.echo(f"Loaded {loaded.people} people, {loaded.answers} answers.", err=True)


def _show_demonstration(parts: Parts) -> None:
    """Load the demonstration company once, unless it was removed by hand; print the address and accounts."""
    with _alone(parts):
        with parts.database.reading() as session:
            found = demonstration.state(session)
        if found in (demonstration.State.NONE, demonstration.State.LOADING):
            try:
                _load_demonstration(parts)
            except NotFound as error:
                click.echo(f"No demonstration: {error}", err=True)
    click.echo(f"Crossdesk: {parts.settings.base_url}")
    file = _accounts_file(parts)
    if file.exists():
        click.echo(f"Demonstration accounts (email password role; also in {file}):")
        click.echo(file.read_text(encoding="utf-8"), nl=False)


def prepare_command(parts: Parts) -> click.Command:
    """`flask prepare`."""

    @click.command("prepare")
    @told
    def prepare() -> None:
        """Make ready to serve: migrate, set up the organisation, publish the shipped courses.

        In development also load a demonstration company, once, and print how to look at it.
        """
        if migrate.current(parts.database) != migrate.head():
            migrate.upgrade(parts.database)
        start.first_start(parts.database, iri_base=parts.settings.iri_base)
        for imported in authoring.import_changed(parts.database, SHIPPED, now=parts.now()):
            for finding in imported.findings:
                click.echo(str(finding), err=True)
        if parts.settings.mode is Mode.DEVELOPMENT:
            _show_demonstration(parts)

    return prepare


def worker_command(parts: Parts) -> click.Command:
    """`flask worker`."""

    @click.command("worker")
    def worker() -> None:
        """Do what is in the outbox, until stopped."""
        Worker(parts).run()

    return worker


def doctor_command(parts: Parts | None, problems: tuple[str, ...] = ()) -> click.Command:
    """`flask doctor`; without parts, of settings that cannot be read, whose problems are given."""

    @click.command("doctor")
    def examine() -> None:
        """Say what would be wrong with serving people like this; one finding a line, exit 1 on errors."""
        findings = doctor.refused(problems)
        if parts is not None:
            findings = doctor.examine(parts.settings, parts.database, debug=get_debug_flag())
            if parts.settings.mode is not Mode.PRODUCTION:
                click.echo(f"mode {parts.settings.mode}: not asked for what production needs", err=True)
        for finding in findings:
            click.echo(str(finding))
        errors = sum(finding.severity is doctor.Severity.ERROR for finding in findings)
        click.echo(f"{errors} errors, {len(findings) - errors} warnings")
        if errors:
            raise SystemExit(1)

    return examine
