"""Pages of learning: today, the courses, a course, a lesson step by step, and the pictures in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import format_date
from markupsafe import Markup
from werkzeug.wrappers import Response as Redirect

from courses.course import Text, in_language
from lms.bootstrap import Parts
from lms.domain import learning as rules
from lms.domain.access import Right
from lms.domain.errors import Invalid
from lms.domain.learning import Next
from lms.services import cards, learning, progress, quizzes, retention, scenes
from lms.services.catalogue import CourseCache, Loaded
from lms.services.progress import Learner
from lms.services.statements import Speaker
from lms.web.access import allow
from lms.web.forms.learning import StartForm, StepForm
from lms.web.headers import YEAR_SECONDS
from lms.web.language import language
from lms.web.session import SignedIn, current

PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
"""An SVG that is opened alone runs nothing and fetches nothing."""

LONG_DATE = {"zh-CN": "M\u00a0月\u00a0d\u00a0日 EEEE", "en": "EEEE d MMMM"}
SHORT_DATE = {"zh-CN": "M\u00a0月\u00a0d\u00a0日", "en": "d MMM"}
WEEKDAYS = {
    "zh-CN": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}


def create_blueprint(parts: Parts) -> Blueprint:
    """Answer the routes."""
    blueprint = Blueprint("learning", __name__)
    blueprint.record_once(_add_globals)
    cache = parts.courses

    def learner() -> Learner:
        person = current()
        return Learner(person.person_id, Speaker(parts.settings.iri_base, person.uuid))

    @blueprint.get("/")
    @allow(Right.LEARN)
    def today() -> str:
        person, now = current(), parts.now()
        local = now.astimezone(person.zone)
        with parts.database.reading() as session:
            lines = learning.course_lines(
                session,
                cache,
                person_id=person.person_id,
                today=local.date(),
                working_days=person.working_days,
                mine_only=True,
            )
            due, week = cards.outlook(
                session,
                person_id=person.person_id,
                now=now,
                zone=person.zone,
                daily_minutes=person.daily_minutes,
                working_days=person.working_days,
            )
            shown = _today(person, lines, due, week, local=local)
            free = bool(lines) and not shown["plan"].minutes
            scene = scenes.suggested(session, cache, person_id=person.person_id) if free else None
            checks = retention.checks_now(session, cache, person_id=person.person_id, now=now)
        return render_template("learning/today.html", **shown, scene=scene, checks=checks)

    @blueprint.get("/courses")
    @allow(Right.LEARN)
    def courses() -> str:
        person = current()
        with parts.database.reading() as session:
            lines = learning.course_lines(
                session,
                cache,
                person_id=person.person_id,
                today=_today_of(person, parts.now()),
                working_days=person.working_days,
                mine_only=False,
            )
        return render_template("learning/courses.html", lines=lines)

    @blueprint.get("/courses/<slug>")
    @allow(Right.LEARN)
    def course(slug: str) -> str:
        person = current()
        with parts.database.reading() as session:
            found = learning.enrolment(session, cache, slug=slug, person_id=person.person_id)
            way = learning.course_way(session, found)
        deadline = rules.deadline(
            soft=found.soft_due,
            hard=found.hard_due,
            today=_today_of(person, parts.now()),
            working_days=person.working_days,
        )
        return render_template(
            "learning/course.html",
            course=found.loaded.course,
            way=way,
            deadline=deadline,
            started=found.started,
            next_url=way.next and _next_url(found.loaded, way.next),
            form=StartForm(),
        )

    @blueprint.post("/courses/<slug>/start")
    @allow(Right.LEARN)
    def start(slug: str) -> Redirect:
        form = StartForm()
        with parts.database.writing() as session:
            found = learning.enrolment(session, cache, slug=slug, person_id=current().person_id)
            way = learning.course_way(session, found)
            if form.lesson.data:
                found.loaded.lesson(form.lesson.data)
            progress.start(session, found, learner=learner(), now=parts.now(), new_id=parts.new_id)
        if form.lesson.data:
            return redirect(url_for("learning.lesson", slug=slug, lesson_id=form.lesson.data))
        if way.next is None:
            return redirect(url_for("learning.course", slug=slug))
        return redirect(_next_url(found.loaded, way.next))

    @blueprint.get("/courses/<slug>/lessons/<lesson_id>")
    @allow(Right.LEARN)
    def lesson(slug: str, lesson_id: str) -> str:
        return show_lesson(parts, cache, slug=slug, lesson_id=lesson_id)

    @blueprint.post("/courses/<slug>/lessons/<lesson_id>/step")
    @allow(Right.LEARN)
    def step(slug: str, lesson_id: str) -> Redirect:
        form = StepForm()
        if not form.validate_on_submit():
            raise Invalid("step", "expected the number of a step")
        with parts.database.writing() as session:
            found = learning.enrolment(session, cache, slug=slug, person_id=current().person_id)
            progress.open_step(
                session,
                found,
                lesson_id=lesson_id,
                step=form.step.data or 0,
                learner=learner(),
                now=parts.now(),
                new_id=parts.new_id,
            )
        return redirect(
            url_for("learning.lesson", slug=slug, lesson_id=lesson_id, _anchor=f"step-{form.step.data}")
        )

    @blueprint.get("/courses/<slug>/versions/<digest>/media/<path>")
    @allow(Right.LEARN)
    def picture(slug: str, digest: str, path: str) -> Response:
        with parts.database.reading() as session:
            found = learning.picture(session, slug=slug, digest=digest, path=path)
        response = Response(found.data, content_type=found.content_type)
        response.headers["Content-Security-Policy"] = PICTURE_POLICY
        response.headers["Cache-Control"] = f"private, max-age={YEAR_SECONDS}, immutable"
        response.set_etag(found.sha256)
        response.make_conditional(request)
        return response

    return blueprint


@dataclass(frozen=True)
class Returned:
    """An interaction's form that could not be taken, to be shown again as it was sent."""

    item_id: str
    draft: Any
    message: str


