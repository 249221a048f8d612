"""Pages of the needs analysis: its report, its questions one by one, a cohort's report for managers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from lms.bootstrap import Parts
from lms.db.needs import Phase
from lms.domain.access import Right
from lms.domain.errors import NotFound
from lms.domain.needs import FEWEST_PEOPLE
from lms.services import needs as service
from lms.services.needs import NeedsQuestion
from lms.web.access import allow
from lms.web.forms.quizzes import answer_form
from lms.web.language import language
from lms.web.session import current
from quizzes.errors import ResponseError

SEE_OTHER, BAD_REQUEST = 303, 400

Page = str | tuple[str, int] | Redirect


def create_blueprint(parts: Parts) -> Blueprint:
    """Answer the routes."""
    blueprint = Blueprint("needs", __name__)
    cache = parts.courses
    add_questions(blueprint, parts)

    @blueprint.get("/needs")
    @allow(Right.LEARN)
    def report() -> str:
        person = current()
        with parts.database.reading() as session:
            lines = service.needs_lines(
                session,
                cache,
                person_id=person.person_id,
                today=parts.now().astimezone(person.zone).date(),
                working_days=person.working_days,
            )
        return render_template("needs/report.html", lines=lines)

    @blueprint.get("/manage/cohorts/<uuid:cohort_id>/needs")
    @allow(Right.MANAGE)
    def cohort(cohort_id: UUID) -> str:
        with parts.database.reading() as session:
            name, reports = service.group_reports(session, cache, current().actor, cohort_id)
        return render_template(
            "needs/cohort.html", name=name, reports=reports, cohort_id=cohort_id, fewest=FEWEST_PEOPLE
        )

    return blueprint


def add_questions(blueprint: Blueprint, parts: Parts) -> None:
    """A run: begun, and its questions."""
    cache = parts.courses

    @blueprint.post("/needs/begin/<slug>/<phase>")
    @allow(Right.LEARN)
    def begin(slug: str, phase: str) -> Redirect:
        if phase not in set(Phase):
            raise NotFound("the needs analysis is taken before and after")
        with parts.database.writing() as session:
            run = service.begin(
                session,
                cache,
                slug=slug,
                phase=Phase(phase),
                person_id=current().person_id,
                now=parts.now(),
                new_id=parts.new_id,
            )
            found = service.question(session, cache, run_uuid=run, place=1, person_id=current().person_id)
        return _go_on(run, found.next_place)

    @blueprint.get("/needs/<uuid:analysis>/<int:place>")
    @allow(Right.LEARN)
    def question(analysis: UUID, place: int) -> Page:
        found = find(analysis, place)
        if found.answered:
            return _go_on(analysis, found.next_place)
        return _page(found)

    @blueprint.post("/needs/<uuid:analysis>/<int:place>")
    @allow(Right.LEARN)
    def answer(analysis: UUID, place: int) -> Page:
        found = find(analysis, place)
        form = answer_form(found.item)
        if not found.answered and not form.validate():
            return _page(found, draft=form.draft, message=form.message), BAD_REQUEST
        try:
            with parts.database.writing() as session:
                following = service.answer(
                    session,
                    cache,
                    run_uuid=analysis,
                    place=place,
                    response=form.response,
                    person_id=current().person_id,
                    now=parts.now(),
                )
        except ResponseError:
            message = _("This answer could not be read. Please give it again.")
            return _page(found, draft=form.draft, message=message), BAD_REQUEST
        return _go_on(analysis, following)

    def find(run: UUID, place: int) -> NeedsQuestion:
        with parts.database.reading() as session:
            return service.question(session, cache, run_uuid=run, place=place, person_id=current().person_id)


def _page(found: NeedsQuestion, *, draft: Any = None, message: str | None = None) -> str:
    view = found.view(language(), draft=draft)
    return render_template("needs/question.html", question=found, view=view, message=message)


def _go_on(run: UUID, place: int | None) -> Redirect:
    """To the question without an answer; with none left, to the report."""
    to = url_for(".report") if place is None else url_for(".question", analysis=run, place=place)
    return redirect(to, code=SEE_OTHER)
