"""The Targets tab of /admin/xapi: other record stores that statements are forwarded to, and dead letters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import format_datetime, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.bootstrap import Parts
from lms.domain.access import Right
from lms.domain.errors import Invalid, NotFound
from lms.web.access import allow
from lms.web.forms.targets import DropForm, RemoveForm, SecretForm, TargetForm
from lms.web.session import current
from xapi import errors, target_changes
from xapi.store import dead_letters, targets
from xapi.store.targets import COUNTED, Filter, TargetState

log = structlog.get_logger(__name__)

LETTERS = 25


def add_targets(blueprint: Blueprint, parts: Parts) -> None:
    """Add the routes of this tab to those of the record store."""
    add_list(blueprint, parts)
    add_letters(blueprint, parts)
    add_one(blueprint, parts)


def add_list(blueprint: Blueprint, parts: Parts) -> None:
    """All targets, and a form for another one."""

    def show(form: TargetForm, status: int = 200) -> Any:
        with parts.database.reading() as db:
            found = targets.list_targets(db)
        return render_template(
            "records/targets.html", targets=found, form=form, moment=_moment, counted=COUNTED
        ), status

    @blueprint.get("/targets", endpoint="targets")
    @allow(Right.ADMINISTER)
    def show_all() -> Any:
        return show(TargetForm(formdata=None))

    @blueprint.post("/targets")
    @allow(Right.ADMINISTER)
    def add_target() -> Any:
        form = TargetForm()
        if form.validate():
            try:
                with parts.database.writing() as db:
                    id = _add(db, form, parts)
            except errors.Conflict as error:
                form.refuse(Invalid("name", str(error)), _("There is a target of this name already."))
            except errors.Invalid as error:
                form.refuse(Invalid(error.path, str(error)), _advice(error.path, str(error)))
            except Invalid as error:
                form.refuse(error, _advice(error.field, str(error)))
        if form.errors:
            return show(form, 400)
        log.info("target added", target=str(id), who=current().email)
        flash(_("The target is added. Sending begins within seconds."), "success")
        return redirect(url_for("records.target", target_id=id), code=303)


def add_one(blueprint: Blueprint, parts: Parts) -> None:
    """One target: how it stands; pause, resume, remove."""

    @blueprint.get("/targets/<uuid:target_id>")
    @allow(Right.ADMINISTER)
    def target(target_id: UUID) -> Any:
        return _show(parts, target_id)

    @blueprint.post("/targets/<uuid:target_id>/pause")
    @allow(Right.ADMINISTER)
    def pause_target(target_id: UUID) -> Any:
        with _known(), parts.database.writing() as db:
            target_changes.pause_target(db, target_id, who=current().email, now=parts.now())
        log.info("target paused", target=str(target_id), who=current().email)
        flash(_("Paused: nothing more is sent. Its place is kept."), "success")
        return _to(target_id)

    @blueprint.post("/targets/<uuid:target_id>/resume")
    @allow(Right.ADMINISTER)
    def resume_target(target_id: UUID) -> Any:
        with _known(), parts.database.writing() as db:
            target_changes.resume_target(db, target_id, who=current().email, now=parts.now())
        log.info("target resumed", target=str(target_id), who=current().email)
        flash(_("Sending goes on within seconds, from where it stopped."), "success")
        return _to(target_id)

    @blueprint.post("/targets/<uuid:target_id>/secret")
    @allow(Right.ADMINISTER)
    def replace_target_secret(target_id: UUID) -> Any:
        form = SecretForm(prefix="secret-")
        if form.validate():
            try:
                with _known(), parts.database.writing() as db:
                    target_changes.replace_secret(
                        db,
                        target_id,
                        key=form.key.data,
                        secret=form.secret.data,
                        who=current().email,
                        now=parts.now(),
                    )
            except errors.Invalid as error:
                form.refuse(Invalid(error.path, str(error)), _advice(error.path, str(error)))
        if form.errors:
            return _show(parts, target_id, secret=form, status=400)
        log.info("target secret replaced", target=str(target_id), who=current().email)
        flash(_("The new secret is used from now on."), "success")
        return _to(target_id)

    @blueprint.post("/targets/<uuid:target_id>/remove")
    @allow(Right.ADMINISTER)
    def remove_target(target_id: UUID) -> Any:
        form = RemoveForm(prefix="remove-")
        if not form.validate():
            return _show(parts, target_id, remove=form, status=400)
        with _known(), parts.database.writing() as db:
            target_changes.remove_target(db, target_id, who=current().email, now=parts.now())
        log.info("target removed", target=str(target_id), who=current().email)
        flash(_("The target is removed, with its secret and its dead letters."), "success")
        return redirect(url_for("records.targets"), code=303)


def add_letters(blueprint: Blueprint, parts: Parts) -> None:
    """Dead letters: try again, or give up."""

    @blueprint.post("/targets/<uuid:target_id>/letters/retry")
    @allow(Right.ADMINISTER)
    def retry_letters(target_id: UUID) -> Any:
        with parts.database.writing() as db:
            _target(db, target_id)
            count = dead_letters.retry_dead_letters(db, target_id, now=parts.now())
        flash(
            ngettext("%(num)d dead letter is tried again.", "%(num)d dead letters are tried again.", count),
            "success",
        )
        return _to(target_id)

    @blueprint.post("/targets/<uuid:target_id>/letters/<int:letter_id>/retry")
    @allow(Right.ADMINISTER)
    def retry_letter(target_id: UUID, letter_id: int) -> Any:
        with _known(), parts.database.writing() as db:
            dead_letters.retry_dead_letter(db, letter_id, target_id=target_id, now=parts.now())
        flash(_("The statement is tried again."), "success")
        return _to(target_id)

    @blueprint.post("/targets/<uuid:target_id>/letters/<int:letter_id>/drop")
    @allow(Right.ADMINISTER)
    def drop_letter(target_id: UUID, letter_id: int) -> Any:
        with _known(), parts.database.writing() as db:
            dead_letters.drop_dead_letter(db, letter_id, target_id=target_id)
        log.info("dead letter dropped", target=str(target_id), who=current().email, letter=letter_id)
        flash(_("The statement is given up for this target. It stays here."), "success")
        return _to(target_id)

    @blueprint.post("/targets/<uuid:target_id>/letters/drop")
    @allow(Right.ADMINISTER)
    def drop_letters(target_id: UUID) -> Any:
        form = DropForm(prefix="drop-")
        if not form.validate():
            return _show(parts, target_id, drop=form, status=400)
        with parts.database.writing() as db:
            _target(db, target_id)
            count = dead_letters.drop_dead_letters(db, target_id)
        log.info("dead letters dropped", target=str(target_id), who=current().email, count=count)
        flash(ngettext("%(num)d dead letter dropped.", "%(num)d dead letters dropped.", count), "success")
        return _to(target_id)


def _show(
    parts: Parts,
    target_id: UUID,
    *,
    secret: SecretForm | None = None,
    remove: RemoveForm | None = None,
    drop: DropForm | None = None,
    status: int = 200,
) -> Any:
    """Answer the page of one target."""
    text = request.args.get("before", "")
    before = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
    with parts.database.reading() as db:
        target = _target(db, target_id)
        found = dead_letters.list_dead_letters(db, target_id, before=before, limit=LETTERS + 1)
    return render_template(
        "records/target.html",
        target=target,
        letters=found[:LETTERS],
        before=before,
        after=found[LETTERS - 1].id if len(found) > LETTERS else None,
        secret=secret or SecretForm(formdata=None, prefix="secret-"),
        remove=remove or RemoveForm(formdata=None, prefix="remove-"),
        drop=drop or DropForm(formdata=None, prefix="drop-"),
        moment=_moment,
        counted=COUNTED,
    ), status


def _add(db: Session, form: TargetForm, parts: Parts) -> UUID:
    return target_changes.add_target(
        db,
        form.name.data.strip(),
        form.endpoint.data.strip(),
        key=form.key.data,
        secret=form.secret.data,
        who=current().email,
        now=parts.now(),
        new_id=parts.new_id,
        version=form.version.data,
        chosen=Filter(
            verbs=_lines(form.verbs.data), activities=_lines(form.activities.data), since=_since(form)
        ),
        allow_private=form.allow_private.data,
    )


def _lines(text: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.strip() for line in (text or "").splitlines() if line.strip()))


def _since(form: TargetForm) -> datetime | None:
    day = form.since.data
    if day is None:
        return None
    try:
        return datetime(day.year, day.month, day.day, tzinfo=current().zone).astimezone(UTC)
    except OverflowError as error:
        raise Invalid("since", "expected a day between the years 1 and 9999") from error


def _advice(name: str, otherwise: str) -> str:
    """Answer what to do about a field, in the page's language."""
    words = {
        "name": _("Give a name of 1 to 200 characters."),
        "endpoint": _(
            "Give a public address such as https://lrs.example.com/xapi, without a user, query or fragment. "
            "One in a private network must be allowed below."
        ),
        "key": _("Give the key without a colon."),
        "secret": _("Give the secret as one line."),
        "verbs": _("Give whole IRIs, one a line."),
        "activities": _("Give whole IRIs, one a line."),
        "since": _("Choose another day."),
    }
    return str(words.get(name, otherwise))


def _target(db: Session, target_id: UUID) -> TargetState:
    found = next((one for one in targets.list_targets(db, target_id)), None)
    if found is None:
        raise NotFound("there is no such target")
    return found


@contextmanager
def _known() -> Iterator[None]:
    """Answer with the page for what is not there where the store says so."""
    try:
        yield
    except errors.NotFound as error:
        raise NotFound(str(error)) from error


def _to(target_id: UUID) -> Any:
    return redirect(url_for("records.target", target_id=target_id), code=303)


def _moment(moment: datetime | None) -> str:
    """Answer a time where the reader lives; the first and last day that there is are none there."""
    if moment is None:
        return "–"
    try:
        return str(format_datetime(moment, "medium"))
    except OverflowError:
        return moment.isoformat()
