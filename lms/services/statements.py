"""The statements that the product makes: one function an event, plain values in, xAPI JSON out.

tincan builds them here and nowhere else; `store` hands them to the record store in the caller's transaction.
Every text is there in all its languages: one event is one statement whatever language the page was in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session
from tincan import (
    Activity,
    ActivityDefinition,
    Agent,
    AgentAccount,
    Context,
    ContextActivities,
    Result,
    Score,
    Statement,
    Verb,
)

from courses.course import Course, Point
from courses.simulator.play import Move, Play
from courses.simulator.scenario import BEST_POINTS, WORST_POINTS, Scene
from lms.domain.identity import Same
from lms.domain.interactions import interaction_definition, interaction_response
from quizzes.item import Item
from xapi.lrs import Prepared, prepare_statements, store_prepared, store_statements

PLATFORM = "Crossdesk"
ADL_VERBS = "http://adlnet.gov/expapi/verbs/"
ACTIVITY_TYPES = "http://adlnet.gov/expapi/activities/"
VERBS: Mapping[str, Mapping[str, str]] = {
    "launched": {"en": "launched", "zh-CN": "打开了"},
    "initialized": {"en": "initialized", "zh-CN": "开始了"},
    "experienced": {"en": "experienced", "zh-CN": "学过了"},
    "answered": {"en": "answered", "zh-CN": "回答了"},
    "completed": {"en": "completed", "zh-CN": "完成了"},
    "passed": {"en": "passed", "zh-CN": "通过了"},
    "failed": {"en": "failed", "zh-CN": "未通过"},
    "responded": {"en": "responded to", "zh-CN": "回应了"},
}
OWN_VERBS: Mapping[str, Mapping[str, str]] = {
    "assigned": {"en": "was assigned", "zh-CN": "被安排学习"},
    "scheduled": {"en": "has a review scheduled of", "zh-CN": "安排了复习"},
}
"""Events for which ADL and cmi5 have no verb; their IRIs stand under the installation's own profile."""
GATHERED = "crossdesk.statements"
"""Where a session keeps what is said until `gathered` ends."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Speaker:
    """Who did it. No name and no e-mail unless an installation asks for them."""

    iri_base: str
    person_uuid: UUID
    name: str | None = None


@dataclass(frozen=True)
class Run:
    """What it was done in: a course version, and the registration where there is one."""

    course: Course
    registration: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class AnswerGiven:
    """One graded answer, as `answered` says it."""

    item_id: str
    kind: str
    """lesson, quiz, review or check."""
    attempt: UUID
    response: Any
    score: float
    """0..1."""
    success: bool
    study_day: int
    response_ms: int | None = None
    confidence: str | None = None
    predicted: float | None = None
    """Recall predicted just before, 0..1; absent at first sight."""
    rating: int | None = None
    """1..4; absent where the answer is no review."""
    aided: bool = False
    lesson_id: str | None = None


# IRIs


def course_iri(iri_base: str, slug: str) -> str:
    """Answer the activity of a course."""
    return f"{iri_base}/courses/{slug}"


def module_iri(iri_base: str, slug: str, module_id: str) -> str:
    """Answer the activity of a module and its quiz."""
    return f"{iri_base}/courses/{slug}/modules/{module_id}"


def lesson_iri(iri_base: str, slug: str, lesson_id: str) -> str:
    """Answer the activity of a lesson; without its module, so that moving it orphans no statement."""
    return f"{iri_base}/courses/{slug}/lessons/{lesson_id}"


def item_iri(iri_base: str, slug: str, item_id: str) -> str:
    """Answer the activity of an item; without its module, so that moving it orphans no statement."""
    return f"{iri_base}/courses/{slug}/items/{item_id}"


def scene_iri(iri_base: str, slug: str, scene_id: str) -> str:
    """Answer the activity of a practice scene."""
    return f"{iri_base}/courses/{slug}/scenarios/{scene_id}"


def check_iri(iri_base: str, slug: str, module_id: str, form: str) -> str:
    """Answer the activity of one form of a module's 7-day check."""
    return f"{module_iri(iri_base, slug, module_id)}/checks/{form}"


def extension_iri(iri_base: str, name: str) -> str:
    """Answer the IRI of one of the profile's extensions."""
    return f"{iri_base}/profile/extensions/{name}"


