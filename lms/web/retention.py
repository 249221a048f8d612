"""Pages of the 7-day check: one's own tests, one question a screen, and the result once it may be told."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Redirect

from lms.bootstrap import Parts
from lms.domain.access import Right
from lms.domain.errors import Conflict
from lms.domain.quizzes import Calendar, bounded_ms
from lms.services import retention
from lms.services.answers import Response
from lms.services.check_attempts import CheckQuestion
from lms.services.progress import Learner
from lms.services.retention import CheckResult, CheckState
from lms.services.statements import Speaker
from lms.web.access import allow
from lms.web.forms.quizzes import AnswerForm, answer_form
from lms.web.language import language
from lms.web.quizzes import Tickets
from lms.web.retention_report import add_report
from lms.web.session import current
from quizzes.errors import ResponseError
from quizzes.retention import Occasion

BAD_REQUEST = 400
SEE_OTHER = 303
STATED_PERCENT = 40
"""What deck B states; drawn as a stated figure."""
WIDE, NARROW = (560, 250, 40, 464, 14, 216), (346, 240, 40, 286, 14, 206)
"""Of a chart: width, height, and the edges of the figure in it: left, right, top, bottom."""

Page = str | tuple[str, int] | Redirect


def create_blueprint(parts: Parts) -> Blueprint:
    """Answer the routes."""
    blueprint = Blueprint("retention", __name__)
    blueprint.record_once(_add_globals)
    add_checks(blueprint, parts)
    add_questions(blueprint, parts)
    add_report(blueprint, parts)
    return blueprint


def add_checks(blueprint: Blueprint, parts: Parts) -> None:
    """The list, and a test's own page: what it is, why it is closed, what came of it."""

    @blueprint.get("/checks")
    @allow(Right.LEARN)
    def checks() -> str:
        with parts.database.reading() as session:
            lines = retention.own_checks(
                session, parts.courses, person_id=current().person_id, now=parts.now()
            )
        return render_template("retention/checks.html", lines=lines)

    @blueprint.get("/checks/<uuid:check>")
    @allow(Right.LEARN)
    def check(check: UUID) -> str:
        person = current().person_id
        result: CheckResult | None = None
        with parts.database.reading() as session:
            line = retention.check_line(
                session, parts.courses, check_uuid=check, person_id=person, now=parts.now()
            )
            if line.state is CheckState.TOLD:
                result = retention.check_result(
                    session, parts.courses, line, person_id=person, language=language()
                )
        if result is None:
            return render_template("retention/check.html", line=line)
        return render_template(
            "retention/result.html", line=line, result=result, now=parts.now(), **_told(result)
        )

    @blueprint.post("/checks/<uuid:check>")
    @allow(Right.LEARN)
    def start_check(check: UUID) -> Redirect:
        with parts.database.writing() as session:
            underway = retention.start_check(
                session,
                parts.courses,
                check_uuid=check,
                learner=_learner(parts),
                now=parts.now(),
                new_id=parts.new_id,
            )
        return _to(".question", check=check, place=1) if underway else _to(".check", check=check)


