"""One invented learner: lessons, quizzes, reviews and checks by the real services, in simulated time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from courses.course import Course
from lms.db.quizzes import Attempt, Confidence
from lms.db.retention import Check
from lms.domain import demonstration as rules
from lms.domain.demonstration import Character, Habit, Room, Task
from lms.domain.quizzes import STEP_WINDOW, Calendar, Waiting, cards_for, in_turn
from lms.services import (
    accounts,
    cards,
    check_attempts,
    check_plans,
    interactions,
    learning,
    progress,
    quizzes,
    reviews,
    statements,
)
from lms.services.answers import Response
from lms.services.cards import CardLine
from lms.services.catalogue import CourseCache
from lms.services.learning import Enrolment
from lms.services.progress import Learner
from quizzes.fsrs import retrievability
from quizzes.item import Item
from quizzes.retention import Occasion

DAILY_MINUTES = 5
OPENS, CLOSES = 9 * 60 + 10, 17 * 60 + 20
"""Working hours in which visits begin, in minutes of the day."""
QUIZ_TRIES = 2
REMINDED = time(9, 30)
"""When somebody comes who comes for a check alone."""


@dataclass(frozen=True)
class PlannedTest:
    """A test of a 7-day check, as somebody has it before them."""

    uuid: UUID
    occasion: Occasion
    opens_at: datetime
    closes_at: datetime
    held_out: bool
    first_day: int


@dataclass
class Trainee:
    """A learner as the simulation goes on."""

    learner: Learner
    character: Character
    calendar: Calendar
    starts_on: date
    tasks: list[Task]
    room: Room
    random: Random
    new_id: Callable[[], UUID]
    begun: bool = False
    step: int = 0
    """Of the lesson that comes next: the last one open."""
    tries: int = 0
    """At the quiz that comes next."""
    given: int = 0
    """Answers so far."""
    enrolment: Enrolment | None = field(default=None, repr=False)
    modules: int = 0
    """Finished modules whose tests are known."""
    tests: list[PlannedTest] = field(default_factory=list, repr=False)
    """Tests to be taken or to close."""


@dataclass(frozen=True, kw_only=True)
class World:
    """What all learners share."""

    cache: CourseCache
    course: Course
    now: datetime
    """The real time of the load."""

    @property
    def until(self) -> datetime:
        """No visit begins after it."""
        return self.now - rules.LAST_VISIT


@dataclass
class _Visit:
    """A learner at work: the session, and the time as it goes by."""

    session: Session
    world: World
    who: Trainee
    at: datetime
    reviews_left: int

    def later(self, low: float, high: float) -> datetime:
        self.at += timedelta(seconds=round(self.who.random.uniform(low, high), 3))
        return self.at


def live_week(session: Session, world: World, who: Trainee, *, monday: date, weeks_left: int) -> None:
    """Let one learner live through one week: on each working day they may come, and do what is due."""
    reserved = _needed(world.course, who.tasks)
    reviews_left = who.room.reviews(given=who.given, reserved=reserved, weeks_left=weeks_left)
    seen = None
    speaker = who.learner.speaker
    with statements.gathered(session, iri_base=speaker.iri_base, now=world.now, new_id=who.new_id):
        for day in range(7):
            on = monday + timedelta(days=day)
            at = _visit_time(who, on)
            reminded = None if at is not None else _reminded_time(who, on)
            at = at or reminded
            if at is None or at > world.until:
                continue
            visit = _Visit(session, world, who, at, reviews_left)
            if _take_tests(visit, Occasion.DELAYED) if reminded else _visit(visit):
                seen, reviews_left = visit.at, visit.reviews_left
    if seen is not None:
        accounts.signed_in(session, who.learner.person_id, password_hash=None, now=seen)


def _visit_time(who: Trainee, on: date) -> datetime | None:
    """Answer when somebody comes on a day; None where they do not. Draws the same whatever came before."""
    days = (on - who.starts_on).days
    comes = who.random.random() < rules.chance_to_come(who.character, days=days)
    minute = who.random.randint(OPENS, CLOSES)
    if not comes or str(on.isoweekday()) not in who.calendar.working_days:
        return None
    if days < who.character.begins_after:
        return None
    wall = datetime.combine(on, time(minute // 60, minute % 60))
    return wall.replace(tzinfo=who.calendar.zone).astimezone(UTC)


def _reminded_time(who: Trainee, on: date) -> datetime | None:
    """Answer when somebody comes for a check alone, of which a mail reminded them."""
    if not who.tests or str(on.isoweekday()) not in who.calendar.working_days:
        return None
    at = datetime.combine(on, REMINDED, tzinfo=who.calendar.zone).astimezone(UTC)
    is_open = any(
        test.occasion is Occasion.DELAYED and test.opens_at <= at < test.closes_at for test in who.tests
    )
    return at if is_open and who.random.random() < rules.COMES_WHEN_REMINDED else None


def _visit(visit: _Visit) -> bool:
    """Do what a visit holds: reviews, then the next part of the course. Answers whether there was any."""
    who = visit.who
    if not who.begun and not who.tasks:
        return False
    if not who.begun:
        _begin(visit)
    before = (who.given, who.step, len(who.tasks))
    _take_tests(visit, Occasion.DELAYED)
    if not _rests(visit):
        _review(visit)
    if who.tasks and not (who.tasks[0].shown_last and not _rests(visit)):
        visit.later(20, 60)
        _go_on(visit, who.tasks[0])
        _take_tests(visit, Occasion.IMMEDIATE)
    return before != (who.given, who.step, len(who.tasks))


def _rests(visit: _Visit) -> bool:
    """Whether these are the last days of the learner who is shown, on which reviews are left to wait."""
    return visit.who.character.habit is Habit.SHOWN and visit.at > visit.world.until - rules.RESTS


def _begin(visit: _Visit) -> None:
    who = visit.who
    found = _enrolment(visit)
    progress.start(visit.session, found, learner=who.learner, now=visit.at, new_id=who.new_id)
    who.begun, who.enrolment = True, None


def _enrolment(visit: _Visit) -> Enrolment:
    """Answer the learner's run; read once more after it began."""
    who = visit.who
    if who.enrolment is None:
        who.enrolment = learning.enrolment(
            visit.session,
            visit.world.cache,
            slug=visit.world.course.slug,
            person_id=who.learner.person_id,
        )
    return who.enrolment