def verb_iri(iri_base: str, name: str) -> str:
    """Answer the IRI of a verb: ADL's where it has one, else the profile's."""
    return f"{iri_base}/profile/verbs/{name}" if name in OWN_VERBS else ADL_VERBS + name


# Events


def assigned(
    speaker: Speaker,
    run: Run,
    *,
    at: datetime,
    by: Speaker | None = None,
    soft_due: date | None = None,
    hard_due: date | None = None,
) -> Json:
    """A course was given to the speaker, by somebody or by a rule."""
    due = {"soft-due": soft_due and soft_due.isoformat(), "hard-due": hard_due and hard_due.isoformat()}
    return _statement(speaker, run, "assigned", _course(speaker, run), at=at, instructor=by, about=due)


def launched(speaker: Speaker, run: Run, *, at: datetime) -> Json:
    """The speaker opened the course."""
    return _statement(speaker, run, "launched", _course(speaker, run), at=at)


def initialized(speaker: Speaker, run: Run, *, at: datetime, lesson_id: str | None = None) -> Json:
    """The speaker began the course, or one of its lessons."""
    if lesson_id is None:
        return _statement(speaker, run, "initialized", _course(speaker, run), at=at)
    return _statement(
        speaker,
        run,
        "initialized",
        _lesson(speaker, run, lesson_id),
        at=at,
        parent=_module_of_lesson(speaker, run, lesson_id),
    )


def experienced(
    speaker: Speaker,
    run: Run,
    *,
    at: datetime,
    lesson_id: str,
    step: int | None = None,
    duration: timedelta | None = None,
) -> Json:
    """The speaker read a lesson, or reached one step of it (counted from 1)."""
    return _statement(
        speaker,
        run,
        "experienced",
        _lesson(speaker, run, lesson_id),
        at=at,
        parent=_module_of_lesson(speaker, run, lesson_id),
        about={"step": step},
        result=None if duration is None else Result(duration=duration),
    )


def answered(speaker: Speaker, run: Run, *, at: datetime, answer: AnswerGiven) -> Json:
    """The speaker answered an item; all that a replay of the memory needs is in the result."""
    item = run.course.item(answer.item_id)
    iri = item_iri(speaker.iri_base, run.course.slug, item.id)
    point = run.course.point(item.point)
    parent = (
        module_iri(speaker.iri_base, run.course.slug, point.module)
        if answer.lesson_id is None
        else lesson_iri(speaker.iri_base, run.course.slug, answer.lesson_id)
    )
    result = Result(
        response=interaction_response(item, answer.response),
        success=answer.success,
        score=Score(scaled=round(answer.score, 6)),
        extensions=_extensions(
            speaker.iri_base,
            {
                "study-day": answer.study_day,
                "response-ms": answer.response_ms,
                "confidence": answer.confidence,
                "predicted-recall": None if answer.predicted is None else round(answer.predicted, 6),
                "rating": answer.rating,
                "aided": answer.aided or None,
            },
        ),
    )
    if answer.response_ms is not None:
        result.duration = timedelta(milliseconds=answer.response_ms)
    return _statement(
        speaker,
        run,
        "answered",
        {"id": iri, "objectType": "Activity", "definition": _question(Same(item), Same(point))},
        at=at,
        parent=parent,
        result=result,
        about={"attempt": str(answer.attempt), "kind": answer.kind},
    )


def completed(
    speaker: Speaker,
    run: Run,
    *,
    at: datetime,
    module_id: str | None = None,
    lesson_id: str | None = None,
    duration: timedelta | None = None,
) -> Json:
    """The speaker completed a lesson, a module, or (with neither) the course."""
    result = Result(completion=True)
    if duration is not None:
        result.duration = duration
    if lesson_id is not None:
        place, parent = _lesson(speaker, run, lesson_id), _module_of_lesson(speaker, run, lesson_id)
    elif module_id is not None:
        place, parent = _module(speaker, run, module_id), course_iri(speaker.iri_base, run.course.slug)
    else:
        place, parent = _course(speaker, run), None
    return _statement(speaker, run, "completed", place, at=at, parent=parent, result=result)


