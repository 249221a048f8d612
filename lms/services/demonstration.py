"""The demonstration company: loaded week by week by the real services, marked everywhere, removed whole.

Statements keep the simulated time as their `timestamp`; their `stored` is the real one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from lms.db.accounts import Cohort, Organisation, Person, Team
from lms.db.database import Database
from lms.db.learning import Course as CourseRow
from lms.db.quizzes import Answer
from lms.domain import demonstration as rules
from lms.domain.access import Actor
from lms.domain.accounts import Role
from lms.domain.demonstration import CohortPlan, Habit, StaffMember
from lms.domain.errors import Conflict, NotFound
from lms.domain.quizzes import Calendar
from lms.services import accounts, assignments, check_plans, statements
from lms.services.catalogue import CourseCache, Loaded
from lms.services.progress import Learner
from lms.services.simulation import Trainee, World, live_week
from lms.services.statements import Speaker
from xapi.lrs import forget_agents

SETTING = "demonstration"
"""In the organisation's settings: what became of the demonstration company."""
COURSE = "service-desk"
"""The shipped course that it takes; where it is not published, the first that is."""
SECONDS = 30.0
"""How long one person's week, or the removal of a few people, may take."""
REMOVED_AT_ONCE = 5
"""People in one transaction: others that write wait no longer than for that."""

JOINED_BEFORE = timedelta(days=3)
MADE_BEFORE = timedelta(days=4)
"""Before a cohort starts: when its people come, and when it is made."""


class State(StrEnum):
    """What became of the demonstration company."""

    NONE = "none"
    LOADING = "loading"
    """A load that was broken off stays here; what it left is removed before the next."""
    LOADED = "loaded"
    REMOVED = "removed"
    """Removed by hand: a start does not load it again."""


@dataclass(frozen=True)
class Account:
    """An account of the demonstration that somebody can sign in to."""

    email: str
    password: str
    role: Role

    def __str__(self) -> str:
        return f"{self.email} {self.password} {self.role.value}"


@dataclass(frozen=True)
class Summary:
    """What was loaded or removed."""

    people: int
    cohorts: int
    answers: int


@dataclass(frozen=True)
class _Company:
    """What the first transaction made."""

    cache: CourseCache
    loaded: Loaded
    timezone: str
    working_days: str
    learners: tuple[tuple[StaffMember, Learner], ...]
    plans: tuple[CohortPlan, ...]


def new_accounts(new_secret: Callable[[], str]) -> tuple[Account, ...]:
    """Answer the accounts to print, with new passwords."""
    return tuple(Account(email, _password(new_secret()), role) for email, role in rules.PRINTED)


def _password(secret: str) -> str:
    """Sixteen letters and digits in groups of four, easy to type: 80 bits and more of the secret's 256."""
    plain = "".join(c for c in secret.lower() if c.isalnum() and c not in "0o1li")
    return "-".join(plain[at : at + 4] for at in range(0, 16, 4))


def state(session: Session) -> State:
    """Answer what became of the demonstration company."""
    return State(accounts.organisation(session).settings.get(SETTING, State.NONE))


def expect_none(session: Session) -> None:
    """Raise Conflict where the demonstration company is loaded."""
    if state(session) is State.LOADED:
        raise Conflict("there is a demonstration company already; `flask demo remove` removes it")


