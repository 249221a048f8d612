"""Cohorts and what is assigned to them. Every call names who asks; what is not theirs is not found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from lms.db import reports
from lms.db.accounts import Cohort, CohortManager, CohortMember, Person, Team
from lms.db.assignments import Assignment, Registration
from lms.db.learning import Course as CourseRow
from lms.db.reports import CohortLine, ProgressRow
from lms.domain import accounts as account_rules
from lms.domain.access import Actor, may_see_cohort
from lms.domain.accounts import Role
from lms.domain.assignments import Sort, Standing, check_dates
from lms.domain.errors import Conflict, Invalid, NotFound
from lms.domain.learning import has_quiz
from lms.services import statements
from lms.services.catalogue import CourseCache, Loaded
from lms.services.statements import Run, Speaker

PEOPLE_A_PAGE = 50


@dataclass(frozen=True)
class CourseChoice:
    """A course that can be assigned."""

    slug: str
    loaded: Loaded

    @property
    def lessons(self) -> int:
        """How many lessons it has."""
        return len(self.loaded.course.lessons)

    @property
    def quizzes(self) -> int:
        """How many module quizzes it has."""
        return sum(has_quiz(module) for module in self.loaded.course.modules)


@dataclass(frozen=True)
class CohortPage:
    """A cohort in one course: counts over all, people of one page."""

    cohort: Cohort
    course: CourseChoice | None
    courses: tuple[CourseChoice, ...]
    managers: tuple[str, ...]
    counts: dict[Standing, int]
    people: tuple[ProgressRow, ...]
    page: int
    pages: int
    soft_due: date | None
    hard_due: date | None

    @property
    def total(self) -> int:
        """All members."""
        return sum(self.counts.values())

    def counted(self, standings: Iterable[str]) -> int:
        """Members who stand at one of these."""
        return sum(self.counts.get(Standing(one), 0) for one in standings)

    @property
    def assigned(self) -> int:
        """Members who have the course."""
        return self.total - self.counts.get(Standing.UNASSIGNED, 0)


@dataclass(frozen=True)
class Assigned:
    """What assigning did."""

    new: int
    changed: int


def list_cohorts(session: Session, actor: Actor, *, today: date) -> list[CohortLine]:
    """Answer the cohorts that somebody may see, the latest first."""
    manager_id = None if actor.role is Role.ADMIN else actor.person_id
    return reports.cohort_lines(session, manager_id=manager_id, today=today)


def own_cohort(session: Session, actor: Actor, uuid: UUID) -> Cohort:
    """Answer a cohort. Raises NotFound where there is none, or where it is somebody else's."""
    cohort = session.scalar(select(Cohort).where(Cohort.uuid == uuid))
    if cohort is not None:
        managers = session.scalars(
            select(CohortManager.person_id).where(CohortManager.cohort_id == cohort.id)
        )
        if may_see_cohort(actor, frozenset(managers)):
            return cohort
    raise NotFound("there is no such cohort, or it is not yours")


def list_courses(session: Session, cache: CourseCache) -> tuple[CourseChoice, ...]:
    """Answer what can be assigned."""
    rows = session.execute(
        select(CourseRow.slug, CourseRow.current_version_id)
        .where(CourseRow.current_version_id.is_not(None))
        .order_by(CourseRow.slug)
    )
    return tuple(
        CourseChoice(slug, cache.get(session, version)) for slug, version in rows if version is not None
    )


