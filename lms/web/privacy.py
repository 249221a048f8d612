"""The Privacy tab of /admin/xapi: take out or delete a person's data, rules of retention, the trail."""

from __future__ import annotations

import json
import tempfile
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import format_datetime, ngettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.bootstrap import Parts
from lms.domain.access import Right
from lms.domain.errors import Invalid, NotFound
from lms.services import records
from lms.web.access import allow
from lms.web.forms.records import DeleteForm, ExportForm, RuleForm
from lms.web.session import current
from xapi.errors import XapiError
from xapi.spec.datatypes import check_iri
from xapi.store import audit

IN_MEMORY = 4 * 2**20
"""Bytes of a person's export that are held in memory; more lies on disk until it is sent."""
TRAIL = 50


def add_privacy(blueprint: Blueprint, parts: Parts) -> None:
    """Add the routes of this tab to those of the record store."""
    iri_base = parts.settings.iri_base

    def show(
        *,
        take_out: ExportForm | None = None,
        delete: DeleteForm | None = None,
        rule: RuleForm | None = None,
        status: int = 200,
    ) -> Any:
        text = request.args.get("before", "")
        before = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
        with parts.database.reading() as db:
            rules = audit.list_rules(db)
            trail = audit.latest_audits(db, before=before, limit=TRAIL + 1)
        return render_template(
            "records/privacy.html",
            take_out=take_out or ExportForm(formdata=None, prefix="export-"),
            delete=delete or DeleteForm(formdata=None, prefix="delete-"),
            rule=rule or RuleForm(formdata=None, prefix="rule-"),
            rules=rules,
            trail=[(entry, json.loads(entry.rule)) for entry in trail[:TRAIL]],
            before=before,
            after=trail[TRAIL - 1].id if len(trail) > TRAIL else None,
            moment=lambda moment: str(format_datetime(moment, "medium")),
        ), status

    def whom(db: Session, form: ExportForm) -> list[dict[str, Any]] | None:
        try:
            return records.find_agents(db, form.person.data or "", iri_base=iri_base)
        except Invalid as error:
            form.refuse(
                error,
                _("Nobody is found by this. Give an e-mail or a name from People, or a whole identifier."),
            )
            return None

    @blueprint.get("/privacy")
    @allow(Right.ADMINISTER)
    def privacy() -> Any:
        return show()

    @blueprint.post("/privacy/export")
    @allow(Right.ADMINISTER)
    def export_person() -> Any:
        form = ExportForm(prefix="export-")
        if not form.validate():
            return show(take_out=form, status=400)
        with parts.database.reading() as db:
            agents = whom(db, form)
        if agents is None:
            return show(take_out=form, status=400)
        out = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed when it is sent
        try:
            records.export_person(
                parts.database, agents, out, files=parts.files, who=current().email, now=parts.now()
            )
        except Exception:
            out.close()
            raise
        out.seek(0)
        name = f"statements-{parts.now():%Y%m%d-%H%M%S}.zip"
        answer = send_file(out, mimetype="application/zip", as_attachment=True, download_name=name)
        answer.call_on_close(out.close)
        return answer

    @blueprint.post("/privacy/delete")
    @allow(Right.ADMINISTER)
    def delete_person() -> Any:
        form = DeleteForm(prefix="delete-")
        if not form.validate():
            return show(delete=form, status=400)
        with parts.database.reading() as db:
            agents = whom(db, form)
        if agents is None:
            return show(delete=form, status=400)
        done = records.delete_person(
            parts.database,
            agents,
            who=current().email,
            now=parts.now(),
            files=parts.files,
            steps=records.PAGE_STEPS,
        )
        _say(done)
        return redirect(url_for("records.privacy"), code=303)

    @blueprint.post("/privacy/rules")
    @allow(Right.ADMINISTER)
    def add_rule() -> Any:
        form = RuleForm(prefix="rule-")
        iris = {name: (form[name].data or "").strip() or None for name in ("verb", "activity")}
        if form.validate():
            for name, iri in iris.items():
                try:
                    if iri is not None:
                        check_iri(iri, at=name)
                except XapiError as error:
                    form.refuse(Invalid(name, str(error)), _iri_advice())
        if form.errors:
            return show(rule=form, status=400)
        with parts.database.writing() as db:
            audit.add_rule(
                db,
                age_days=form.age_days.data,
                verb=iris["verb"],
                activity=iris["activity"],
                who=current().email,
                now=parts.now(),
                new_id=parts.new_id,
            )
        flash(_added(), "success")
        return redirect(url_for("records.privacy"), code=303)

    @blueprint.post("/privacy/rules/<uuid:rule_id>/apply")
    @allow(Right.ADMINISTER)
    def apply_rule(rule_id: UUID) -> Any:
        done = records.apply_rule(
            parts.database,
            rule_id,
            who=current().email,
            now=parts.now(),
            files=parts.files,
            steps=records.PAGE_STEPS,
        )
        _say(done)
        return redirect(url_for("records.privacy"), code=303)

    @blueprint.post("/privacy/rules/<uuid:rule_id>/remove")
    @allow(Right.ADMINISTER)
    def remove_rule(rule_id: UUID) -> Any:
        with parts.database.writing() as db:
            if audit.find_rule(db, rule_id) is None:
                raise NotFound("there is no such rule")
            audit.remove_rule(db, rule_id)
        flash(_("The rule is removed. Nothing was deleted by that."), "success")
        return redirect(url_for("records.privacy"), code=303)


def _added() -> str:
    return str(_("The rule is kept. It is applied within a day, and once a day from then on."))


def _iri_advice() -> str:
    return str(_("Give a whole IRI, such as http://adlnet.gov/expapi/verbs/answered."))


def _say(done: records.Deletion) -> None:
    words = ngettext("%(num)d statement deleted.", "%(num)d statements deleted.", done.statements)
    if not done.finished:
        flash(
            words + " " + _("There are more: repeat it, or use the command, which does all at once."),
            "warning",
        )
    else:
        flash(words, "success")
