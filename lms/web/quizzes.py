"""Pages of quizzes, reviews and a lesson's interactions: one question a screen, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import format_date, get_locale, ngettext
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response as Redirect

from courses.course import in_language
from lms.bootstrap import Parts
from lms.db.quizzes import Confidence
from lms.domain.access import Right
from lms.domain.errors import NotFound, Stale
from lms.domain.learning import PlannedDay
from lms.domain.questions import ItemView
from lms.domain.quizzes import Calendar, bounded_ms, minutes_for
from lms.services import attempts, cards, interactions, learning, quizzes, retention, reviews
from lms.services.answers import Response, find_item
from lms.services.attempts import PlannedAnswer
from lms.services.catalogue import CourseCache
from lms.services.progress import Learner
from lms.services.quizzes import QuizQuestion
from lms.services.retention import CheckLine
from lms.services.reviews import ReviewQuestion
from lms.services.statements import Speaker
from lms.web.access import allow
from lms.web.forms.quizzes import AnswerForm, answer_form
from lms.web.language import language
from lms.web.learning import Returned, show_lesson
from lms.web.session import current
from quizzes.errors import ResponseError
from quizzes.item import Item, ItemType

DAY = {"zh-CN": "M\u00a0月\u00a0d\u00a0日 EEEE", "en": "EEEE d MMMM"}
BAD_REQUEST = 400
SEE_OTHER = 303

Page = str | tuple[str, int] | Redirect


@dataclass(frozen=True)
class Ticket:
    """What a question's form carries, signed: which question, served when, and an id for a try at it."""

    key: str
    served: datetime
    attempt: UUID


class Tickets:
    """Signs and reads tickets. The time is ours, so that nobody types themselves a quick answer."""

    def __init__(self, secret: str) -> None:
        self._serializer = URLSafeSerializer(secret, salt="crossdesk.question")

    def write(self, key: str, *, now: datetime, new_id: UUID) -> str:
        """Answer the token of a question served now."""
        return str(self._serializer.dumps([key, int(now.timestamp() * 1000), new_id.hex]))

    def read(self, token: str | None, *, key: str) -> Ticket | None:
        """Answer the ticket of a token; None where it is not ours, or is another question's."""
        try:
            found, served_ms, attempt = self._serializer.loads(token or "")
        except (BadSignature, ValueError, TypeError):
            return None
        if found != key:
            return None
        return Ticket(found, datetime.fromtimestamp(served_ms / 1000, UTC), UUID(attempt))


def create_blueprint(parts: Parts) -> Blueprint:
    """Answer the routes."""
    blueprint = Blueprint("quizzes", __name__)
    cache = parts.courses
    tickets = Tickets(parts.settings.secret_key)
    blueprint.record(lambda state: _add_globals(state, parts, tickets))
    add_quiz(blueprint, parts, cache, tickets)
    add_reviews(blueprint, parts, cache, tickets)
    add_interactions(blueprint, parts, cache, tickets)
    return blueprint


