"""A run through a course as it goes on: started, a step opened, a lesson, a module or the course complete.

A module's end brings its 7-day check.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.db.assignments import Assignment, ModuleResult, Registration
from lms.db.base import Base
from lms.db.learning import LessonProgress
from lms.domain import learning as rules
from lms.domain.errors import Invalid
from lms.services import check_plans, statements
from lms.services.learning import Enrolment, answered_right, facts_of, own_facts
from lms.services.statements import Json, Run, Speaker

Stored = TypeVar("Stored", bound=Base)


@dataclass(frozen=True)
class Learner:
    """Who learns: the row, and how statements name them."""

    person_id: int
    speaker: Speaker


def start(
    session: Session,
    found: Enrolment,
    *,
    learner: Learner,
    now: datetime,
    new_id: Callable[[], UUID],
) -> None:
    """Begin the course, or go on with it on the current version. Twice is the same as once."""
    assignment = _assignment(session, found, person_id=learner.person_id, now=now, new_id=new_id)
    registration = _registration(session, found, assignment_id=assignment.id, new_id=new_id)
    run = Run(course=found.loaded.course, registration=registration.uuid)
    said = [statements.launched(learner.speaker, run, at=now)]
    if registration.started_at is None:
        registration.started_at = now
        said.append(statements.initialized(learner.speaker, run, at=now))
    registration.course_version_id = found.loaded.version_id
    session.flush()
    statements.store(session, said, iri_base=learner.speaker.iri_base, now=now, new_id=new_id)


def open_step(
    session: Session,
    found: Enrolment,
    *,
    lesson_id: str,
    step: int,
    learner: Learner,
    now: datetime,
    new_id: Callable[[], UUID],
) -> int:
    """Open the next step of a lesson and answer the last one open. A step already open changes nothing.

    Raises Invalid for a step beyond the next, Conflict where the course was not started.
    """
    lesson = found.loaded.lesson(lesson_id)
    registration_id = found.registered()
    row, fresh = _progress(session, found, registration_id, lesson_id, now=now)
    reached = row.step_reached
    if not 1 <= step <= rules.step_count(lesson) or step > reached + 1:
        raise Invalid("step", f"expected 1 to {min(reached + 1, rules.step_count(lesson))}, found {step}")
    if step <= reached and not fresh:
        return reached
    row.step_reached = max(step, reached)
    row.course_version_id = found.loaded.version_id
    row.updated_at = now
    _move_to_current(session, found)
    session.flush()
    said = []
    if fresh:
        said.append(statements.initialized(learner.speaker, found.run, at=now, lesson_id=lesson_id))
    said += [
        statements.experienced(learner.speaker, found.run, at=now, lesson_id=lesson_id, step=number)
        for number in range(1 if fresh else reached + 1, row.step_reached + 1)
    ]
    said += settle_lesson(
        session,
        registration_id=registration_id,
        run=found.run,
        lesson_id=lesson_id,
        speaker=learner.speaker,
        now=now,
    )
    statements.store(session, said, iri_base=learner.speaker.iri_base, now=now, new_id=new_id)
    return row.step_reached


def settle_lesson(
    session: Session, *, registration_id: int, run: Run, lesson_id: str, speaker: Speaker, now: datetime
) -> list[Json]:
    """Note a lesson as finished once it is; answer what is to be said of it.

    Called after each thing that may finish it: a step opened, an interaction answered right.
    """
    lesson = run.course.lesson(lesson_id)
    row = session.scalar(
        select(LessonProgress).where(
            LessonProgress.registration_id == registration_id, LessonProgress.lesson_id == lesson_id
        )
    )
    if row is None or row.completed_at is not None:
        return []
    right = answered_right(session, registration_id, lesson)
    if not rules.missing(lesson, step=row.step_reached, right=right).nothing:
        return []
    row.completed_at = now
    session.flush()
    return [
        statements.completed(speaker, run, at=now, lesson_id=lesson_id, duration=now - row.opened_at),
        *settle_module(
            session,
            registration_id=registration_id,
            run=run,
            module_id=lesson.module,
            speaker=speaker,
            now=now,
        ),
    ]


def settle_module(
    session: Session, *, registration_id: int, run: Run, module_id: str, speaker: Speaker, now: datetime
) -> list[Json]:
    """Note a module, and with it the course, as complete once it is; answer what is to be said of it.

    Called after a lesson is finished and after a quiz is handed in (its result already in `module_results`).
    """
    lessons, modules = facts_of(session, [registration_id])
    way = rules.way(
        run.course, lessons=own_facts(lessons, registration_id), modules=own_facts(modules, registration_id)
    )
    if not way.module(module_id).complete:
        return []
    result = session.get(ModuleResult, (registration_id, module_id))
    if result is None:
        result = ModuleResult(registration_id=registration_id, module_id=module_id)
        session.add(result)
    said = []
    if result.completed_at is None:
        result.completed_at = now
        said.append(statements.completed(speaker, run, at=now, module_id=module_id))
        check_plans.plan_checks(
            session, registration_id=registration_id, run=run, module_id=module_id, now=now
        )
    if way.complete:
        registration = session.get_one(Registration, registration_id)
        if registration.completed_at is None:
            registration.completed_at = now
            said.append(statements.completed(speaker, run, at=now))
    session.flush()
    return said


def _assignment(
    session: Session, found: Enrolment, *, person_id: int, now: datetime, new_id: Callable[[], UUID]
) -> Assignment:
    """Answer the person's assignment; whoever starts a course unasked has assigned it to themselves."""
    query = select(Assignment).where(
        Assignment.person_id == person_id, Assignment.course_id == found.loaded.course_id
    )
    row = session.scalar(query)
    if row is None:
        own = Assignment(
            uuid=new_id(), person_id=person_id, course_id=found.loaded.course_id, assigned_at=now
        )
        row = _added_or_found(session, own, query)
    elif row.withdrawn_at is not None:
        row.withdrawn_at = row.soft_due = row.hard_due = row.assigned_by_id = None
        row.assigned_at = now
    return row


