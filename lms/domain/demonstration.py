"""The demonstration company: invented people, their teams and cohorts, how they learn and what they answer.

Pure: a seeded `Random` in, plain values out. What is made of them is in `lms/services/demonstration.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from random import Random
from typing import Any

from courses.course import Course
from lms.domain.accounts import Role
from quizzes.grading import correct_response, grade, guess
from quizzes.item import Item, ItemType

DOMAIN = "demo.crossdesk.invalid"
"""RFC 2606: no mail can ever arrive there."""
SEED = 26
STAFF = 60
WEEKS = 26
ANSWERS_MAX = 9_000
COHORT_STARTS = (1.0, 0.73, 0.5, 0.35, 0.23, 0.12)
"""When each cohort starts, as a share of the weeks that are simulated, counted back from now."""
LESSONS_A_WEEK = 2.5
"""What the managers plan with when they set due dates."""
LAST_VISIT = timedelta(minutes=45)
"""No visit begins so shortly before now that it could end after it."""

TEAMS = ("演示 · 英语组 English", "演示 · 日语组 日本語", "演示 · 德语组 Deutsch", "演示 · 综合组 Mixed")
TEAM_SHARES = (0, 0, 1, 0, 2, 3, 0, 1, 2, 3)
"""The team of each of ten people in a row: the English desk is the largest."""

_SURNAMES = (
    ("林", "lin"), ("苏", "su"), ("叶", "ye"), ("沈", "shen"), ("罗", "luo"), ("温", "wen"), ("程", "cheng"),
    ("方", "fang"), ("陆", "lu"), ("江", "jiang"), ("许", "xu"), ("谢", "xie"), ("梁", "liang"),
)  # fmt: skip
_GIVEN = (
    ("晓岚", "xiaolan"), ("思远", "siyuan"), ("予安", "yuan"), ("若溪", "ruoxi"), ("嘉禾", "jiahe"),
    ("一鸣", "yiming"), ("静宜", "jingyi"), ("文博", "wenbo"), ("雨桐", "yutong"), ("书航", "shuhang"),
    ("可心", "kexin"), ("子墨", "zimo"), ("安琪", "anqi"), ("志恒", "zhiheng"), ("梦瑶", "mengyao"),
    ("启航", "qihang"), ("清扬", "qingyang"),
)  # fmt: skip


class Habit(StrEnum):
    """How somebody goes about a course."""

    STEADY = "steady"
    SLOW = "slow"
    LATE = "late"
    """Begins after the suggested day."""
    HALFWAY = "halfway"
    """Stops in the middle of a lesson and does not come back."""
    ABSENT = "absent"
    """Never begins."""
    SHOWN = "shown"
    """The learner whose account is printed: something waits on every page."""


HABITS = (
    Habit.STEADY, Habit.SLOW, Habit.STEADY, Habit.HALFWAY, Habit.STEADY,
    Habit.ABSENT, Habit.LATE, Habit.STEADY, Habit.SLOW, Habit.HALFWAY,
)  # fmt: skip
"""Of ten people in a cohort."""
COMES = {
    Habit.STEADY: (0.5, 0.75),
    Habit.SLOW: (0.25, 0.4),
    Habit.LATE: (0.3, 0.45),
    Habit.HALFWAY: (0.4, 0.6),
    Habit.ABSENT: (0.0, 0.0),
    Habit.SHOWN: (1.0, 1.0),
}
"""Bounds of the chance to come on a working day."""
BEGINS = {
    Habit.STEADY: (0, 3),
    Habit.SLOW: (2, 8),
    Habit.LATE: (25, 34),
    Habit.HALFWAY: (1, 6),
    Habit.ABSENT: (0, 0),
    Habit.SHOWN: (0, 0),
}
"""Bounds of the days from the cohort's start to the first lesson."""
CHECK_IS_HARDER = 0.92
COMES_WHEN_REMINDED = 0.65
"""Chance on a working day to come for a check that is open and do nothing else."""
EAGER_WEEKS = 3
"""After so many weeks people come less and less, down to a quarter of the days."""
RESTS = timedelta(days=6)
"""The shown learner has reviewed nothing for so long: reviews wait."""