def add_quiz(blueprint: Blueprint, parts: Parts, cache: CourseCache, tickets: Tickets) -> None:
    """A module's quiz: its own page, its questions, its result."""
    base = "/courses/<slug>/modules/<module_id>/quiz"

    @blueprint.get(base)
    @allow(Right.LEARN)
    def quiz(slug: str, module_id: str) -> Page:
        with parts.database.reading() as session:
            found = learning.enrolment(session, cache, slug=slug, person_id=current().person_id)
            if found.registration_id is None:
                quizzes.find_module(found.loaded.course, module_id)
                return redirect(url_for("learning.course", slug=slug))
            state = quizzes.quiz_state(session, found, module_id=module_id)
        return _page(
            "quizzes/quiz.html", course=found.loaded.course, state=state, minutes=minutes_for(state.length)
        )

    @blueprint.post(base)
    @allow(Right.LEARN)
    def start_quiz(slug: str, module_id: str) -> Redirect:
        person = current()
        with parts.database.writing() as session:
            found = learning.enrolment(session, cache, slug=slug, person_id=person.person_id)
            attempt = quizzes.start_or_resume_attempt(
                session,
                found,
                module_id=module_id,
                person_id=person.person_id,
                random=Random(parts.new_id().int),  # noqa: S311 - a draw of questions, not a secret
                now=parts.now(),
                new_id=parts.new_id,
            )
            following = quizzes.quiz_question(
                session, cache, attempt_uuid=attempt, place=1, person_id=person.person_id
            )
        place = following.next_place or 1
        return _to(".question", slug=slug, module_id=module_id, attempt=attempt, place=place)

    @blueprint.get(base + "/<uuid:attempt>")
    @allow(Right.LEARN)
    def result(slug: str, module_id: str, attempt: UUID) -> Page:
        with parts.database.reading() as session:
            line, answered, loaded = quizzes.quiz_result(
                session, cache, attempt_uuid=attempt, person_id=current().person_id, language=language()
            )
            checks = retention.checks_now(session, cache, person_id=current().person_id, now=parts.now())
        module = quizzes.find_module(loaded.course, module_id)
        _expect(loaded.course.slug == slug)
        return _page(
            "quizzes/result.html",
            course=loaded.course,
            module=module,
            line=line,
            answered=answered,
            checks=[one for one in checks if one.module.id == module_id],
        )

    @blueprint.get(base + "/<uuid:attempt>/<int:place>")
    @allow(Right.LEARN)
    def question(slug: str, module_id: str, attempt: UUID, place: int) -> Page:
        found = _quiz_question(parts, cache, slug, module_id, attempt, place)
        if found.answered:
            due = _due_words(found.due, now=parts.now()) if found.due else None
            return _quiz_page("quizzes/quiz_answer.html", found, view=found.view(language()), due=due)
        if found.next_place != place:
            return _to(".question", slug=slug, module_id=module_id, attempt=attempt, place=found.next_place)
        token = tickets.write(f"{attempt}:{place}", now=parts.now(), new_id=parts.new_id())
        return _quiz_page("quizzes/quiz_question.html", found, view=found.view(language()), token=token)

    @blueprint.post(base + "/<uuid:attempt>/<int:place>")
    @allow(Right.LEARN)
    def answer_question(slug: str, module_id: str, attempt: UUID, place: int) -> Page:
        here = _to(".question", slug=slug, module_id=module_id, attempt=attempt, place=place)
        learner, now = _learner(parts), parts.now()
        planned: PlannedAnswer | None = None
        with parts.database.reading() as session:
            asked = attempts.asked_question(
                session, cache, attempt_uuid=attempt, place=place, person_id=learner.person_id
            )
            _expect(asked.loaded.course.slug == slug and asked.module_id == module_id)
            form = answer_form(asked.item)
            ticket = tickets.read(form.token.data, key=f"{attempt}:{place}")

            def plan() -> None:
                nonlocal planned
                planned = attempts.plan_answer(
                    session,
                    asked,
                    response=_response(form, ticket, now),
                    learner=learner,
                    calendar=_calendar(),
                    now=now,
                    new_id=parts.new_id,
                )

            message = _mend(form, plan)
        if message is not None:
            found = _quiz_question(parts, cache, slug, module_id, attempt, place)
            if found.answered:
                return here
            view = found.view(language(), draft=form.draft)
            token = form.token.data
            page = _quiz_page("quizzes/quiz_question.html", found, view=view, token=token, message=message)
            return page, BAD_REQUEST
        if planned is not None:
            _keep_answer(parts, cache, planned)
        return here


def _keep_answer(parts: Parts, cache: CourseCache, planned: PlannedAnswer) -> None:
    """Write what was planned; where others wrote in between, plan and write it in one transaction."""
    try:
        with parts.database.writing() as session:
            attempts.keep_answer(session, planned)
    except Stale:
        with parts.database.writing() as session:
            attempts.answer_again(session, cache, planned)