def _registration(
    session: Session, found: Enrolment, *, assignment_id: int, new_id: Callable[[], UUID]
) -> Registration:
    """Answer the latest run of an assignment, or the first."""
    query = (
        select(Registration)
        .where(Registration.assignment_id == assignment_id)
        .order_by(Registration.number.desc())
        .limit(1)
    )
    row = session.scalar(query)
    if row is not None:
        return row
    first = Registration(
        uuid=new_id(), assignment_id=assignment_id, course_version_id=found.loaded.version_id
    )
    return _added_or_found(session, first, query)


def _progress(
    session: Session, found: Enrolment, registration_id: int, lesson_id: str, *, now: datetime
) -> tuple[LessonProgress, bool]:
    """Answer the row of a run in a lesson, locked, and whether it was made just now."""
    query = (
        select(LessonProgress)
        .where(LessonProgress.registration_id == registration_id, LessonProgress.lesson_id == lesson_id)
        .with_for_update()
    )
    row = session.scalar(query)
    if row is not None:
        return row, False
    first = LessonProgress(
        registration_id=registration_id,
        lesson_id=lesson_id,
        course_version_id=found.loaded.version_id,
        step_reached=1,
        opened_at=now,
        updated_at=now,
    )
    row = _added_or_found(session, first, query)
    return row, row is first


def _added_or_found(session: Session, row: Stored, query: Select[Stored]) -> Stored:
    """Add a row; where another request has just added the same, answer that one."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return session.scalars(query).one()
    return row


def _move_to_current(session: Session, found: Enrolment) -> None:
    if found.registration_version_id != found.loaded.version_id:
        session.execute(
            update(Registration)
            .where(Registration.id == found.registration_id)
            .values(course_version_id=found.loaded.version_id)
        )