@dataclass(frozen=True, kw_only=True)
class Character:
    """One learner's way: when they begin, how often they come, how well they remember."""

    habit: Habit
    begins_after: int
    """Days from the start of the cohort."""
    comes: float
    """Chance on a working day."""
    strength: float
    """Added to the log odds of a right answer."""


@dataclass(frozen=True, kw_only=True)
class StaffMember:
    """A learner of the demonstration."""

    name: str
    email: str
    team: str
    cohort: int
    """Place in the cohorts, from 0."""
    language: str | None
    character: Character


@dataclass(frozen=True, kw_only=True)
class CohortPlan:
    """A cohort of the demonstration."""

    name: str
    starts_on: date
    manager: int
    """Place in the managers, from 0."""
    soft_due: date
    hard_due: date


@dataclass(frozen=True, kw_only=True)
class Lead:
    """A manager, trainer or administrator."""

    name: str
    email: str
    role: Role


@dataclass(frozen=True, kw_only=True)
class Task:
    """The next thing in somebody's way through a course: a lesson, or a module's quiz."""

    module_id: str
    lesson_id: str | None
    stops_at: int | None = None
    """The step after which the lesson is left."""
    shown_last: bool = False
    """Kept for the last days before now."""


LEADS = (
    Lead(name="周岚", email=f"manager@{DOMAIN}", role=Role.MANAGER),
    Lead(name="贺知秋", email=f"manager2@{DOMAIN}", role=Role.MANAGER),
    Lead(name="孟凡星", email=f"manager3@{DOMAIN}", role=Role.MANAGER),
    Lead(name="韩可为", email=f"trainer@{DOMAIN}", role=Role.TRAINER),
    Lead(name="秦守正", email=f"admin@{DOMAIN}", role=Role.ADMIN),
)
SHOWN_NAME = "顾小满"
SHOWN_EMAIL = f"learner@{DOMAIN}"
PRINTED = (
    (SHOWN_EMAIL, Role.LEARNER),
    (LEADS[0].email, Role.MANAGER),
    (LEADS[3].email, Role.TRAINER),
    (LEADS[4].email, Role.ADMIN),
)
"""The accounts that get a password."""


def managers() -> tuple[Lead, ...]:
    """Answer the managers, in the order in which cohorts name them."""
    return tuple(lead for lead in LEADS if lead.role is Role.MANAGER)


def cohorts(course: Course, *, today: date, weeks: int) -> tuple[CohortPlan, ...]:
    """Answer the cohorts: all start on Mondays, two for each manager, due by the length of the course."""
    monday = today - timedelta(days=today.weekday())
    planned = math.ceil(len(course.lessons) / LESSONS_A_WEEK) + 1
    plans = []
    for place, share in enumerate(COHORT_STARTS):
        start = monday - timedelta(weeks=max(1, round(weeks * share)))
        friday = start + timedelta(weeks=planned - 1, days=4)
        plans.append(
            CohortPlan(
                name=f"演示 · {place + 1} 班 Cohort {place + 1}",
                starts_on=start,
                manager=place % len(managers()),
                soft_due=friday,
                hard_due=friday + timedelta(weeks=2),
            )
        )
    return tuple(plans)


def staff(count: int, *, random: Random) -> tuple[StaffMember, ...]:
    """Answer so many learners, spread over the cohorts; the first of the last cohort is the shown one."""
    names = [
        (f"{surname}{given}", f"{last}.{first}") for surname, last in _SURNAMES for given, first in _GIVEN
    ]
    drawn = random.sample(names, count)
    people = []
    for number, (name, address) in enumerate(drawn):
        cohort = len(COHORT_STARTS) - 1 - number % len(COHORT_STARTS)
        place = number // len(COHORT_STARTS)
        shown = number == 0
        habit = Habit.SHOWN if shown else HABITS[(place + cohort) % len(HABITS)]
        people.append(
            StaffMember(
                name=SHOWN_NAME if shown else name,
                email=SHOWN_EMAIL if shown else f"{address}@{DOMAIN}",
                team=TEAMS[TEAM_SHARES[(place * 3 + cohort) % len(TEAM_SHARES)]],
                cohort=cohort,
                language=None if shown else random.choices(("zh-CN", "en"), (0.8, 0.2))[0],
                character=_character(habit, random),
            )
        )
    return tuple(people)


