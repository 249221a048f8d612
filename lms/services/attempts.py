"""Answering a quiz: one place after the other; its last answer hands it in.

`plan_answer` reads, `keep_answer` writes, in two transactions: writers wait for each other, readers do not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from lms.db.assignments import ModuleResult, Registration
from lms.db.quizzes import Answer, Attempt, AttemptKind
from lms.domain import quizzes as rules
from lms.domain.errors import Conflict, NotFound
from lms.domain.quizzes import Calendar
from lms.services import practice, progress, statements
from lms.services.answers import Occasion, Response, Setting, find_item
from lms.services.catalogue import CourseCache, Loaded
from lms.services.practice import Planned
from lms.services.progress import Learner
from lms.services.statements import Json
from quizzes.item import Item
from xapi.lrs import Prepared


@dataclass(frozen=True, kw_only=True)
class AskedQuestion:
    """One place of a quiz, to be answered."""

    loaded: Loaded
    attempt_id: int
    attempt: UUID
    registration: UUID | None
    module_id: str
    item_ids: tuple[str, ...]
    """All that the quiz asks, in their order."""
    place: int
    """From 1."""
    item: Item


@dataclass(frozen=True, kw_only=True)
class PlannedAnswer:
    """What an answer to a place will change."""

    asked: AskedQuestion
    response: Response
    setting: Setting
    planned: Planned
    is_last: bool
    """With it the quiz is handed in."""
    ready: Prepared | None
    """What is said of it, prepared; None where it is prepared as it is stored."""


def asked_question(
    session: Session,
    cache: CourseCache,
    *,
    attempt_uuid: UUID,
    place: int,
    person_id: int,
    lock: bool = False,
) -> AskedQuestion:
    """Answer one place of one's own quiz, to be answered. Raises NotFound.

    With `lock` nobody else hands the quiz in until the transaction ends.
    """
    query = _LOCKED_ASKED if lock else _ASKED
    row = session.connection().execute(query, {"attempt": attempt_uuid, "person": person_id}).one_or_none()
    if row is None:
        raise NotFound("there is no such quiz, or it is not yours")
    loaded = cache.get(session, row.course_version_id)
    return AskedQuestion(
        loaded=loaded,
        attempt_id=row.id,
        attempt=attempt_uuid,
        registration=row.registration,
        module_id=row.module_id,
        item_ids=tuple(row.item_ids),
        place=place,
        item=find_item(loaded.course, item_at(row.item_ids, place)),
    )


def plan_answer(
    session: Session,
    asked: AskedQuestion,
    *,
    response: Response,
    learner: Learner,
    calendar: Calendar,
    now: datetime,
    new_id: Callable[[], UUID],
    lock: bool = False,
) -> PlannedAnswer | None:
    """Answer what an answer will change, for `keep_answer`; None where the place has its answer already.

    Reads only. Raises ResponseError, and Conflict for a place whose turn has not come.
    """
    given = _scores(session, asked.attempt_id)
    if asked.item.id in given:
        return None
    if first_open(asked.item_ids, given) != asked.place:
        raise Conflict("answer the question before this one first")
    setting = Setting(
        learner=learner,
        calendar=calendar,
        loaded=asked.loaded,
        registration=asked.registration,
        now=now,
        new_id=new_id,
    )
    occasion = Occasion(kind=AttemptKind.QUIZ, attempt=asked.attempt)
    planned = practice.plan(session, setting, occasion, asked.item, response, lock=lock)
    is_last = len(given) + 1 == len(asked.item_ids)
    # under the lock there is nobody to spare; the last answer says more once it is graded with the others
    ready = None if lock or is_last else setting.prepare(session, planned.said)
    return PlannedAnswer(
        asked=asked, response=response, setting=setting, planned=planned, is_last=is_last, ready=ready
    )


def keep_answer(session: Session, answer: PlannedAnswer) -> bool:
    """Keep an answer as planned; the last one hands the quiz in. Answers whether it was kept.

    Raises Stale where others wrote in between: the transaction must be given up, and `answer_again` be asked.
    """
    asked, setting, planned = answer.asked, answer.setting, answer.planned
    if not answer.is_last:
        practice.keep(session, planned, attempt_id=asked.attempt_id)
        if answer.ready is None:
            setting.store(session, planned.said)
        else:
            statements.store_ready(session, answer.ready, now=setting.now)
        return True
    attempt, _ = own_attempt(session, asked.attempt, setting.learner.person_id, lock=True)
    given = _scores(session, attempt.id)
    if asked.item.id in given:
        return False
    practice.keep(session, planned, attempt_id=attempt.id)
    judged = _hand_in(session, setting, attempt, [*given.values(), planned.score])
    setting.store(session, planned.said + judged)
    return True


def answer_question(
    session: Session,
    cache: CourseCache,
    *,
    attempt_uuid: UUID,
    place: int,
    response: Response,
    learner: Learner,
    calendar: Calendar,
    now: datetime,
    new_id: Callable[[], UUID],
) -> bool:
    """Plan and keep the answer to one place of one's own quiz in one transaction that nobody gets in between.

    Answers whether it was kept: a place answered before keeps its answer, whatever is sent.
    Raises NotFound, ResponseError, and Conflict for a place whose turn has not come.
    """
    asked = asked_question(
        session, cache, attempt_uuid=attempt_uuid, place=place, person_id=learner.person_id, lock=True
    )
    answer = plan_answer(
        session,
        asked,
        response=response,
        learner=learner,
        calendar=calendar,
        now=now,
        new_id=new_id,
        lock=True,
    )
    return answer is not None and keep_answer(session, answer)


def answer_again(session: Session, cache: CourseCache, stale: PlannedAnswer) -> bool:
    """Answer as `answer_question` an answer whose plan did not fit any more."""
    return answer_question(
        session,
        cache,
        attempt_uuid=stale.asked.attempt,
        place=stale.asked.place,
        response=stale.response,
        learner=stale.setting.learner,
        calendar=stale.setting.calendar,
        now=stale.setting.now,
        new_id=stale.setting.new_id,
    )


def own_attempt(
    session: Session, uuid: UUID, person_id: int, *, lock: bool = False
) -> tuple[Attempt, UUID | None]:
    """Answer one's own quiz and its registration. Raises NotFound."""
    query = _LOCKED_ATTEMPT if lock else _ATTEMPT
    row = session.execute(query, {"attempt": uuid, "person": person_id}).one_or_none()
    if row is None:
        raise NotFound("there is no such quiz, or it is not yours")
    return row[0], row[1]


