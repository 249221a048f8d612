"""What a finished module brings: its two tests, and points held out of practice until the second one.

Taking a test is in `check_attempts`; what learners see of theirs in `retention`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import and_, bindparam, case, exists, select, update
from sqlalchemy.orm import Session

from courses.course import Course, Module
from lms.db.accounts import Organisation, Person
from lms.db.assignments import Assignment, Registration
from lms.db.quizzes import Card
from lms.db.retention import Check, CheckForm
from lms.domain.identity import Same
from lms.domain.quizzes import Calendar
from lms.services.statements import Run
from quizzes import retention as rules
from quizzes.fsrs import study_day
from quizzes.retention import Occasion
from quizzes.schedule import choose_day

SETTING = "hold_out"
"""In the organisation's settings: whether the built-in experiment runs; it does where nothing is said."""
LONGEST_WAIT = 21
"""Days for which a point is held out of a module that nobody finishes; then its cards are served as any."""
RELEASED_AT_ONCE = 200
"""Tests closed in one transaction: others that write wait no longer than for that."""


def experiment_is_on(session: Session) -> bool:
    """Whether points are held out of practice in this organisation."""
    return _is_on(session.get_one(Organisation, 1).settings)


def switch_experiment(session: Session, *, on: bool) -> None:
    """Switch the built-in experiment; off, every held-out card is an ordinary one at once."""
    organisation = session.get_one(Organisation, 1, with_for_update=True)
    organisation.settings = {**organisation.settings, SETTING: on}
    if not on:
        session.execute(update(Card).where(Card.held_out).values(held_out=False))
    session.flush()


def held_out_points(course: Course, module_id: str, *, learner: UUID) -> frozenset[str]:
    """Answer the points of a module that a learner is kept from practising, where the experiment runs."""
    return _held_out(Same(course.module(module_id)), Same(course), str(learner))


@lru_cache(maxsize=4096)
def _held_out(module: Same[Module], course: Same[Course], learner: str) -> frozenset[str]:
    items = module.part.items
    points = rules.checkable_points(items)
    held = rules.hold_out(
        points,
        compliance=[point for point in points if course.part.point(point).compliance],
        share=course.part.retention.hold_out,
        learner=learner,
        course=course.part.slug,
    )
    names = {"learner": learner, "course": course.part.slug, "module": module.part.id}
    return held if rules.blueprint(items, held_out=held, **names) else frozenset()


def is_held_out(
    session: Session, course: Course, *, course_id: int, point_id: str, person_id: int, learner: UUID
) -> bool:
    """Whether the first cards of a point are held out: it is to be, and its test has not been taken."""
    module_id = course.point(point_id).module
    if point_id not in held_out_points(course, module_id, learner=learner):
        return False
    given = {"person": person_id, "course": course_id, "module": module_id}
    settings, closed_at, held = session.connection().execute(_TESTED, given).one()
    if not _is_on(settings) or closed_at is not None:
        return False
    return held is None or point_id in held


def plan_checks(
    session: Session, *, registration_id: int, run: Run, module_id: str, now: datetime
) -> tuple[Check, ...]:
    """Make the two tests of a module that was just finished; nothing where it has too few items for a form.

    The points held out stop being served with it, whatever was answered on them before.
    """
    course, module = run.course, run.course.module(module_id)
    who = session.execute(_LEARNER, {"run": registration_id}).one()
    names = {"learner": str(who.uuid), "course": course.slug}
    held = frozenset[str]()
    if _is_on(who.settings):
        held = held_out_points(course, module_id, learner=who.uuid)
    if not rules.blueprint(module.items, held_out=held, module=module_id, **names):
        return ()
    calendar = Calendar(ZoneInfo(who.own_zone or who.timezone), who.own_days or who.working_days)
    first_day = calendar.day(now)
    windows = {
        occasion: rules.window(occasion, first_day=first_day, check_day=course.retention.check_day)
        for occasion in Occasion
    }
    made = tuple(
        Check(
            uuid=uuid5(who.registration, f"{module_id} {occasion}"),
            person_id=who.id,
            registration_id=registration_id,
            course_id=who.course_id,
            module_id=module_id,
            occasion=occasion,
            form=CheckForm(rules.form_of(occasion, **names).value),
            held_out=sorted(held),
            first_day=first_day,
            check_day=course.retention.check_day,
            opens_at=calendar.start(window.opens),
            closes_at=calendar.start(window.closes + 1),
            told_at=calendar.start(windows[Occasion.DELAYED].closes + 1),
        )
        for occasion, window in windows.items()
    )
    session.add_all(made)
    if held:
        session.execute(
            update(Card)
            .where(Card.person_id == who.id, Card.course_id == who.course_id, Card.point_id.in_(held))
            .values(held_out=True)
        )
    session.flush()
    return made