def cohort_page(
    session: Session,
    cache: CourseCache,
    actor: Actor,
    uuid: UUID,
    *,
    slug: str | None,
    standing: Standing | None,
    sort: Sort,
    page: int,
    today: date,
) -> CohortPage:
    """Answer a cohort's progress in a course. Raises NotFound."""
    cohort = own_cohort(session, actor, uuid)
    courses = list_courses(session, cache)
    course = _chosen(courses, slug)
    managers = session.scalars(
        select(Person.display_name)
        .join(CohortManager, CohortManager.person_id == Person.id)
        .where(CohortManager.cohort_id == cohort.id)
        .order_by(Person.display_name)
    )
    course_id = course.loaded.course_id if course else 0
    counts = reports.standing_counts(session, cohort_id=cohort.id, course_id=course_id, today=today)
    matching = counts.get(standing, 0) if standing else sum(counts.values())
    pages = max(1, -(-matching // PEOPLE_A_PAGE))
    page = min(max(page, 1), pages)
    people = reports.progress_rows(
        session,
        cohort_id=cohort.id,
        course_id=course_id,
        today=today,
        standing=standing,
        sort=sort,
        limit=PEOPLE_A_PAGE,
        offset=(page - 1) * PEOPLE_A_PAGE,
    )
    dates = [(row.soft_due, row.hard_due) for row in people if row.standing is not Standing.UNASSIGNED]
    soft, hard = dates[0] if dates and len(set(dates)) == 1 else (None, None)
    return CohortPage(
        cohort, course, courses, tuple(managers), counts, tuple(people), page, pages, soft, hard
    )


def progress_table(
    session: Session,
    cache: CourseCache,
    actor: Actor,
    uuid: UUID,
    *,
    slug: str | None,
    standing: Standing | None,
    sort: Sort,
    today: date,
) -> tuple[Cohort, CourseChoice, list[ProgressRow]]:
    """Answer every row of the filtered table, for a file. Raises NotFound."""
    cohort = own_cohort(session, actor, uuid)
    course = _chosen(list_courses(session, cache), slug)
    if course is None:
        raise NotFound("there is no such course")
    rows = reports.progress_rows(
        session,
        cohort_id=cohort.id,
        course_id=course.loaded.course_id,
        today=today,
        standing=standing,
        sort=sort,
    )
    return cohort, course, rows


def _chosen(courses: tuple[CourseChoice, ...], slug: str | None) -> CourseChoice | None:
    if slug is None:
        return courses[0] if courses else None
    for course in courses:
        if course.slug == slug:
            return course
    raise NotFound("there is no such course")


def assign(
    session: Session,
    cache: CourseCache,
    actor: Actor,
    uuid: UUID,
    *,
    slug: str,
    soft: date | None,
    hard: date | None,
    by: Speaker,
    now: datetime,
    today: date,
    new_id: Callable[[], UUID],
    past_is_meant: bool = False,
) -> Assigned:
    """Assign a course to every active member; who has it keeps their progress and gets the new dates.

    Raises NotFound or Invalid.
    """
    cohort = own_cohort(session, actor, uuid)
    course = _chosen(list_courses(session, cache), slug)
    if course is None:
        raise NotFound("there is no such course")
    check_dates(soft=soft, hard=hard, today=today, past_is_meant=past_is_meant)
    members = session.execute(
        select(Person.id, Person.uuid)
        .join(CohortMember, CohortMember.person_id == Person.id)
        .where(CohortMember.cohort_id == cohort.id, Person.active)
        .order_by(Person.id)
    ).all()
    course_id = course.loaded.course_id
    existing = {
        row.person_id: row
        for row in session.scalars(
            select(Assignment).where(
                Assignment.course_id == course_id,
                Assignment.person_id.in_(
                    select(CohortMember.person_id).where(CohortMember.cohort_id == cohort.id)
                ),
            )
        )
    }
    given: dict[UUID, Assignment] = {}
    changed = 0
    for person_id, person_uuid in members:
        row = existing.get(person_id)
        if row is not None and row.withdrawn_at is None:
            changed += (row.soft_due, row.hard_due) != (soft, hard)
            row.cohort_id = row.cohort_id or cohort.id  # begun by oneself, now asked for
        else:
            row = row or Assignment(uuid=new_id(), person_id=person_id, course_id=course_id)
            row.withdrawn_at, row.assigned_at = None, now
            row.assigned_by_id, row.cohort_id = actor.person_id, cohort.id
            given[person_uuid] = row
        row.soft_due, row.hard_due = soft, hard
    session.add_all(given.values())
    session.flush()
    runs = _first_runs(session, given.values(), version_id=course.loaded.version_id, new_id=new_id)
    said = [
        statements.assigned(
            Speaker(by.iri_base, person_uuid),
            Run(course=course.loaded.course, registration=runs[row.id]),
            at=now,
            by=by,
            soft_due=soft,
            hard_due=hard,
        )
        for person_uuid, row in given.items()
    ]
    statements.store(session, said, iri_base=by.iri_base, now=now, new_id=new_id)
    return Assigned(new=len(given), changed=changed)


def _first_runs(
    session: Session, rows: Iterable[Assignment], *, version_id: int, new_id: Callable[[], UUID]
) -> dict[int, UUID]:
    """Answer the registration of each assignment's first run; one is made where there is none yet."""
    ids = {row.id for row in rows}
    course_ids = {row.course_id for row in rows}
    found = session.execute(
        select(Registration.assignment_id, Registration.uuid)
        .join(Assignment, Assignment.id == Registration.assignment_id)
        .where(Assignment.course_id.in_(course_ids), Registration.number == 1)
    )
    runs = {assignment_id: uuid for assignment_id, uuid in found if assignment_id in ids}
    fresh = [
        Registration(uuid=new_id(), assignment_id=row, course_version_id=version_id)
        for row in sorted(ids - set(runs))
    ]
    session.add_all(fresh)
    session.flush()
    return runs | {registration.assignment_id: registration.uuid for registration in fresh}


def withdraw(
    session: Session, cache: CourseCache, actor: Actor, uuid: UUID, *, slug: str, now: datetime
) -> int:
    """Take back what this cohort gave from those not finished; progress is kept. Answers how many."""
    finished = select(Registration.assignment_id).where(Registration.completed_at.is_not(None))
    return _set_withdrawn(
        session,
        [
            *_given_by(session, cache, actor, uuid, slug),
            Assignment.withdrawn_at.is_(None),
            Assignment.id.not_in(finished),
        ],
        now,
    )


def restore(
    session: Session, cache: CourseCache, actor: Actor, uuid: UUID, *, slug: str, withdrawn_at: datetime
) -> int:
    """Undo a withdrawal made at that moment. Answers how many came back."""
    where = [*_given_by(session, cache, actor, uuid, slug), Assignment.withdrawn_at == withdrawn_at]
    return _set_withdrawn(session, where, None)


def _set_withdrawn(session: Session, where: list[ColumnElement[bool]], at: datetime | None) -> int:
    """Set it on every assignment that fits, in one statement. Answers how many."""
    changed = update(Assignment).where(*where).values(withdrawn_at=at).returning(Assignment.id)
    return len(session.execute(changed, execution_options={"synchronize_session": False}).all())


def _given_by(
    session: Session, cache: CourseCache, actor: Actor, uuid: UUID, slug: str
) -> list[ColumnElement[bool]]:
    """Answer what is true of a course's assignments that this cohort gave to its members. Raises NotFound."""
    cohort = own_cohort(session, actor, uuid)
    course = _chosen(list_courses(session, cache), slug)
    if course is None:
        raise NotFound("there is no such course")
    members = select(CohortMember.person_id).where(CohortMember.cohort_id == cohort.id)
    return [
        Assignment.course_id == course.loaded.course_id,
        Assignment.cohort_id == cohort.id,
        Assignment.person_id.in_(members),
    ]


def create_cohort(
    session: Session,
    actor: Actor,
    *,
    name: str,
    starts_on: date,
    managers: Iterable[str],
    now: datetime,
    new_id: Callable[[], UUID],
) -> Cohort:
    """Make a cohort. A manager who makes one is named on it. Raises Invalid or Conflict."""
    name = account_rules.clean_name(name)
    if session.scalar(select(Cohort.id).where(Cohort.name == name)) is not None:
        raise Conflict("name: there is a cohort of this name already")
    cohort = Cohort(uuid=new_id(), name=name, starts_on=starts_on, created_at=now)
    session.add(cohort)
    session.flush()
    ids = set(_people_by_email(session, managers, field="managers", roles=(Role.MANAGER, Role.ADMIN)))
    if actor.role is Role.MANAGER:
        ids.add(actor.person_id)
    session.add_all(CohortManager(cohort_id=cohort.id, person_id=person_id) for person_id in sorted(ids))
    session.flush()
    return cohort


def add_members(
    session: Session, actor: Actor, uuid: UUID, *, emails: Iterable[str], team: str | None, now: datetime
) -> int:
    """Add people by e-mail, or everybody of a team. Answers how many are new. Raises NotFound or Invalid."""
    cohort = own_cohort(session, actor, uuid)
    ids = set(_people_by_email(session, emails, field="emails", roles=tuple(Role)))
    if team:
        found = session.scalars(
            select(Person.id)
            .join(Team, Team.id == Person.team_id)
            .where(Team.name == team.strip(), Person.active)
        ).all()
        if not found:
            raise Invalid("team", "expected the name of a team that has people")
        ids |= set(found)
    there = set(session.scalars(select(CohortMember.person_id).where(CohortMember.cohort_id == cohort.id)))
    fresh = sorted(ids - there)
    session.add_all(CohortMember(cohort_id=cohort.id, person_id=person, joined_at=now) for person in fresh)
    session.flush()
    return len(fresh)


def name_managers(session: Session, actor: Actor, uuid: UUID, *, emails: Iterable[str]) -> int:
    """Name managers on a cohort by e-mail. Answers how many are new. Raises NotFound or Invalid."""
    cohort = own_cohort(session, actor, uuid)
    ids = set(_people_by_email(session, emails, field="managers", roles=(Role.MANAGER, Role.ADMIN)))
    there = set(session.scalars(select(CohortManager.person_id).where(CohortManager.cohort_id == cohort.id)))
    fresh = sorted(ids - there)
    session.add_all(CohortManager(cohort_id=cohort.id, person_id=person) for person in fresh)
    session.flush()
    return len(fresh)


def _people_by_email(
    session: Session, emails: Iterable[str], *, field: str, roles: tuple[Role, ...]
) -> list[int]:
    wanted = [account_rules.clean_email(email, field=field) for email in emails if email.strip()]
    if not wanted:
        return []
    rows = session.execute(
        select(Person.email, Person.id).where(Person.email.in_(wanted), Person.active, Person.role.in_(roles))
    )
    found = {row.email: row.id for row in rows}
    missing = [email for email in wanted if email not in found]
    if missing:
        raise Invalid(field, f"expected people of this company, found {', '.join(missing[:5])}")
    return [found[email] for email in wanted]