def item_at(item_ids: Sequence[str], place: int) -> str:
    """Answer the item at a place, counted from 1. Raises NotFound."""
    if not 1 <= place <= len(item_ids):
        raise NotFound("there is no such question in this quiz")
    return str(item_ids[place - 1])


def first_open(item_ids: Sequence[str], given: Collection[str]) -> int | None:
    """Answer the first place that has no answer; None once all have theirs."""
    places = enumerate(item_ids, start=1)
    return next((place for place, item_id in places if item_id not in given), None)


def _hand_in(session: Session, setting: Setting, attempt: Attempt, scores: list[float]) -> list[Json]:
    module = setting.course.module(attempt.module_id)
    score = rules.quiz_score(scores)
    passed = rules.is_pass(score, module.pass_mark)
    attempt.finished_at, attempt.score, attempt.passed = setting.now, score, passed
    said = [
        statements.judged(
            setting.learner.speaker,
            setting.run,
            at=setting.now,
            module_id=module.id,
            score=score,
            passed=passed,
            attempt=attempt.uuid,
            duration=setting.now - attempt.started_at,
        )
    ]
    if attempt.registration_id is None:
        return said
    result = session.get(ModuleResult, (attempt.registration_id, module.id))
    if result is None:
        result = ModuleResult(registration_id=attempt.registration_id, module_id=module.id)
        session.add(result)
    result.best_score = max(score, result.best_score or 0.0)
    if passed and result.passed_at is None:
        result.passed_at = setting.now
    session.flush()
    return said + progress.settle_module(
        session,
        registration_id=attempt.registration_id,
        run=setting.run,
        module_id=module.id,
        speaker=setting.learner.speaker,
        now=setting.now,
    )


_OWN = (
    Attempt.uuid == bindparam("attempt"),
    Attempt.person_id == bindparam("person"),
    Attempt.kind == AttemptKind.QUIZ,
)
_ATTEMPT = (
    select(Attempt, Registration.uuid)
    .outerjoin(Registration, Registration.id == Attempt.registration_id)
    .where(*_OWN)
)
_LOCKED_ATTEMPT = _ATTEMPT.with_for_update(of=Attempt)
_ASKED = (
    select(
        Attempt.id,
        Attempt.course_version_id,
        Attempt.module_id,
        Attempt.item_ids,
        Registration.uuid.label("registration"),
    )
    .outerjoin(Registration, Registration.id == Attempt.registration_id)
    .where(*_OWN)
)
_LOCKED_ASKED = _ASKED.with_for_update(of=Attempt)
_SCORES = select(Answer.item_id, Answer.score).where(Answer.attempt_id == bindparam("attempt"))


def _scores(session: Session, attempt_id: int) -> dict[str, float]:
    rows = session.connection().execute(_SCORES, {"attempt": attempt_id})
    return {row.item_id: row.score for row in rows}