def add_questions(blueprint: Blueprint, parts: Parts) -> None:
    """The questions of a test that was begun: asked in turn, never shown again before it is told."""
    tickets = Tickets(parts.settings.secret_key)

    def find(check: UUID, place: int) -> CheckQuestion:
        with parts.database.reading() as session:
            return retention.check_question(
                session,
                parts.courses,
                check_uuid=check,
                place=place,
                person_id=current().person_id,
                now=parts.now(),
            )

    def onward(found: CheckQuestion) -> Redirect:
        """Go to the question whose turn it is, or to the check's page."""
        if found.next_place is None or not found.is_open:
            return _to(".check", check=found.check)
        return _to(".question", check=found.check, place=found.next_place)

    @blueprint.get("/checks/<uuid:check>/<int:place>")
    @allow(Right.LEARN)
    def question(check: UUID, place: int) -> Page:
        found = find(check, place)
        if found.next_place != place or not found.is_open:
            return onward(found)
        token = tickets.write(f"{check}:{place}", now=parts.now(), new_id=parts.new_id())
        return _question_page(found, token=token)

    @blueprint.post("/checks/<uuid:check>/<int:place>")
    @allow(Right.LEARN)
    def answer(check: UUID, place: int) -> Page:
        found = find(check, place)
        if found.next_place != place or not found.is_open:
            return onward(found)
        form, now = answer_form(found.item), parts.now()
        message = None if form.validate() else form.message or str(_("Choose an answer first."))
        if message is None:
            ticket = tickets.read(form.token.data, key=f"{check}:{place}")
            took = bounded_ms(ticket.served, now) if ticket else None
            try:
                with parts.database.writing() as session:
                    retention.answer_check(
                        session,
                        parts.courses,
                        check_uuid=check,
                        place=place,
                        response=Response(value=form.response, response_ms=took),
                        learner=_learner(parts),
                        calendar=Calendar(current().zone, current().working_days),
                        now=now,
                        new_id=parts.new_id,
                    )
            except Conflict:
                return _to(".question", check=check, place=place)
            except ResponseError:
                message = str(_("This answer could not be read. Please give it again."))
        if message is not None:
            return _question_page(found, form=form, message=message), BAD_REQUEST
        following = place + 1 if place < found.length else place
        return _to(".question", check=check, place=following)


def _question_page(
    found: CheckQuestion,
    *,
    token: str | None = None,
    form: AnswerForm | None = None,
    message: str | None = None,
) -> str:
    return render_template(
        "retention/question.html",
        question=found,
        view=found.view(language(), draft=None if form is None else form.draft),
        token=token if form is None else form.token.data,
        message=message,
    )


def _learner(parts: Parts) -> Learner:
    person = current()
    return Learner(person.person_id, Speaker(parts.settings.iri_base, person.uuid))


def _to(endpoint: str, **values: Any) -> Redirect:
    return redirect(url_for(endpoint, **values), code=SEE_OTHER)


def _add_globals(state: BlueprintSetupState) -> None:
    """Give templates dates in the person's zone, also inside imported macros."""
    state.app.jinja_env.globals.update(day_of=_day_of, last_day_of=_last_day_of)


def _day_of(moment: datetime) -> date:
    return moment.astimezone(current().zone).date()


def _last_day_of(closes_at: datetime) -> date:
    """Answer the last date before a window ends, which it does in the small hours of the next."""
    return _day_of(closes_at) - timedelta(days=1)


def _told(result: CheckResult) -> dict[str, Any]:
    """Answer what the page of a result draws."""
    before, after = result.test(Occasion.IMMEDIATE), result.test(Occasion.DELAYED)
    kept = None
    if before is not None and after is not None and before.right:
        kept = round(100 * (after.right / after.length) / (before.right / before.length))
    target = round(100 * result.line.course.retention.target)
    return {
        "before": before,
        "after": after,
        "main": after or before,
        "kept_percent": kept,
        "target": target,
        "charts": [("wide", _chart(result, WIDE, target)), ("narrow", _chart(result, NARROW, target))],
    }


def _chart(result: CheckResult, size: tuple[int, ...], target: int) -> dict[str, Any]:
    """Answer where the parts of the chart stand: shares from the bottom to the top, the day before day 7."""
    width, height, left, right, top, bottom = size

    def y(share: float) -> float:
        return round(bottom - share * (bottom - top), 1)

    places = {Occasion.IMMEDIATE: 0.24, Occasion.DELAYED: 0.8}
    return {
        "width": width,
        "height": height,
        "left": left,
        "right": right,
        "words": height - 10,
        "grid": [(percent, y(percent / 100)) for percent in (0, 25, 50, 75, 100)],
        "goal": y(target / 100),
        "stated": y(STATED_PERCENT / 100),
        "points": [
            {
                "x": round(left + places[test.occasion] * (right - left), 1),
                "y": y(test.right / test.length),
                "low": y(test.interval.low),
                "high": y(test.interval.high),
                "words": f"{test.right}/{test.length}",
                "occasion": test.occasion,
                "day": test.day,
            }
            for test in result.tests
        ],
    }