# Reviews


def _review(visit: _Visit) -> None:
    who = visit.who
    deck = cards.cards_of_person(visit.session, who.learner.person_id)
    room = min(cards_for(DAILY_MINUTES), visit.reviews_left)
    while room > 0 and (card := _next_card(visit, deck)) is not None:
        item = visit.world.course.item(card.item_id)
        after = reviews.answer_review(
            visit.session,
            visit.world.cache,
            card_uuid=card.uuid,
            sequence=card.sequence,
            response=_response(visit, item, right=who.random.random() < _chance_of(visit, card, item)),
            learner=who.learner,
            calendar=who.calendar,
            now=visit.at,
            new_id=who.new_id,
        )
        deck = [after if after is not None and one.id == after.id else one for one in deck]
        who.given += 1
        visit.reviews_left -= 1
        room -= 1
        visit.later(4, 12)


def _next_card(visit: _Visit, deck: list[CardLine]) -> CardLine | None:
    """Answer the card that would be served now, as `cards.waiting_cards` does: from the deck in hand."""
    horizon = visit.at + STEP_WINDOW
    near = [card for card in deck if card.due_at <= horizon]
    if not near:
        return None
    today = visit.who.calendar.day(visit.at)
    seen_today = {card.point_id: card.id for card in deck if card.last_day == today}
    waiting = {
        card.id: Waiting(
            card_id=card.id,
            point=(card.course_id, card.point_id),
            due=card.due_at,
            is_step=card.last_day == today,
        )
        for card in near
        if seen_today.get(card.point_id, card.id) == card.id
        and card.suspended_at is None
        and not card.held_out
    }
    turn = in_turn(waiting.values(), now=visit.at)
    return next((card for card in near if card.id == turn[0].card_id), None) if turn else None


def _chance_of(visit: _Visit, card: CardLine, item: Item) -> float:
    memory = cards.memory_of(card)
    strength = visit.who.character.strength
    if memory is None:
        return rules.chance_at_first(item, strength=strength, seen=1)
    predicted = retrievability(memory, day=visit.who.calendar.day(visit.at))
    return rules.chance_of_recall(predicted, strength=strength)


# The course


def _go_on(visit: _Visit, task: Task) -> None:
    if task.lesson_id is None:
        done = _take_quiz(visit, task.module_id)
    else:
        done = _read_lesson(visit, task, task.lesson_id)
    if done:
        visit.who.tasks.pop(0)
        visit.who.step = visit.who.tries = 0


def _read_lesson(visit: _Visit, task: Task, lesson_id: str) -> bool:
    """Read on in a lesson, mostly to its end; answers whether the learner is done with it."""
    who, lesson = visit.who, visit.world.course.lesson(lesson_id)
    steps = next(iter(lesson.steps.values()), ())
    last = task.stops_at or len(steps)
    if last == len(steps) and who.random.random() < 0.2:
        last = who.random.randint(min(who.step + 1, last), last)
    for step in range(who.step + 1, last + 1):
        progress.open_step(
            visit.session,
            _enrolment(visit),
            lesson_id=lesson_id,
            step=step,
            learner=who.learner,
            now=visit.later(30, 80),
            new_id=who.new_id,
        )
        for item_id in steps[step - 1].interactions:
            _try_interaction(visit, lesson_id, visit.world.course.item(item_id))
        who.step = step
    if task.stops_at:
        return who.step >= task.stops_at
    return who.step >= len(steps)


def _try_interaction(visit: _Visit, lesson_id: str, item: Item) -> None:
    who = visit.who
    for tries in range(3):
        chance = rules.chance_in_lesson(item, strength=who.character.strength, tries=tries)
        right = who.random.random() < chance
        response = _response(visit, item, right=right)
        interactions.answer_interaction(
            visit.session,
            _enrolment(visit),
            lesson_id=lesson_id,
            item_id=item.id,
            attempt_uuid=who.new_id(),
            response=response,
            learner=who.learner,
            calendar=who.calendar,
            now=visit.at,
            new_id=who.new_id,
        )
        who.given += 1
        if right:
            return


