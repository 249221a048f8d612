"""`flask lrs …`: credentials, the targets of forwarding, and forwarding itself."""

from __future__ import annotations

import secrets
import sys
from datetime import UTC, datetime, timedelta

import click
from flask.cli import AppGroup

from lms.bootstrap import Parts
from lms.commands import told
from lms.commands.records import WHO, add_record_commands
from lms.jobs.forwarding import Forwarding, make_forwarder
from xapi import target_changes
from xapi.errors import NotFound
from xapi.spec.version import SUPPORTED
from xapi.store import dead_letters, targets
from xapi.store.credentials import (
    create_credential,
    limit_credential,
    list_credentials,
    revoke_credential,
    rotate_credential,
)
from xapi.store.tables import SCOPES
from xapi.store.targets import COUNTED, Filter, TargetState

ANY_KEY = {"ignore_unknown_options": True}
"""A key is random and may begin with a dash."""


def record_store_commands(parts: Parts) -> AppGroup:
    """`flask lrs …`."""
    group = AppGroup("lrs", help="The record store.")
    group.add_command(credential_commands(parts))
    group.add_command(target_commands(parts))
    group.add_command(forward_command(parts))
    add_record_commands(group, parts)
    return group


def credential_commands(parts: Parts) -> AppGroup:
    """`flask lrs credential …`."""
    group = AppGroup("credential", help="Keys for other people's tools.")

    @group.command("create")
    @click.argument("name")
    @click.option("--scope", required=True, type=click.Choice(SCOPES))
    @click.option(
        "--rate-limit", type=click.IntRange(1), default=None, help="Requests a minute; none if absent."
    )
    @told
    def create(name: str, scope: str, rate_limit: int | None) -> None:
        """Make a credential; its secret is printed once and kept only as a hash."""
        with parts.database.writing() as session:
            key, secret = create_credential(
                session, name, scope, now=parts.now(), secrets=secrets.token_urlsafe, rate_limit=rate_limit
            )
        click.echo(f"key {key}")
        click.echo(f"secret {secret}")

    @group.command("list")
    @told
    def list_all() -> None:
        """Print key, scope, state, limit a minute, last use (to within an hour) and name."""
        with parts.database.reading() as session:
            for one in list_credentials(session):
                state = "revoked" if one.revoked else "valid"
                used = one.last_used.isoformat(timespec="minutes") if one.last_used else "never"
                click.echo(f"{one.key} {one.scope} {state} {one.rate_limit or '-'} {used} {one.name}")

    @group.command("rotate", context_settings=ANY_KEY)
    @click.argument("key")
    @click.option("--keep-hours", type=click.FloatRange(0, 24 * 366), default=24.0, show_default=True)
    @told
    def rotate(key: str, keep_hours: float) -> None:
        """Give a credential a new secret, printed once; the old one is good for some hours more."""
        with parts.database.writing() as session:
            secret = rotate_credential(
                session,
                key,
                now=parts.now(),
                keep=timedelta(hours=keep_hours),
                secrets=secrets.token_urlsafe,
            )
        click.echo(f"key {key}")
        click.echo(f"secret {secret}")

    @group.command("limit", context_settings=ANY_KEY)
    @click.argument("key")
    @click.option(
        "--rate-limit", type=click.IntRange(1), default=None, help="Requests a minute; none if absent."
    )
    @told
    def limit(key: str, rate_limit: int | None) -> None:
        """Set how often a credential may ask, or lift the limit."""
        with parts.database.writing() as session:
            limit_credential(session, key, rate_limit)
        click.echo(f"{key} {rate_limit or 'without a limit'}")

    @group.command("revoke", context_settings=ANY_KEY)
    @click.argument("key")
    @told
    def revoke(key: str) -> None:
        """End a credential, within ten seconds and for ever."""
        with parts.database.writing() as session:
            if not revoke_credential(session, key, now=parts.now()):
                raise NotFound(f"there is no valid credential with the key {key!r}")
        click.echo(f"{key} revoked")

    return group