def release(session: Session, check: Check, *, calendar: Calendar, now: datetime) -> None:
    """Make a delayed test's held-out points ordinary ones: those overdue come on the next working day."""
    check.closed_at = now
    if check.held_out:
        today = calendar.day(now)
        following = calendar.start(choose_day(today, 1, after=today, working=calendar.works))
        session.execute(
            update(Card)
            .where(
                Card.person_id == check.person_id,
                Card.course_id == check.course_id,
                Card.point_id.in_(check.held_out),
                Card.held_out,
            )
            .values(held_out=False, due_at=case((Card.due_at < following, following), else_=Card.due_at))
        )
    session.flush()


def release_closed(session: Session, *, now: datetime, person_ids: Collection[int] = ()) -> int:
    """Release what is held out for delayed tests whose window has closed; answers how many, at most 200.

    `person_ids` bounds it to some people.
    """
    query = (
        select(Check, Person.timezone, Person.working_days, Organisation.timezone, Organisation.working_days)
        .join(Person, Person.id == Check.person_id)
        .join(Organisation, Organisation.id == 1)
        .where(Check.occasion == Occasion.DELAYED, Check.closes_at <= now, Check.closed_at.is_(None))
        .order_by(Check.closes_at)
        .limit(RELEASED_AT_ONCE)
        .with_for_update(of=Check, skip_locked=True)
    )
    if person_ids:
        query = query.where(Check.person_id.in_(person_ids))
    rows = session.execute(query).all()
    for check, own_zone, own_days, zone, days in rows:
        release(session, check, calendar=Calendar(ZoneInfo(own_zone or zone), own_days or days), now=now)
    return len(rows)


def release_forgotten(session: Session, *, now: datetime) -> None:
    """Release what was held out of modules that nobody finished for `LONGEST_WAIT` days."""
    waits = exists().where(
        Check.person_id == Card.person_id,
        Check.course_id == Card.course_id,
        Check.occasion == Occasion.DELAYED,
        Check.closed_at.is_(None),
    )
    oldest = study_day(now, ZoneInfo("UTC")) - LONGEST_WAIT
    session.execute(
        update(Card).where(Card.held_out, Card.first_day < oldest, ~waits).values(held_out=False),
        execution_options={"synchronize_session": False},
    )


def _is_on(settings: dict[str, object]) -> bool:
    return bool(settings.get(SETTING, True))


_LEARNER = (
    select(
        Person.id,
        Person.uuid,
        Person.timezone.label("own_zone"),
        Person.working_days.label("own_days"),
        Organisation.timezone,
        Organisation.working_days,
        Organisation.settings,
        Assignment.course_id,
        Registration.uuid.label("registration"),
    )
    .select_from(Registration)
    .join(Assignment, Assignment.id == Registration.assignment_id)
    .join(Person, Person.id == Assignment.person_id)
    .join(Organisation, Organisation.id == 1)
    .where(Registration.id == bindparam("run"))
)
_TESTED = (
    select(Organisation.settings, Check.closed_at, Check.held_out)
    .outerjoin(
        Check,
        and_(
            Check.person_id == bindparam("person"),
            Check.course_id == bindparam("course"),
            Check.module_id == bindparam("module"),
            Check.occasion == Occasion.DELAYED,
        ),
    )
    .where(Organisation.id == 1)
    .order_by(Check.id.desc())
    .limit(1)
)
