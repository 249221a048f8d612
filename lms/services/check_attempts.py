"""Taking a test of a 7-day check: begun once, answered place by place, handed in with the last answer.

Nothing of right or wrong is answered here. The items never become cards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from courses.errors import UnknownPart
from lms.db.assignments import Registration
from lms.db.base import Base
from lms.db.learning import Course as CourseRow
from lms.db.quizzes import Answer, Attempt, AttemptKind, Card
from lms.db.retention import Check
from lms.domain import quizzes as quiz_rules
from lms.domain.errors import Conflict, NotFound
from lms.domain.questions import Given, ItemView
from lms.domain.quizzes import Calendar
from lms.domain.retention import Arm
from lms.services import answers, check_plans, statements
from lms.services.answers import Occasion as AnswerOccasion
from lms.services.answers import Response, Setting, find_item, item_in
from lms.services.attempts import first_open, item_at
from lms.services.catalogue import CourseCache, Loaded
from lms.services.progress import Learner
from lms.services.statements import Json
from quizzes import retention as rules
from quizzes.grading import grade, guess
from quizzes.item import Form, Item
from quizzes.retention import Occasion


@dataclass(frozen=True, kw_only=True)
class CheckQuestion:
    """One place of a test, to be answered."""

    check: UUID
    loaded: Loaded
    module_id: str
    place: int
    """From 1."""
    length: int
    item: Item
    next_place: int | None
    """The first place still to be answered; None once all are."""
    is_open: bool
    """Whether answers are taken now."""

    def view(self, language: str, *, draft: Any = None) -> ItemView:
        """Answer the question in a language; `draft` is what stands in a form that came back."""
        given = Given(response=draft)
        return item_in(self.loaded.course, self.item, language, seed=str(self.check), given=given)


@dataclass(frozen=True)
class _Underway:
    """A test that was begun, with its attempt and run."""

    check: Check
    attempt: Attempt
    registration: UUID


def start_check(
    session: Session,
    cache: CourseCache,
    *,
    check_uuid: UUID,
    learner: Learner,
    now: datetime,
    new_id: Callable[[], UUID],
) -> bool:
    """Begin one's own test, once; answers whether it is under way. Raises NotFound.

    The questions are drawn with it. Outside its window nothing is begun.
    """
    check = session.scalar(
        select(Check)
        .where(Check.uuid == check_uuid, Check.person_id == learner.person_id)
        .with_for_update(of=Check)
    )
    if check is None:
        raise NotFound("there is no such check, or it is not yours")
    if check.attempt_id is not None:
        return True
    if not check.opens_at <= now < check.closes_at:
        return False
    version_id = session.scalar(select(CourseRow.current_version_id).where(CourseRow.id == check.course_id))
    loaded = cache.get(session, version_id or 0)
    attempt = Attempt(
        uuid=new_id(),
        person_id=learner.person_id,
        registration_id=check.registration_id,
        kind=AttemptKind.CHECK,
        course_version_id=loaded.version_id,
        module_id=check.module_id,
        item_ids=list(_drawn(loaded, check, learner)),
        started_at=now,
    )
    session.add(attempt)
    session.flush()
    check.attempt_id = attempt.id
    session.flush()
    return True


def _drawn(loaded: Loaded, check: Check, learner: Learner) -> tuple[str, ...]:
    """Draw the items of a test. Raises NotFound where the course asks too little of the module by now."""
    try:
        module = loaded.course.module(check.module_id)
    except UnknownPart:
        raise NotFound("this module is not in the course any more") from None
    names = {
        "learner": str(learner.speaker.person_uuid),
        "course": loaded.course.slug,
        "module": module.id,
    }
    points = rules.blueprint(module.items, held_out=check.held_out, **names)
    if not points:
        raise NotFound("this module has no check any more")
    return rules.draw(module.items, Form(check.form.value), points=points, **names)


def check_question(
    session: Session, cache: CourseCache, *, check_uuid: UUID, place: int, person_id: int, now: datetime
) -> CheckQuestion:
    """Answer one place of one's own test that was begun. Raises NotFound."""
    found = _underway(session, check_uuid, person_id)
    loaded = cache.get(session, found.attempt.course_version_id)
    given = session.scalars(_GIVEN, {"attempt": found.attempt.id}).all()
    return CheckQuestion(
        check=check_uuid,
        loaded=loaded,
        module_id=found.check.module_id,
        place=place,
        length=len(found.attempt.item_ids),
        item=find_item(loaded.course, item_at(found.attempt.item_ids, place)),
        next_place=first_open(found.attempt.item_ids, given),
        is_open=now < found.check.closes_at,
    )


def answer_check(
    session: Session,
    cache: CourseCache,
    *,
    check_uuid: UUID,
    place: int,
    response: Response,
    learner: Learner,
    calendar: Calendar,
    now: datetime,
    new_id: Callable[[], UUID],
) -> bool:
    """Keep the answer to one place of one's own test; the last one hands it in. Answers whether it was kept.

    A place answered before keeps its answer, and after the window none is taken. Raises NotFound,
    ResponseError, and Conflict for a place whose turn has not come.
    """
    found = _underway(session, check_uuid, learner.person_id, lock=True)
    attempt = found.attempt
    loaded = cache.get(session, attempt.course_version_id)
    item = find_item(loaded.course, item_at(attempt.item_ids, place))
    rows = session.connection().execute(_SCORES, {"attempt": attempt.id})
    scores: dict[str, float] = {row.item_id: row.score for row in rows}
    if item.id in scores or now >= found.check.closes_at:
        return False
    if first_open(attempt.item_ids, scores) != place:
        raise Conflict("answer the question before this one first")
    setting = Setting(
        learner=learner,
        calendar=calendar,
        loaded=loaded,
        registration=found.registration,
        now=now,
        new_id=new_id,
    )
    values, said = _answered(setting, attempt.uuid, item, response)
    session.connection().execute(_ADD_ANSWERS, [{**values, "attempt_id": attempt.id}])
    scores[item.id] = values["score"]
    if len(scores) == len(attempt.item_ids):
        said += _hand_in(session, setting, found, scores)
    setting.store(session, said)
    return True


