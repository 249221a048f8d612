"""Managers' pages: cohorts, who stands where, what is assigned, and the same as a file."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import format_date, ngettext
from flask_babel import gettext as _

from courses.course import in_language
from lms.bootstrap import Parts
from lms.db.reports import ProgressRow
from lms.domain.access import Right
from lms.domain.assignments import Sort, Standing
from lms.domain.csv_cells import csv_bytes
from lms.domain.errors import Conflict, Invalid
from lms.domain.learning import working_days_between
from lms.services import assignments
from lms.services.assignments import CohortPage, CourseChoice
from lms.services.catalogue import CourseCache
from lms.services.statements import Speaker
from lms.web.access import allow
from lms.web.forms.assignments import AssignForm, CohortForm, ManagersForm, MembersForm, WithdrawForm
from lms.web.language import language
from lms.web.session import current


def create_blueprint(parts: Parts) -> Blueprint:
    """Answer the routes."""
    blueprint = Blueprint("assignments", __name__)
    cache = parts.courses
    add_cohorts(blueprint, parts, cache)
    add_assigning(blueprint, parts, cache)
    return blueprint


def _today(parts: Parts) -> date:
    return parts.now().astimezone(current().zone).date()


def _standing() -> Standing | None:
    """The filter in the address; an unknown one is none."""
    given = request.args.get("state", "")
    return Standing(given) if given in set(Standing) else None


def _sort() -> Sort:
    """The order in the address; an unknown one is the usual one."""
    given = request.args.get("sort", "")
    return Sort(given) if given in set(Sort) else Sort.URGENT


def _lines(text: str | None) -> list[str]:
    return [
        line.strip()
        for line in (text or "").replace(",", "\n").replace(";", "\n").splitlines()
        if line.strip()
    ]


def add_cohorts(blueprint: Blueprint, parts: Parts, cache: CourseCache) -> None:
    """The list, one cohort, a new one, its people, its file."""

    @blueprint.get("/manage")
    @allow(Right.MANAGE)
    def manage() -> str:
        with parts.database.reading() as session:
            cohorts = assignments.list_cohorts(session, current().actor, today=_today(parts))
        return render_template("assignments/manage.html", cohorts=cohorts, day=_day)

    @blueprint.route("/manage/cohorts/new", methods=["GET", "POST"])
    @allow(Right.MANAGE)
    def new_cohort() -> Any:
        form = CohortForm()
        if form.validate_on_submit():
            try:
                with parts.database.writing() as session:
                    cohort = assignments.create_cohort(
                        session,
                        current().actor,
                        name=form.name.data or "",
                        starts_on=form.starts_on.data,
                        managers=_lines(form.managers.data),
                        now=parts.now(),
                        new_id=parts.new_id,
                    )
            except Invalid as error:
                form.refuse(error, _people_advice(error))
            except Conflict:
                form.name.errors = [_("There is a cohort of this name already.")]
            else:
                return redirect(url_for("assignments.cohort", cohort_id=cohort.uuid), code=303)
        return render_template("assignments/cohort_form.html", form=form), 400 if form.errors else 200

    @blueprint.get("/manage/cohorts/<uuid:cohort_id>")
    @allow(Right.MANAGE)
    def cohort(cohort_id: UUID) -> str:
        return _cohort_page(parts, cache, cohort_id)

    @blueprint.post("/manage/cohorts/<uuid:cohort_id>/people")
    @allow(Right.MANAGE)
    def add_people(cohort_id: UUID) -> Any:
        form = MembersForm()
        if form.validate():
            try:
                with parts.database.writing() as session:
                    count = assignments.add_members(
                        session,
                        current().actor,
                        cohort_id,
                        emails=_lines(form.emails.data),
                        team=form.team.data or None,
                        now=parts.now(),
                    )
            except Invalid as error:
                form.refuse(error, _people_advice(error))
            else:
                flash(ngettext("%(num)d person added.", "%(num)d people added.", count), "success")
                return redirect(url_for("assignments.cohort", cohort_id=cohort_id), code=303)
        return _cohort_page(parts, cache, cohort_id, members=form), 400

    @blueprint.post("/manage/cohorts/<uuid:cohort_id>/managers")
    @allow(Right.MANAGE)
    def name_managers(cohort_id: UUID) -> Any:
        form = ManagersForm()
        if form.validate():
            try:
                with parts.database.writing() as session:
                    count = assignments.name_managers(
                        session, current().actor, cohort_id, emails=_lines(form.managers.data)
                    )
            except Invalid as error:
                form.refuse(error, _people_advice(error))
            else:
                flash(ngettext("%(num)d manager named.", "%(num)d managers named.", count), "success")
                return redirect(url_for("assignments.cohort", cohort_id=cohort_id), code=303)
        return _cohort_page(parts, cache, cohort_id, managers=form), 400

    @blueprint.get("/manage/cohorts/<uuid:cohort_id>/progress.csv")
    @allow(Right.MANAGE)
    def progress_file(cohort_id: UUID) -> Response:
        with parts.database.reading() as session:
            found, course, rows = assignments.progress_table(
                session,
                cache,
                current().actor,
                cohort_id,
                slug=request.args.get("course"),
                standing=_standing(),
                sort=_sort(),
                today=_today(parts),
            )
        return Response(
            csv_bytes(_header(), [_cells(row, course) for row in rows]),
            mimetype="text/csv",
            headers={
                "Content-Disposition": f'attachment; filename="progress-{found.starts_on.isoformat()}.csv"'
            },
        )


def add_assigning(blueprint: Blueprint, parts: Parts, cache: CourseCache) -> None:
    """Assign a course, take it back, undo that."""

    @blueprint.post("/manage/cohorts/<uuid:cohort_id>/assign")
    @allow(Right.MANAGE)
    def assign(cohort_id: UUID) -> Any:
        form = AssignForm()
        with parts.database.reading() as session:
            assignments.own_cohort(session, current().actor, cohort_id)
            choices = assignments.list_courses(session, cache)
        _offer(form, choices)
        if form.validate():
            try:
                with parts.database.writing(seconds=ASSIGN_SECONDS) as session:
                    done = assignments.assign(
                        session,
                        cache,
                        current().actor,
                        cohort_id,
                        slug=form.course.data,
                        soft=form.soft_due.data,
                        hard=form.hard_due.data,
                        by=Speaker(parts.settings.iri_base, current().uuid),
                        now=parts.now(),
                        today=_today(parts),
                        new_id=parts.new_id,
                        past_is_meant=form.past.data,
                    )
            except Invalid as error:
                form.refuse(error, _date_advice(error))
            else:
                flash(
                    _("Assigned to %(new)d; new dates for %(changed)d.", new=done.new, changed=done.changed),
                    "success",
                )
                target = url_for("assignments.cohort", cohort_id=cohort_id, course=form.course.data)
                return redirect(target, code=303)
        return _cohort_page(parts, cache, cohort_id, assign=form), 400

    @blueprint.post("/manage/cohorts/<uuid:cohort_id>/withdraw")
    @allow(Right.MANAGE)
    def withdraw(cohort_id: UUID) -> Any:
        form = WithdrawForm()
        now = parts.now()
        with parts.database.writing() as session:
            count = assignments.withdraw(
                session, cache, current().actor, cohort_id, slug=form.course.data or "", now=now
            )
        flash(
            ngettext("Taken back from %(num)d person.", "Taken back from %(num)d people.", count), "success"
        )
        return redirect(
            url_for("assignments.cohort", cohort_id=cohort_id, course=form.course.data, undo=now.isoformat()),
            code=303,
        )

    @blueprint.post("/manage/cohorts/<uuid:cohort_id>/restore")
    @allow(Right.MANAGE)
    def restore(cohort_id: UUID) -> Any:
        form = WithdrawForm()
        try:
            at = datetime.fromisoformat(form.at.data or "")
        except ValueError:
            raise Invalid("at", "expected the moment of the withdrawal") from None
        if at.tzinfo is None:
            raise Invalid("at", "expected a moment with its zone")
        with parts.database.writing() as session:
            count = assignments.restore(
                session, cache, current().actor, cohort_id, slug=form.course.data or "", withdrawn_at=at
            )
        flash(ngettext("Given back to %(num)d person.", "Given back to %(num)d people.", count), "success")
        return redirect(url_for("assignments.cohort", cohort_id=cohort_id, course=form.course.data), code=303)


ASSIGN_SECONDS = 60.0


def _cohort_page(
    parts: Parts,
    cache: CourseCache,
    cohort_id: UUID,
    *,
    members: MembersForm | None = None,
    managers: ManagersForm | None = None,
    assign: AssignForm | None = None,
) -> str:
    """Answer the page; a form that was refused comes back as it was sent."""
    today, standing, sort = _today(parts), _standing(), _sort()
    with parts.database.reading() as session:
        found = assignments.cohort_page(
            session,
            cache,
            current().actor,
            cohort_id,
            slug=request.args.get("course") or None,
            standing=standing,
            sort=sort,
            page=request.args.get("page", 1, type=int),
            today=today,
        )
    if assign is None:
        assign = AssignForm(formdata=None, soft_due=found.soft_due, hard_due=found.hard_due)
        _offer(assign, found.courses)
        assign.course.data = found.course.slug if found.course else None
    return render_template(
        "assignments/cohort.html",
        found=found,
        standing=standing,
        standings=[one for one in Standing if found.counts.get(one)],
        sort=sort,
        words={one.value: standing_words(one) for one in Standing},
        titles={one.slug: in_language(one.loaded.course.title, language()) for one in found.courses},
        glance=_glance(found),
        rows=[(row, _late_days(row, today)) for row in found.people],
        members_form=members or MembersForm(formdata=None),
        managers_form=managers or ManagersForm(formdata=None),
        assign_form=assign,
        day=_day,
        undo=request.args.get("undo", "")[:40],
    )


GLANCE = {
    "ok": (Standing.DONE, Standing.ON_TRACK, Standing.WAITING),
    "late": (Standing.BEHIND,),
    "risk": (Standing.LATE,),
}
"""Part of the bar -> who is counted in it."""


def _glance(found: CohortPage) -> dict[str, Any]:
    """Answer people by part of the bar, and its width in per cent; empty where nobody has the course."""
    if not found.assigned:
        return {}
    people = {part: found.counted(standings) for part, standings in GLANCE.items()}
    widths = [(part, round(100 * count / found.assigned, 1)) for part, count in people.items()]
    return {"people": people, "widths": widths}


def _offer(form: AssignForm, choices: tuple[CourseChoice, ...]) -> None:
    form.course.choices = {one.slug: in_language(one.loaded.course.title, language()) for one in choices}


def _late_days(row: ProgressRow, today: date) -> int:
    """Working days since the date that has passed, hard before soft."""
    due = {Standing.LATE: row.hard_due, Standing.BEHIND: row.soft_due}.get(row.standing)
    return working_days_between(due, today, working_days=current().working_days) if due else 0


def _day(value: date | datetime | None) -> str:
    return str(format_date(value, "medium")) if value else "–"


def _header() -> list[str]:
    return [
        _("Name"), _("E-mail"), _("Team"), _("State"), _("Suggested by"), _("Due by"), _("Lessons done"),
        _("Lessons"), _("Quizzes done"), _("Quizzes"), _("Best quiz (0-100)"), _("Begun"), _("Finished"),
        _("Last activity"),
    ]  # fmt: skip


def _cells(row: ProgressRow, course: CourseChoice) -> list[object]:
    moments = [
        moment and moment.astimezone(current().zone).isoformat(" ", "minutes")
        for moment in (row.started_at, row.completed_at, row.last_at)
    ]
    return [
        row.name,
        row.email,
        row.team,
        standing_words(row.standing),
        row.soft_due and row.soft_due.isoformat(),
        row.hard_due and row.hard_due.isoformat(),
        row.lessons_done,
        course.lessons,
        row.quizzes_done,
        course.quizzes,
        None if row.best_score is None else round(row.best_score * 100),
        *moments,
    ]


def standing_words(standing: Standing) -> str:
    """Answer the state in the page's language."""
    words = {
        Standing.LATE: _("Late"),
        Standing.BEHIND: _("Behind"),
        Standing.WAITING: _("Not begun"),
        Standing.ON_TRACK: _("On track"),
        Standing.DONE: _("Done"),
        Standing.UNASSIGNED: _("Not assigned"),
    }
    return str(words[standing])


def _people_advice(error: Invalid) -> str:
    if error.field in ("emails", "managers"):
        return str(_("Not found here, or not an e-mail: check each line. %(detail)s", detail=error.message))
    if error.field == "team":
        return str(_("There is no team of this name with people in it."))
    return str(_("Give 1 to 120 characters on one line."))


def _date_advice(error: Invalid) -> str:
    if "not after" in error.message:
        return str(_("The suggested day must not come after the due day."))
    return str(_("Choose today or a later day."))