def add_reviews(blueprint: Blueprint, parts: Parts, cache: CourseCache, tickets: Tickets) -> None:
    """Cards that are due: asked one at a time, answered, and what comes when."""

    @blueprint.get("/review")
    @allow(Right.LEARN)
    def review() -> Page:
        person, now = current(), parts.now()
        calendar = _calendar()
        with parts.database.reading() as session:
            found = reviews.review_round(
                session,
                cache,
                person_id=person.person_id,
                calendar=calendar,
                now=now,
                daily_minutes=None if "more" in request.args else person.daily_minutes,
            )
            week: tuple[PlannedDay, ...] = ()
            checks: list[CheckLine] = []
            if found.question is None:
                _, week = cards.outlook(
                    session,
                    person_id=person.person_id,
                    now=now,
                    zone=person.zone,
                    daily_minutes=person.daily_minutes,
                    working_days=person.working_days,
                )
                checks = retention.checks_now(session, cache, person_id=person.person_id, now=now)
        if found.question is None:
            next_day = calendar.date(calendar.day(found.next_due)) if found.next_due else None
            return _page("quizzes/review_end.html", round=found, week=week, next_day=next_day, checks=checks)
        question = found.question
        token = tickets.write(f"{question.card}:{question.sequence}", now=now, new_id=parts.new_id())
        return _review_page("quizzes/review.html", question, round=found, token=token)

    @blueprint.get("/review/<uuid:card>/<int:sequence>")
    @allow(Right.LEARN)
    def review_card(card: UUID, sequence: int) -> Page:
        person, now = current(), parts.now()
        with parts.database.reading() as session:
            found = _find_review(session, card, sequence)
            if found.why is not None:
                return _to(".review", **_more())
            left = reviews.review_round(
                session,
                cache,
                person_id=person.person_id,
                calendar=_calendar(),
                now=now,
                daily_minutes=None if "more" in request.args else person.daily_minutes,
            )
        due = _due_words(found.due, now=now) if found.due else None
        return _review_page("quizzes/review_answer.html", found, round=left, due=due)

    @blueprint.post("/review/<uuid:card>/<int:sequence>")
    @allow(Right.LEARN)
    def answer_review(card: UUID, sequence: int) -> Page:
        with parts.database.reading() as session:
            found = _find_review(session, card, sequence)
        here = _to(".review_card", card=card, sequence=sequence, **_more())
        if found.why is None:
            return here
        form = answer_form(found.item)

        def again(message: str) -> Page:
            page = _review_page(
                "quizzes/review.html", found, draft=form.draft, token=form.token.data, message=message
            )
            return page, BAD_REQUEST

        ticket, now = tickets.read(form.token.data, key=f"{card}:{sequence}"), parts.now()

        def keep() -> None:
            with parts.database.writing() as session:
                reviews.answer_review(
                    session,
                    cache,
                    card_uuid=card,
                    sequence=sequence,
                    response=_response(form, ticket, now),
                    learner=_learner(parts),
                    calendar=_calendar(),
                    now=now,
                    new_id=parts.new_id,
                )

        return _take(form, keep=keep, again=again, then=here)

    def _find_review(session: Any, card: UUID, sequence: int) -> ReviewQuestion:
        return reviews.find_review(
            session,
            cache,
            card_uuid=card,
            sequence=sequence,
            person_id=current().person_id,
            calendar=_calendar(),
            now=parts.now(),
        )


def add_interactions(blueprint: Blueprint, parts: Parts, cache: CourseCache, tickets: Tickets) -> None:
    """Questions inside lessons; the lesson's page shows what came of them."""

    @blueprint.post("/courses/<slug>/lessons/<lesson_id>/interactions/<item_id>")
    @allow(Right.LEARN)
    def answer_interaction(slug: str, lesson_id: str, item_id: str) -> Page:
        back = url_for("learning.lesson", slug=slug, lesson_id=lesson_id, _anchor=f"item-{item_id}")
        with parts.database.reading() as session:
            found = learning.enrolment(session, cache, slug=slug, person_id=current().person_id)
        found.registered()
        interactions.expect_in(found.loaded.lesson(lesson_id), item_id)
        form = answer_form(find_item(found.loaded.course, item_id))
        ticket = tickets.read(form.token.data, key=_try_key(slug, lesson_id, item_id))

        def again(message: str) -> Page:
            returned = Returned(item_id, form.draft, message)
            page = show_lesson(parts, cache, slug=slug, lesson_id=lesson_id, returned=returned)
            return page, BAD_REQUEST

        if ticket is None:
            return again(_("The page was open for too long. Send it once more."))
        now = parts.now()

        def keep() -> None:
            with parts.database.writing() as session:
                interactions.answer_interaction(
                    session,
                    found,
                    lesson_id=lesson_id,
                    item_id=item_id,
                    attempt_uuid=ticket.attempt,
                    response=_response(form, ticket, now),
                    learner=_learner(parts),
                    calendar=_calendar(),
                    now=now,
                    new_id=parts.new_id,
                )

        return _take(form, keep=keep, again=again, then=redirect(back, code=SEE_OTHER))


# What views share