def load(
    database: Database,
    printed: Sequence[Account],
    *,
    now: datetime,
    seed: int = rules.SEED,
    staff: int = rules.STAFF,
    weeks: int = rules.WEEKS,
    answers_max: int = rules.ANSWERS_MAX,
) -> Summary:
    """Load the demonstration company as it would be at `now`, one transaction per person and week.

    The same seed, time and course give the same people, answers and ids. Raises Conflict where there is
    one, NotFound without a published course.
    """
    with database.reading() as session:
        expect_none(session)
        broken_off = state(session) is State.LOADING
    if broken_off:
        remove(database)
    with database.writing(seconds=SECONDS) as session:
        organisation = accounts.organisation(session)
        random = Random(f"{seed} {organisation.iri_base} {now.isoformat()} {staff} {weeks}")  # noqa: S311
        company = _found_company(
            session, organisation, printed, random=random, now=now, staff=staff, weeks=weeks
        )
        _set_state(organisation, State.LOADING)
    answers = _live(database, company, random=random, now=now, weeks=weeks, answers_max=answers_max)
    people_ids = [learner.person_id for _, learner in company.learners]
    closed = 1
    while closed:
        with database.writing(seconds=SECONDS) as session:
            closed = check_plans.release_closed(session, now=now, person_ids=people_ids)
    with database.writing() as session:
        _set_state(accounts.organisation(session), State.LOADED)
    people = len(company.learners) + len(rules.LEADS)
    return Summary(people=people, cohorts=len(company.plans), answers=answers)


def remove(database: Database) -> Summary:
    """Delete the demonstration's people with all that hangs on them, their statements, teams and cohorts."""
    with database.reading() as session:
        people = session.execute(
            select(Person.id, Person.uuid).where(Person.demonstration).order_by(Person.id)
        ).all()
        answers = session.scalar(
            select(func.count(Answer.id))
            .join(Person, Person.id == Answer.person_id)
            .where(Person.demonstration)
        )
        iri_base = accounts.organisation(session).iri_base
    for start in range(0, len(people), REMOVED_AT_ONCE):
        some = people[start : start + REMOVED_AT_ONCE]
        with database.writing(seconds=SECONDS) as session:
            session.execute(delete(Person).where(Person.id.in_([person.id for person in some])))
            forget_agents(session, [(iri_base, str(person.uuid)) for person in some])
    with database.writing(seconds=SECONDS) as session:
        cohorts = session.scalars(delete(Cohort).where(Cohort.demonstration).returning(Cohort.id)).all()
        session.execute(delete(Team).where(Team.demonstration))
        _set_state(accounts.organisation(session), State.REMOVED)
    return Summary(people=len(people), cohorts=len(cohorts), answers=answers or 0)


def _set_state(organisation: Organisation, state: State) -> None:
    organisation.settings = {**organisation.settings, SETTING: state.value}


# The company


def _found_company(
    session: Session,
    organisation: Organisation,
    printed: Sequence[Account],
    *,
    random: Random,
    now: datetime,
    staff: int,
    weeks: int,
) -> _Company:
    """Make the people, teams, cohorts and assignments."""
    cache = CourseCache()
    loaded = _course(session, cache)
    new_id = _ids(random)
    zone = ZoneInfo(organisation.timezone)
    passwords = {account.email: account.password for account in printed}
    plans = rules.cohorts(loaded.course, today=now.astimezone(zone).date(), weeks=weeks)
    morning = _morning(min(plan.starts_on for plan in plans), zone)
    leads = [
        accounts.create_person(
            session,
            email=lead.email,
            name=lead.name,
            role=lead.role,
            password=passwords.get(lead.email),
            now=morning - timedelta(days=7),
            new_id=new_id,
            demonstration=True,
        )
        for lead in rules.LEADS
    ]
    managers = [person for person in leads if person.role is Role.MANAGER]
    cohorts = [_cohort(session, plan, managers[plan.manager], zone=zone, new_id=new_id) for plan in plans]
    learners = []
    for member in rules.staff(staff, random=random):
        plan = plans[member.cohort]
        joins = _morning(plan.starts_on, zone) - JOINED_BEFORE
        person = accounts.create_person(
            session,
            email=member.email,
            name=member.name,
            role=Role.LEARNER,
            password=passwords.get(member.email),
            team=member.team,
            language=member.language,
            now=joins,
            new_id=new_id,
            demonstration=True,
        )
        learners.append((member, Learner(person.id, Speaker(organisation.iri_base, person.uuid))))
    with statements.gathered(session, iri_base=organisation.iri_base, now=now, new_id=new_id):
        for place, (plan, cohort) in enumerate(zip(plans, cohorts, strict=True)):
            manager, at = managers[plan.manager], _morning(plan.starts_on, zone) - JOINED_BEFORE
            actor = Actor(manager.id, manager.role)
            emails = [member.email for member, _ in learners if member.cohort == place]
            assignments.add_members(session, actor, cohort.uuid, emails=emails, team=None, now=at)
            assignments.assign(
                session,
                cache,
                actor,
                cohort.uuid,
                slug=loaded.course.slug,
                soft=plan.soft_due,
                hard=plan.hard_due,
                by=Speaker(organisation.iri_base, manager.uuid),
                now=at,
                today=at.astimezone(zone).date(),
                new_id=new_id,
            )
    return _Company(
        cache=cache,
        loaded=loaded,
        timezone=organisation.timezone,
        working_days=organisation.working_days,
        learners=tuple(learners),
        plans=plans,
    )