def judged(
    speaker: Speaker,
    run: Run,
    *,
    at: datetime,
    module_id: str,
    score: float,
    passed: bool,
    attempt: UUID,
    duration: timedelta | None = None,
) -> Json:
    """The speaker handed in a module's quiz: `passed` or `failed`, with the score 0..1."""
    result = Result(success=passed, score=Score(scaled=round(score, 6)))
    if duration is not None:
        result.duration = duration
    return _statement(
        speaker,
        run,
        "passed" if passed else "failed",
        _module(speaker, run, module_id),
        at=at,
        parent=course_iri(speaker.iri_base, run.course.slug),
        result=result,
        about={"attempt": str(attempt), "kind": "quiz"},
    )


def checked(
    speaker: Speaker,
    run: Run,
    *,
    at: datetime,
    module_id: str,
    form: str,
    occasion: str,
    day: int,
    study_day: int,
    score: float,
    attempt: UUID,
    duration: timedelta | None = None,
) -> Json:
    """The speaker took a test of a module's 7-day check. `day` counts from the module's end; score 0..1."""
    module = run.course.module(module_id)
    result = Result(
        completion=True,
        score=Score(scaled=round(score, 6)),
        extensions=_extensions(speaker.iri_base, {"study-day": study_day}),
    )
    if duration is not None:
        result.duration = duration
    return _statement(
        speaker,
        run,
        "completed",
        _place(
            check_iri(speaker.iri_base, run.course.slug, module_id, form),
            "assessment",
            module.title,
            module.summary,
        ),
        at=at,
        parent=module_iri(speaker.iri_base, run.course.slug, module_id),
        result=result,
        about={
            "attempt": str(attempt), "kind": "check", "form": form, "occasion": occasion, "check-day": day,
        },
    )  # fmt: skip


def scheduled(
    speaker: Speaker, run: Run, *, at: datetime, item_id: str, due: datetime, study_day: int
) -> Json:
    """A review of an item was set for a later study day."""
    module_id = run.course.point(run.course.item(item_id).point).module
    return _statement(
        speaker,
        run,
        "scheduled",
        {"id": item_iri(speaker.iri_base, run.course.slug, item_id), "objectType": "Activity"},
        at=at,
        parent=module_iri(speaker.iri_base, run.course.slug, module_id),
        about={"due": due.isoformat(), "due-day": study_day},
    )


def replied(speaker: Speaker, run: Run, *, at: datetime, run_uuid: UUID, move: Move, play: Play) -> Json:
    """The speaker answered a buyer's turn of a scene; the ids replay the run, the temper is that after it."""
    result = Result(
        response=move.reply.text,
        score=Score(raw=move.reply.points, min=WORST_POINTS, max=BEST_POINTS),
        extensions=_extensions(speaker.iri_base, {"temper": move.after}),
    )
    return _statement(
        speaker,
        run,
        "responded",
        _scene(speaker, run, play.scene),
        at=at,
        parent=course_iri(speaker.iri_base, run.course.slug),
        result=result,
        about={"attempt": str(run_uuid), "turn": move.turn.id, "reply": move.reply.id},
    )


def played(
    speaker: Speaker, run: Run, *, at: datetime, run_uuid: UUID, play: Play, duration: timedelta | None = None
) -> Json:
    """The speaker came to an end of a scene: success where it is a good one, and the share of the points."""
    result = Result(completion=True, success=play.mended, score=Score(scaled=round(play.share, 6)))
    result.extensions = _extensions(speaker.iri_base, {"temper": play.temper})
    if duration is not None:
        result.duration = duration
    return _statement(
        speaker,
        run,
        "completed",
        _scene(speaker, run, play.scene),
        at=at,
        parent=course_iri(speaker.iri_base, run.course.slug),
        result=result,
        about={"attempt": str(run_uuid)},
    )


def store(
    session: Session,
    statements: Iterable[Json],
    *,
    iri_base: str,
    now: datetime,
    new_id: Callable[[], UUID],
) -> list[str]:
    """Store statements in the caller's transaction, and answer their ids. Call it last: it queues writers.

    Within `gathered` they are kept for its end, and no ids are answered.
    """
    batch: Sequence[Json] = list(statements)
    if GATHERED in session.info:
        session.info[GATHERED].extend(batch)
        return []
    if not batch:
        return []
    return store_statements(session, batch, authority=_authority(iri_base), now=now, new_id=new_id)


def prepare(
    session: Session, statements: Sequence[Json], *, iri_base: str, new_id: Callable[[], UUID]
) -> Prepared:
    """Answer statements ready for `store_ready`: what can be done before the writers' queue, is."""
    return prepare_statements(session, statements, authority=_authority(iri_base), new_id=new_id)