def _take_quiz(visit: _Visit, module_id: str) -> bool:
    """Take a module's quiz; answers whether the learner is done with it: passed, or tired of it."""
    who = visit.who
    uuid = quizzes.start_or_resume_attempt(
        visit.session,
        _enrolment(visit),
        module_id=module_id,
        person_id=who.learner.person_id,
        random=who.random,
        now=visit.later(5, 30),
        new_id=who.new_id,
    )
    attempt = visit.session.scalars(select(Attempt).where(Attempt.uuid == uuid)).one()
    for place, item_id in enumerate(attempt.item_ids, start=1):
        item = visit.world.course.item(item_id)
        chance = rules.chance_at_first(item, strength=who.character.strength, seen=who.tries)
        quizzes.answer_question(
            visit.session,
            visit.world.cache,
            attempt_uuid=uuid,
            place=place,
            response=_response(visit, item, right=who.random.random() < chance),
            learner=who.learner,
            calendar=who.calendar,
            now=visit.at,
            new_id=who.new_id,
        )
        who.given += 1
        visit.later(4, 12)
    who.tries += 1
    return bool(attempt.passed) or who.tries >= QUIZ_TRIES or who.random.random() < 0.4


# Checks


def _take_tests(visit: _Visit, occasion: Occasion) -> bool:
    """Take the tests of an occasion that are open, or leave them; release what a missed one held out.

    Answers whether any was taken.
    """
    who = visit.who
    if occasion is Occasion.IMMEDIATE:
        _look_for_tests(visit)
    over = [test for test in who.tests if test.closes_at <= visit.at]
    if any(test.held_out for test in over):
        check_plans.release_closed(visit.session, now=visit.at, person_ids=[who.learner.person_id])
    who.tests = [test for test in who.tests if test.closes_at > visit.at]
    due = [one for one in who.tests if one.occasion is occasion and one.opens_at <= visit.at]
    taken = [test for test in due if who.random.random() < rules.chance_to_check(who.character)]
    for test in taken:
        who.tests.remove(test)
        _take_test(visit, test)
    return bool(taken)


def _look_for_tests(visit: _Visit) -> None:
    """Find the tests that a module has brought which was finished in this visit."""
    who = visit.who
    finished = {task.module_id for task in who.tasks}
    done = sum(module.id not in finished for module in visit.world.course.modules)
    if done == who.modules:
        return
    who.modules = done
    found = visit.session.scalars(
        select(Check).where(
            Check.person_id == who.learner.person_id,
            Check.first_day == who.calendar.day(visit.at),
            Check.finished_at.is_(None),
        )
    )
    who.tests += [
        PlannedTest(
            uuid=check.uuid,
            occasion=check.occasion,
            opens_at=check.opens_at,
            closes_at=check.closes_at,
            held_out=bool(check.held_out),
            first_day=check.first_day,
        )
        for check in found
    ]


def _take_test(visit: _Visit, test: PlannedTest) -> None:
    who = visit.who
    began = check_attempts.start_check(
        visit.session,
        visit.world.cache,
        check_uuid=test.uuid,
        learner=who.learner,
        now=visit.later(5, 30),
        new_id=who.new_id,
    )
    if not began:
        return
    day = who.calendar.day(visit.at)
    memories: dict[str, float] = {}
    for card in cards.cards_of_person(visit.session, who.learner.person_id):
        memory = cards.memory_of(card)
        if memory is not None:
            recall = retrievability(memory, day=day)
            memories[card.point_id] = max(recall, memories.get(card.point_id, 0.0))

    def respond(item: Item) -> tuple[Response, datetime]:
        chance = rules.chance_at_check(item, recall=memories.get(item.point), strength=who.character.strength)
        visit.later(2, 6)
        response = _response(visit, item, right=who.random.random() < chance)
        return replace(response, confidence=None), visit.at

    who.given += check_attempts.answer_whole(
        visit.session,
        visit.world.cache,
        check_uuid=test.uuid,
        respond=respond,
        learner=who.learner,
        calendar=who.calendar,
        new_id=who.new_id,
    )


def _response(visit: _Visit, item: Item, *, right: bool) -> Response:
    """Answer what is sent, after the time that it took."""
    random = visit.who.random
    took = rules.response_ms(item, right=right, random=random)
    visit.at += timedelta(milliseconds=took)
    said = rules.sure(right=right, random=random)
    confidence = None if said is None else Confidence.SURE if said else Confidence.UNSURE
    return Response(
        value=rules.answer(item, right=right, random=random), confidence=confidence, response_ms=took
    )


def _needed(course: Course, tasks: list[Task]) -> int:
    """Answer about how many answers the rest of somebody's way takes."""
    asked = sum(
        course.module(task.module_id).quiz_length
        if task.lesson_id is None
        else len(course.lesson(task.lesson_id).interactions)
        for task in tasks
    )
    return asked * 4 // 3