def _character(habit: Habit, random: Random) -> Character:
    return Character(
        habit=habit,
        begins_after=random.randint(*BEGINS[habit]),
        comes=random.uniform(*COMES[habit]),
        strength=0.0 if habit is Habit.SHOWN else random.gauss(0.3, 0.35),
    )


def tasks(course: Course, habit: Habit, *, random: Random) -> tuple[Task, ...]:
    """Answer somebody's way through the course: its lessons and quizzes, as far as they will go."""
    way = [task for module in course.modules for task in _module_tasks(course, module.id)]
    lessons = [at for at, task in enumerate(way) if task.lesson_id is not None]
    match habit:
        case Habit.ABSENT:
            return ()
        case Habit.HALFWAY:
            at = lessons[random.randrange(1, max(2, len(lessons) * 2 // 3))] if len(lessons) > 1 else 0
            return (*way[:at], _left_halfway(course, way[at]))
        case Habit.SHOWN:
            return _shown_tasks(course, way)
        case _:
            return tuple(way)


def _module_tasks(course: Course, module_id: str) -> Iterator[Task]:
    module = course.module(module_id)
    for lesson in module.lessons:
        yield Task(module_id=module_id, lesson_id=lesson.id)
    yield Task(module_id=module_id, lesson_id=None)


def _shown_tasks(course: Course, way: list[Task]) -> tuple[Task, ...]:
    """One module with its quiz, and then a lesson half way: the next module's first, or the module's last."""
    quiz = next(at for at, task in enumerate(way) if task.lesson_id is None)
    if quiz + 1 < len(way):
        return (*way[: quiz + 1], _left_halfway(course, way[quiz + 1], shown_last=True))
    return (*way[: quiz - 1], way[quiz], _left_halfway(course, way[quiz - 1], shown_last=True))


def _left_halfway(course: Course, task: Task, *, shown_last: bool = False) -> Task:
    if task.lesson_id is None:
        return task
    steps = len(next(iter(course.lesson(task.lesson_id).steps.values()), ()))
    return Task(
        module_id=task.module_id,
        lesson_id=task.lesson_id,
        stops_at=max(1, steps // 2),
        shown_last=shown_last,
    )


# Chance


def chance_to_come(character: Character, *, days: int) -> float:
    """Answer the chance 0..1 to come on a working day, so many days after the cohort started."""
    weeks = max(0.0, days / 7 - EAGER_WEEKS)
    return character.comes * max(0.25, 1 - 0.1 * weeks)


def chance_at_first(item: Item, *, strength: float, seen: int) -> float:
    """Answer the chance 0..1 of answering a practised item right that was not met before.

    Lessons close most of the gap between an untrained agent's chance and certainty; `seen` counts the
    quizzes that were handed in before.
    """
    taught = item.prior + (1 - item.prior) * min(0.9, 0.62 + 0.15 * seen)
    return _shifted(taught, strength)


def chance_of_recall(predicted: float, *, strength: float) -> float:
    """Answer the chance 0..1 of answering right, around the recall that the memory model predicts."""
    return _shifted(predicted, strength)


def chance_to_check(character: Character) -> float:
    """Answer the chance 0..1 on a visit to take a check that is open."""
    return 0.9 if character.habit in (Habit.STEADY, Habit.SHOWN) else 0.75


def chance_at_check(item: Item, *, recall: float | None, strength: float) -> float:
    """Answer the chance 0..1 of a right answer in a check: known, as memory holds the point, or guessed.

    A question asked in other words is a little harder than the one practised.
    """
    known = _shifted(CHECK_IS_HARDER * (recall if recall is not None else item.prior), strength)
    return known + (1 - known) * guess(item)


def chance_in_lesson(item: Item, *, strength: float, tries: int) -> float:
    """Answer the chance 0..1 at an interaction, just after reading about it; each try tells more."""
    return 1.0 if tries >= 2 else _shifted(max(item.prior, 0.6) + 0.15 * (tries + 1), strength)


def _shifted(chance: float, strength: float) -> float:
    chance = min(max(chance, 0.02), 0.995)
    return 1 / (1 + math.exp(-(math.log(chance / (1 - chance)) + strength)))


def answer(item: Item, *, right: bool, random: Random) -> Any:
    """Answer a response of the right shape that is right, or is not."""
    model = correct_response(item)
    if right:
        return model
    wrong = _wrong(item, model, random)
    if grade(item, wrong).correct:
        raise ValueError(f"{item.id}: found no wrong answer")
    return wrong


def _wrong(item: Item, model: Any, random: Random) -> Any:
    match item.type:
        case ItemType.SINGLE | ItemType.LISTEN:
            return random.choice([choice.id for choice in item.choices if choice.id != model])
        case ItemType.MULTIPLE:
            flipped = random.choice([choice.id for choice in item.choices if [choice.id] != model])
            return [
                choice.id for choice in item.choices if (choice.id in model) is not (choice.id == flipped)
            ]
        case ItemType.ORDER:
            at = random.randrange(len(model) - 1)
            return [*model[:at], model[at + 1], model[at], *model[at + 2 :]]
        case ItemType.MATCH:
            return _swapped(item, random)
        case ItemType.NUMERIC:
            value = item.answer.value if item.answer else 0.0
            tolerance = item.answer.tolerance if item.answer else 0.0
            return f"{value + random.choice((1, -1)) * (2 * tolerance + max(1.0, abs(value) * 0.1)):.6g}"
        case ItemType.SHORT_TEXT:
            return random.choice(("不确定", "记不清了", "not sure"))
        case ItemType.CLOZE:
            gap = random.choice(item.gaps)
            return {**model, gap.id: random.choice(("不确定", "?"))}
        case _:
            raise ValueError(f"no wrong answer to {item.type}")


def _swapped(item: Item, random: Random) -> dict[str, str]:
    """Two pairs with each other's right side; such as read differently."""
    pairs = [
        (one, other)
        for at, one in enumerate(item.pairs)
        for other in item.pairs[at + 1 :]
        if one.right != other.right
    ]
    one, other = random.choice(pairs)
    return {pair.id: {one.id: other.id, other.id: one.id}.get(pair.id, pair.id) for pair in item.pairs}


def response_ms(item: Item, *, right: bool, random: Random) -> int:
    """Answer how long an answer took: typed ones longer, wrong ones longer."""
    typical = 14_000 if item.type in _SLOW else 8_000
    return int(min(120_000, typical * (1 if right else 1.3) * random.lognormvariate(0, 0.4)))


_SLOW = (ItemType.ORDER, ItemType.MATCH, ItemType.CLOZE, ItemType.SHORT_TEXT, ItemType.NUMERIC)


def sure(*, right: bool, random: Random) -> bool | None:
    """Answer what somebody says of their answer: sure, unsure, or nothing."""
    return random.choices((True, False, None), (0.65, 0.2, 0.15) if right else (0.25, 0.55, 0.2))[0]


# Room


@dataclass(frozen=True)
class Room:
    """How many answers one learner may give, so that all together keep to the bound."""

    answers: int

    def reviews(self, *, given: int, reserved: int, weeks_left: int) -> int:
        """Answer how many reviews this week may hold, with what lessons and quizzes still need set aside."""
        return max(0, self.answers - given - reserved) // max(1, min(weeks_left, 4))


def rooms(weeks: list[int], *, most: int) -> list[Room]:
    """Share out the answers: one half alike, the other by the weeks that each learner has."""
    each, by_week = most / 2 / max(1, len(weeks)), most / 2 / max(1, sum(weeks))
    return [Room(math.floor(each + by_week * own)) for own in weeks]