def store_ready(session: Session, ready: Prepared, *, now: datetime) -> None:
    """Store what `prepare` answered, as `store` does."""
    store_prepared(session, ready, now=now)


@contextmanager
def gathered(session: Session, *, iri_base: str, now: datetime, new_id: Callable[[], UUID]) -> Iterator[None]:
    """Store what is said within the block at its end, all at once, as stored `now` whatever time it tells of.

    For events that are told after they happened, many at a time.
    """
    said: list[Json] = session.info.setdefault(GATHERED, [])
    try:
        yield
    finally:
        del session.info[GATHERED]
    store(session, said, iri_base=iri_base, now=now, new_id=new_id)


# Pieces


def _authority(iri_base: str) -> Json:
    account = {"homePage": iri_base, "name": "crossdesk"}
    return {"objectType": "Agent", "account": account, "name": PLATFORM}


def _statement(
    speaker: Speaker,
    run: Run,
    verb: str,
    place: Json,
    *,
    at: datetime,
    parent: str | None = None,
    result: Result | None = None,
    about: Mapping[str, Any] | None = None,
    instructor: Speaker | None = None,
) -> Json:
    course = course_iri(speaker.iri_base, run.course.slug)
    activities = ContextActivities(grouping=[Activity(id=course)])
    if parent is not None:
        activities.parent = [Activity(id=parent)]
    context = Context(platform=PLATFORM, revision=run.course.version, context_activities=activities)
    if run.registration is not None:
        context.registration = run.registration
    if instructor is not None:
        context.instructor = _agent(instructor)
    extensions = _extensions(speaker.iri_base, about or {})
    if extensions:
        context.extensions = extensions
    statement = Statement(
        actor=_agent(speaker),
        verb=Verb(id=verb_iri(speaker.iri_base, verb), display=dict({**VERBS, **OWN_VERBS}[verb])),
        object=Activity(id=place["id"]),
        context=context,
        timestamp=at,
    )
    if result is not None:
        statement.result = result
    made: Json = statement.as_version("1.0.3")
    made["object"] = place
    return made


def _agent(speaker: Speaker) -> Agent:
    account = AgentAccount(home_page=speaker.iri_base, name=str(speaker.person_uuid))
    return Agent(account=account) if speaker.name is None else Agent(account=account, name=speaker.name)


def _extensions(iri_base: str, values: Mapping[str, Any]) -> Json:
    return {extension_iri(iri_base, name): value for name, value in values.items() if value is not None}


def _course(speaker: Speaker, run: Run) -> Json:
    return _place(
        course_iri(speaker.iri_base, run.course.slug), "course", run.course.title, run.course.summary
    )


def _module(speaker: Speaker, run: Run, module_id: str) -> Json:
    module = run.course.module(module_id)
    iri = module_iri(speaker.iri_base, run.course.slug, module_id)
    return _place(iri, "module", module.title, module.summary)


def _lesson(speaker: Speaker, run: Run, lesson_id: str) -> Json:
    lesson = run.course.lesson(lesson_id)
    iri = lesson_iri(speaker.iri_base, run.course.slug, lesson_id)
    return _place(iri, "lesson", lesson.title, lesson.outcome)


def _scene(speaker: Speaker, run: Run, scene: Scene) -> Json:
    iri = scene_iri(speaker.iri_base, run.course.slug, scene.id)
    return _place(iri, "simulation", scene.title, scene.summary)


def _place(iri: str, kind: str, name: Mapping[str, str], description: Mapping[str, str]) -> Json:
    definition = ActivityDefinition(
        type=ACTIVITY_TYPES + kind, name=dict(name), description=dict(description)
    )
    place: Json = Activity(id=iri, definition=definition).as_version("1.0.3")
    return place


def _module_of_lesson(speaker: Speaker, run: Run, lesson_id: str) -> str:
    return module_iri(speaker.iri_base, run.course.slug, run.course.lesson(lesson_id).module)


@lru_cache(maxsize=4096)
def _question(item: Same[Item], point: Same[Point]) -> Json:
    """Answer an item's definition. Cached: building it takes longer than the rest of the statement."""
    definition: Json = ActivityDefinition(
        type=ACTIVITY_TYPES + "cmi.interaction",
        name=dict(point.part.title),
        description=dict(item.part.stem),
        **interaction_definition(item.part),
    ).as_version("1.0.3")
    return definition