def _add_globals(state: BlueprintSetupState, parts: Parts, tickets: Tickets) -> None:
    """Give templates what a question in a lesson needs, wherever its macro is used."""

    def question_token(view: ItemView) -> str:
        key = _try_key(view.slug or "", view.lesson_id or "", view.item_id)
        return tickets.write(key, now=parts.now(), new_id=parts.new_id())

    state.app.jinja_env.globals.update(question_token=question_token, market_name=_market_name)


def _try_key(slug: str, lesson_id: str, item_id: str) -> str:
    return f"{current().uuid}:{slug}:{lesson_id}:{item_id}"


def _market_name(code: str) -> str:
    """Answer a market in the page's language: DE is Germany; a word that is no country stays as it is."""
    locale = get_locale()
    return str(locale.territories.get({"UK": "GB"}.get(code, code), code)) if locale else code


def _page(template: str, **values: Any) -> str:
    tag = language()

    def text(words: Any) -> str:
        return words if isinstance(words, str) else in_language(words, tag)

    def day(date: Any) -> str:
        return str(format_date(date, DAY[tag]))

    return render_template(template, text=text, day=day, **values)


def _quiz_page(template: str, found: QuizQuestion, **values: Any) -> str:
    course = found.loaded.course
    return _page(template, course=course, module=course.module(found.module_id), question=found, **values)


def _review_page(template: str, found: ReviewQuestion, *, draft: Any = None, **values: Any) -> str:
    view = found.view(language(), draft=draft)
    return _page(template, question=found, view=view, why=found.why, more=_more(), **values)


def _quiz_question(
    parts: Parts, cache: CourseCache, slug: str, module_id: str, attempt: UUID, place: int
) -> QuizQuestion:
    with parts.database.reading() as session:
        found = quizzes.quiz_question(
            session, cache, attempt_uuid=attempt, place=place, person_id=current().person_id
        )
    _expect(found.loaded.course.slug == slug and found.module_id == module_id)
    return found


def _expect(is_here: bool) -> None:
    if not is_here:
        raise NotFound("there is no such quiz, or it is not yours")


def _learner(parts: Parts) -> Learner:
    person = current()
    return Learner(person.person_id, Speaker(parts.settings.iri_base, person.uuid))


def _calendar() -> Calendar:
    person = current()
    return Calendar(person.zone, person.working_days)


def _response(form: AnswerForm, ticket: Ticket | None, now: datetime) -> Response:
    sure = {"yes": Confidence.SURE, "no": Confidence.UNSURE}.get(form.sure.data or "")
    ms = bounded_ms(ticket.served, now) if ticket else None
    return Response(value=form.response, confidence=sure, response_ms=ms)


def _to(endpoint: str, **values: Any) -> Redirect:
    return redirect(url_for(endpoint, **values), code=SEE_OTHER)


def _more() -> dict[str, str]:
    return {"more": "1"} if "more" in request.args else {}


def _take(
    form: AnswerForm, *, keep: Callable[[], None], again: Callable[[str], Page], then: Redirect
) -> Page:
    """Keep an answer and go on, or show its form again with what there is to mend."""
    message = _mend(form, keep)
    return then if message is None else again(message)


def _mend(form: AnswerForm, take: Callable[[], None]) -> str | None:
    """Let an answer be taken where its form is right; answers what there is to mend, None for nothing."""
    if not form.validate():
        return form.message or str(_("Choose an answer first."))
    try:
        take()
    except ResponseError:
        return _shape_words(form.item)
    return None


def _shape_words(item: Item) -> str:
    if item.type is ItemType.NUMERIC:
        return str(_("Write a number, such as 12 or 12.5."))
    return str(_("This answer could not be read. Please give it again."))


def _due_words(due: datetime, *, now: datetime) -> str:
    """Answer when a card comes back, as a sentence."""
    calendar = _calendar()
    days = calendar.day(due) - calendar.day(now)
    if due <= now:
        return str(_("Waits for you in the reviews"))
    if days <= 0:
        minutes = math.ceil((due - now).total_seconds() / 60)
        return str(
            ngettext("Comes back in about %(num)d minute", "Comes back in about %(num)d minutes", minutes)
        )
    if days == 1:
        return str(_("Comes back tomorrow"))
    date = format_date(calendar.date(calendar.day(due)), DAY[language()])
    return str(_("Comes back in %(days)d days, on %(date)s", days=days, date=date))