def answer_whole(
    session: Session,
    cache: CourseCache,
    *,
    check_uuid: UUID,
    respond: Callable[[Item], tuple[Response, datetime]],
    learner: Learner,
    calendar: Calendar,
    new_id: Callable[[], UUID],
) -> int:
    """Answer a test that was just begun at one go, as told afterwards; answers how many questions it had.

    `respond` gives each response with the time at which it was given.
    """
    found = _underway(session, check_uuid, learner.person_id, lock=True)
    loaded = cache.get(session, found.attempt.course_version_id)
    rows: list[Json] = []
    said: list[Json] = []
    setting: Setting | None = None
    for item_id in found.attempt.item_ids:
        item = find_item(loaded.course, item_id)
        response, at = respond(item)
        setting = Setting(
            learner=learner,
            calendar=calendar,
            loaded=loaded,
            registration=found.registration,
            now=at,
            new_id=new_id,
        )
        values, told = _answered(setting, found.attempt.uuid, item, response)
        rows.append({**values, "attempt_id": found.attempt.id})
        said += told
    if setting is not None:
        session.connection().execute(_ADD_ANSWERS, rows)
        said += _hand_in(session, setting, found, {row["item_id"]: row["score"] for row in rows})
        setting.store(session, said)
    return len(rows)


# Pieces


def _underway(session: Session, check_uuid: UUID, person_id: int, *, lock: bool = False) -> _Underway:
    query = _LOCKED if lock else _UNDERWAY
    row = session.execute(query, {"check": check_uuid, "person": person_id}).one_or_none()
    if row is None:
        raise NotFound("there is no such check, or it was not begun")
    return _Underway(*row)


def _answered(setting: Setting, attempt: UUID, item: Item, response: Response) -> tuple[Json, list[Json]]:
    """Answer an answer's columns and what is said of it."""
    marked = grade(item, response.value)
    version_id = answers.item_version(setting, item)
    values = answers.answer_values(setting, item, version_id, response, marked, aided=False)
    occasion = AnswerOccasion(kind=AttemptKind.CHECK, attempt=attempt)
    return values, [answers.said_of(setting, occasion, item, values)]


def _hand_in(session: Session, setting: Setting, found: _Underway, scores: Mapping[str, float]) -> list[Json]:
    check, attempt = found.check, found.attempt
    today = setting.calendar.day(setting.now)
    score = quiz_rules.quiz_score(scores.values())
    attempt.finished_at, attempt.score = setting.now, score
    check.finished_at, check.taken_day = setting.now, today
    check.marks = _marks(setting.loaded, attempt.item_ids, scores, arms=_arms(session, check))
    if check.occasion is Occasion.DELAYED and check.closed_at is None:
        check_plans.release(session, check, calendar=setting.calendar, now=setting.now)
    session.flush()
    return [
        statements.checked(
            setting.learner.speaker,
            setting.run,
            at=setting.now,
            module_id=check.module_id,
            form=check.form.value,
            occasion=check.occasion.value,
            day=today - check.first_day,
            study_day=today,
            score=score,
            attempt=attempt.uuid,
            duration=max(timedelta(0), setting.now - attempt.started_at),
        )
    ]


def _arms(session: Session, check: Check) -> dict[str, Arm]:
    """Answer how the points that are not spaced were treated: held out, or practised all the same."""
    if not check.held_out:
        return {}
    practised = set(
        session.scalars(
            select(Card.point_id)
            .where(
                Card.person_id == check.person_id,
                Card.course_id == check.course_id,
                Card.point_id.in_(check.held_out),
                Card.last_day > check.first_day,
            )
            .distinct()
        )
    )
    return {point: Arm.EXPOSED if point in practised else Arm.HELD_OUT for point in check.held_out}


def _marks(
    loaded: Loaded, item_ids: Sequence[str], scores: Mapping[str, float], *, arms: Mapping[str, Arm]
) -> list[list[Any]]:
    """Answer what is kept of each item for statistics, so that they need neither answers nor the course."""
    marks = []
    for item_id in item_ids:
        item = find_item(loaded.course, item_id)
        point = loaded.course.point(item.point)
        marks.append(
            [
                item.id,
                point.id,
                int(scores[item_id] >= 1),
                round(guess(item), 6),
                arms.get(point.id, Arm.SPACED).value,
                (item.skill or point.skill).value,
                item.market,
                item.lang,
            ]
        )
    return marks


_UNDERWAY = (
    select(Check, Attempt, Registration.uuid)
    .join(Attempt, Attempt.id == Check.attempt_id)
    .join(Registration, Registration.id == Check.registration_id)
    .where(Check.uuid == bindparam("check"), Check.person_id == bindparam("person"))
)
_LOCKED = _UNDERWAY.with_for_update(of=(Check, Attempt))
_GIVEN = select(Answer.item_id).where(Answer.attempt_id == bindparam("attempt"))
_SCORES = select(Answer.item_id, Answer.score).where(Answer.attempt_id == bindparam("attempt"))
_ADD_ANSWERS = insert(Base.metadata.tables[Answer.__tablename__])