def _course(session: Session, cache: CourseCache) -> Loaded:
    rows = session.execute(
        select(CourseRow.slug, CourseRow.current_version_id)
        .where(CourseRow.current_version_id.is_not(None))
        .order_by(CourseRow.slug != COURSE, CourseRow.slug)
    ).all()
    if not rows:
        raise NotFound("no course is published: `flask course import FOLDER` publishes one")
    return cache.get(session, rows[0].current_version_id)


def _cohort(
    session: Session, plan: CohortPlan, manager: Person, *, zone: ZoneInfo, new_id: Callable[[], UUID]
) -> Cohort:
    cohort = assignments.create_cohort(
        session,
        Actor(manager.id, manager.role),
        name=plan.name,
        starts_on=plan.starts_on,
        managers=(),
        now=_morning(plan.starts_on, zone) - MADE_BEFORE,
        new_id=new_id,
    )
    cohort.demonstration = True
    session.flush()
    return cohort


def _morning(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(9), tzinfo=zone).astimezone(UTC)


def _ids(random: Random) -> Callable[[], UUID]:
    return lambda: UUID(int=random.getrandbits(128), version=4)


# Their weeks


def _live(
    database: Database, company: _Company, *, random: Random, now: datetime, weeks: int, answers_max: int
) -> int:
    """Let everybody live week by week until now; answers how many answers were given."""
    zone = ZoneInfo(company.timezone)
    course = company.loaded.course
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    spans = [
        (monday - company.plans[member.cohort].starts_on).days // 7 + 1 for member, _ in company.learners
    ]
    rooms = rules.rooms(spans, most=answers_max)
    trainees = []
    for (member, learner), room in zip(company.learners, rooms, strict=True):
        own = Random(random.getrandbits(64))  # noqa: S311 - invented people
        trainees.append(
            Trainee(
                learner=learner,
                character=member.character,
                calendar=Calendar(zone, company.working_days),
                starts_on=company.plans[member.cohort].starts_on,
                tasks=list(rules.tasks(course, member.character.habit, random=own)),
                room=room,
                random=own,
                new_id=_ids(Random(own.getrandbits(64))),  # noqa: S311
            )
        )
    world = World(cache=company.cache, course=course, now=now)
    first = min(plan.starts_on for plan in company.plans)
    for week in range((monday - first).days // 7 + 1):
        begins = first + timedelta(weeks=week)
        for who in trainees:
            if who.starts_on > begins or who.character.habit is Habit.ABSENT:
                continue
            if sum(one.given for one in trainees) >= answers_max:
                break
            weeks_left = (monday - begins).days // 7 + 1
            with database.writing(seconds=SECONDS) as session:
                live_week(session, world, who, monday=begins, weeks_left=weeks_left)
    return sum(who.given for who in trainees)