def show_lesson(
    parts: Parts, cache: CourseCache, *, slug: str, lesson_id: str, returned: Returned | None = None
) -> str:
    """Answer a lesson's page. Raises NotFound."""
    with parts.database.reading() as session:
        page = learning.lesson_page(
            session, cache, slug=slug, lesson_id=lesson_id, person_id=current().person_id
        )
        views = {}
        if page.enrolment.registration_id is not None and page.lesson.interactions:
            views = quizzes.interaction_views(
                session,
                registration_id=page.enrolment.registration_id,
                lesson=page.lesson,
                course=page.enrolment.loaded.course,
                language=language(),
                now=parts.now(),
                drafts={returned.item_id: returned.draft} if returned else None,
            )
    return render_template("learning/lesson.html", interactions=views, returned=returned, **_lesson(page))


# What pages show


def _add_globals(state: BlueprintSetupState) -> None:
    """Give templates texts and dates in the page's language, also inside imported macros."""
    state.app.jinja_env.globals.update(
        localised=_localised, short_date=_short_date, long_date=_long_date, weekday=_weekday
    )


def _localised(text: Text | str) -> str:
    return text if isinstance(text, str) else in_language(text, language())


def _short_date(day: date) -> str:
    return str(format_date(day, SHORT_DATE[language()]))


def _long_date(day: date) -> str:
    return _spelt_out(day, language())


@lru_cache(maxsize=256)
def _spelt_out(day: date, tag: str) -> str:
    return str(format_date(day, LONG_DATE[tag]))


def _weekday(day: date) -> str:
    return WEEKDAYS[language()][day.weekday()]


@lru_cache(maxsize=len(LONG_DATE))
def _memory_card(tag: str) -> Markup:
    """Answer the card with the model's figures: the same for everybody, drawn once a language."""
    return Markup(render_template("learning/_memory.html"))  # noqa: S704 - our own template


def _today_of(person: SignedIn, now: datetime) -> date:
    return now.astimezone(person.zone).date()


def _today(
    person: SignedIn,
    lines: tuple[learning.CourseLine, ...],
    due: cards.DueSummary,
    week: tuple[rules.PlannedDay, ...],
    *,
    local: datetime,
) -> dict[str, Any]:
    line = next((line for line in lines if line.way.next is not None), None)
    following = None if line is None else line.way.next
    plan = rules.plan(
        review_minutes=due.minutes,
        next_minutes=0 if following is None else following.minutes,
        daily_minutes=person.daily_minutes,
    )
    next_url = None if line is None or following is None else _next_url(line.enrolment.loaded, following)
    return {
        "name": person.display_name,
        "part": rules.part_of_day(local.hour),
        "day": local.date(),
        "daily_minutes": person.daily_minutes,
        "plan": plan,
        "due": due,
        "open_lines": [line for line in lines if not line.way.complete],
        "has_courses": bool(lines),
        "next": following,
        "next_url": next_url,
        "first_url": url_for("quizzes.review") if due.count else next_url,
        "week": week,
        "memory_card": _memory_card(language()),
        "next_day": next((day for day in week[1:] if day.reviews), None),
    }


def _lesson(page: learning.LessonPage) -> dict[str, Any]:
    loaded, lesson = page.enrolment.loaded, page.lesson
    course = loaded.course
    module = page.way.module(lesson.module)
    terms = url_for("handbook.term", term_id="x").removesuffix("x")
    steps = loaded.steps(lesson.id, language(), media_base=_media_base(loaded), term_base=terms)
    reached = min(page.facts.step, len(steps)) if page.facts else 1
    missing = rules.missing(lesson, step=reached, right=page.right)
    before, after = rules.neighbours(course, lesson.id)
    quiz_url = None
    if after is None and module.quiz is not rules.QuizState.NONE:
        quiz_url = url_for("quizzes.quiz", slug=course.slug, module_id=module.module.id)
    return {
        "course": course,
        "module": module,
        "lesson": lesson,
        "number": module.module.lessons.index(lesson) + 1,
        "registered": page.enrolment.registration_id is not None,
        "steps": steps,
        "reached": reached,
        "opened": steps[:reached],
        "next_step": steps[reached] if reached < len(steps) else None,
        "missing": missing,
        "sources": lesson.sources.get(language()) or next(iter(lesson.sources.values()), ()),
        "before": before,
        "after": after,
        "quiz_url": quiz_url,
    }


def _media_base(loaded: Loaded) -> str:
    path = url_for("learning.picture", slug=loaded.course.slug, digest=loaded.digest, path="x")
    return path.removesuffix("media/x")


def _next_url(loaded: Loaded, following: Next) -> str:
    slug = loaded.course.slug
    if following.lesson is None:
        return url_for("quizzes.quiz", slug=slug, module_id=following.module.module.id)
    anchor = f"step-{following.lesson.step}" if following.lesson.step > 1 else None
    return url_for("learning.lesson", slug=slug, lesson_id=following.lesson.lesson.id, _anchor=anchor)