def target_commands(parts: Parts) -> AppGroup:
    """`flask lrs target …`."""
    group = AppGroup("target", help="Other record stores that statements are forwarded to.")

    @group.command("add")
    @click.argument("name")
    @click.argument("endpoint")
    @click.option("--key", required=True, help="Of a credential over there; its secret comes on stdin.")
    @click.option("--version", default=SUPPORTED[0], type=click.Choice(SUPPORTED), help="That it speaks.")
    @click.option("--verb", "verbs", multiple=True, help="Only statements with this verb; may be repeated.")
    @click.option("--activity", "activities", multiple=True, help="Only about this activity; repeatable.")
    @click.option("--since", type=click.DateTime(), help="Only what was stored after it, in UTC.")
    @click.option("--allow-private", is_flag=True, help="The address may be of a private network.")
    @told
    def add(
        name: str,
        endpoint: str,
        key: str,
        version: str,
        verbs: tuple[str, ...],
        activities: tuple[str, ...],
        since: datetime | None,
        allow_private: bool,
    ) -> None:
        """Forward to ENDPOINT, the address before /statements."""
        secret = _asked_secret()
        after = None if since is None else since.replace(tzinfo=UTC)
        with parts.database.writing() as session:
            target_changes.add_target(
                session,
                name,
                endpoint,
                key=key,
                secret=secret,
                who=WHO,
                now=parts.now(),
                new_id=parts.new_id,
                version=version,
                chosen=Filter(verbs=verbs, activities=activities, since=after),
                allow_private=allow_private,
            )
        click.echo(f"{name} added")

    @group.command("list")
    @told
    def list_all() -> None:
        """Print name, state, waiting statements, dead letters, address and the last error."""
        with parts.database.reading() as session:
            for target in targets.list_targets(session):
                click.echo(_line(target))

    @group.command("secret")
    @click.argument("name")
    @click.option("--key", required=True, help="Of a credential over there; its secret comes on stdin.")
    @told
    def replace_secret(name: str, key: str) -> None:
        """Send with another key and secret from now on."""
        secret = _asked_secret()
        with parts.database.writing() as session:
            found = targets.find_target(session, name)
            target_changes.replace_secret(session, found, key=key, secret=secret, who=WHO, now=parts.now())
        click.echo(f"{name} has another secret")

    @group.command("pause")
    @click.argument("name")
    @told
    def pause(name: str) -> None:
        """Send nothing more to a target until it is resumed."""
        with parts.database.writing() as session:
            found = targets.find_target(session, name)
            target_changes.pause_target(session, found, who=WHO, now=parts.now())
        click.echo(f"{name} paused")

    @group.command("resume")
    @click.argument("name")
    @told
    def resume(name: str) -> None:
        """Go on where a target stopped, at once."""
        with parts.database.writing() as session:
            found = targets.find_target(session, name)
            target_changes.resume_target(session, found, who=WHO, now=parts.now())
        click.echo(f"{name} resumed")

    @group.command("remove")
    @click.argument("name")
    @told
    def remove(name: str) -> None:
        """Forget a target, its secret and its dead letters."""
        with parts.database.writing() as session:
            found = targets.find_target(session, name)
            target_changes.remove_target(session, found, who=WHO, now=parts.now())
        click.echo(f"{name} removed")

    @group.command("letters")
    @click.argument("name")
    @told
    def letters(name: str) -> None:
        """Print the newest 100 statements that a target refused: statement, attempts, reason."""
        with parts.database.reading() as session:
            for letter in dead_letters.list_dead_letters(session, targets.find_target(session, name)):
                click.echo(f"{letter.statement_id} {letter.attempts} {letter.reason}")

    @group.command("retry")
    @click.argument("name")
    @told
    def retry(name: str) -> None:
        """Have everything that a target refused tried again."""
        with parts.database.writing() as session:
            found = targets.find_target(session, name)
            click.echo(dead_letters.retry_dead_letters(session, found, now=parts.now()))

    @group.command("drop")
    @click.argument("name")
    @told
    def drop(name: str) -> None:
        """Give up everything that a target refused."""
        with parts.database.writing() as session:
            click.echo(dead_letters.drop_dead_letters(session, targets.find_target(session, name)))

    return group


def _asked_secret() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Secret", hide_input=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


def forward_command(parts: Parts) -> click.Command:
    """`flask lrs forward`."""

    @click.command("forward")
    @click.option("--once", is_flag=True, help="Stop when nothing is due; exit 1 where a target failed.")
    @told
    def forward(once: bool) -> None:
        """Forward statements to the targets until stopped; each web process does so already."""
        if not once:
            Forwarding(parts).run()
            return
        forwarder = make_forwarder(parts)
        done = 0
        while moved := forwarder.run_once():
            done += moved
        click.echo(f"{done} statements")
        with parts.database.reading() as session:
            failed = [one for one in targets.list_targets(session) if one.enabled and one.failures]
        for target in failed:
            click.echo(_line(target), err=True)
        if failed:
            raise SystemExit(1)

    return forward


def _line(target: TargetState) -> str:
    waiting = f"{COUNTED} or more" if target.waiting >= COUNTED else str(target.waiting)
    said = f"{target.name} {'on' if target.enabled else 'paused'} waiting {waiting}"
    said += f" dead {target.dead_letters} {target.version} {target.endpoint}"
    return said if target.last_error is None else f"{said} error: {target.last_error}"
