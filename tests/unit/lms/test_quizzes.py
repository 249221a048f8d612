"""Rules of drawing, planning and showing: no database."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from lms.domain import quizzes as rules
from lms.domain.questions import Given, Phase, item_view
from lms.domain.quizzes import Calendar, CardFacts, DueReason, Waiting
from quizzes.fsrs import Memory, Rating, State, review
from quizzes.grading import correct_response
from quizzes.item import Skill
from tests.practice_course import TYPES, practice_item

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
WEEK = Calendar(ZoneInfo("UTC"), "12345")
DAY = WEEK.day(MONDAY)
PLAN = (2, 5)


def memory_after(*ratings: Rating, at: datetime = MONDAY) -> Memory:
    memory: Memory | None = None
    for rating in ratings:
        memory = review(memory, rating, at=at, day=WEEK.day(at), zone=UTC)
    assert memory is not None
    return memory


def facts(memory: Memory | None, *, due: datetime, plan_left: int = 0) -> CardFacts:
    return CardFacts(
        memory=memory,
        first_day=DAY,
        plan_left=plan_left,
        due=due,
        model_due=memory.due if memory else None,
    )


def following(
    card: CardFacts, rating: Rating, *, now: datetime, taken: tuple[int, ...] = ()
) -> rules.NextDue:
    after = review(card.memory, rating, at=now, day=WEEK.day(now), zone=UTC)
    return rules.next_due(card, after, rating=rating, now=now, calendar=WEEK, taken=taken, days=PLAN)


@pytest.mark.parametrize(("points", "length"), [(4, 10), (16, 10), (3, 3), (5, 7)])
def test_every_point_is_drawn_as_often_as_another_or_once_more(points: int, length: int) -> None:
    items = [practice_item("single", id=f"p{p}-{n}", point=f"p{p}") for p in range(points) for n in range(4)]

    for seed in range(20):
        drawn = rules.draw(items, length, random=Random(seed))

        counts = Counter(identifier.split("-")[0] for identifier in drawn)
        assert len(set(drawn)) == length
        assert max(counts.values()) - (min(counts.values()) if len(counts) == points else 0) <= 1


def test_a_quiz_longer_than_its_items_asks_each_once() -> None:
    items = [practice_item("single", id=f"i-{n}") for n in range(3)]

    assert sorted(rules.draw(items, 10, random=Random(1))) == ["i-0", "i-1", "i-2"]


def test_the_same_seed_draws_the_same_quiz() -> None:
    items = [practice_item("single", id=f"i-{n}", point=f"p{n}") for n in range(9)]

    assert rules.draw(items, 5, random=Random(7)) == rules.draw(items, 5, random=Random(7))


def test_an_order_question_is_never_served_in_its_right_order() -> None:
    for seed in range(50):
        assert rules.shuffled(["a", "b", "c"], seed=str(seed), avoid_own=True) != ("a", "b", "c")


def test_without_siblings_the_answered_item_takes_both_plan_days() -> None:
    (card,) = rules.first_cards("a", [], first_day=DAY, working=WEEK.works, days=PLAN)

    assert (card.due_day - DAY, card.plan_left) == (2, 2)


def test_a_sibling_takes_the_second_plan_day_and_further_ones_come_later() -> None:
    cards = rules.first_cards("a", ["b", "c"], first_day=DAY, working=WEEK.works, days=PLAN)

    assert [(card.item_id, card.plan_left) for card in cards] == [("a", 1), ("b", 1), ("c", 0)]
    days = [card.due_day for card in cards]
    assert days[0] == DAY + 2 and days[1] == DAY + 4  # day 5 is a Saturday
    assert days[2] > days[1] and WEEK.works(days[2])


def test_plan_days_fall_on_the_persons_working_days() -> None:
    weekend = Calendar(ZoneInfo("UTC"), "67")

    cards = rules.first_cards("a", ["b"], first_day=DAY, working=weekend.works, days=PLAN)

    assert all(weekend.works(card.due_day) for card in cards)


def test_a_plan_day_overrides_the_model_and_then_the_model_decides() -> None:
    wednesday, friday = MONDAY + timedelta(days=2), MONDAY + timedelta(days=4)
    first = facts(memory_after(Rating.GOOD), due=WEEK.start(DAY + 2), plan_left=2)

    second = following(first, Rating.GOOD, now=wednesday)
    memory = review(first.memory, Rating.GOOD, at=wednesday, day=DAY + 2, zone=UTC)
    third = following(facts(memory, due=second.at, plan_left=second.plan_left), Rating.GOOD, now=friday)

    assert (WEEK.day(second.at) - DAY, second.plan_left) == (4, 1)
    assert third.plan_left == 0 and WEEK.day(third.at) > DAY + 5
    assert WEEK.works(WEEK.day(third.at))


def test_a_card_not_known_comes_again_within_minutes_and_keeps_its_plan() -> None:
    now = MONDAY + timedelta(days=2)
    card = facts(memory_after(Rating.GOOD), due=WEEK.start(DAY + 2), plan_left=2)

    after = following(card, Rating.AGAIN, now=now)

    assert after.at == now + timedelta(minutes=1) and after.plan_left == 1


def test_a_learning_step_uses_no_plan_day() -> None:
    now = MONDAY + timedelta(days=2)
    memory = review(memory_after(Rating.GOOD), Rating.AGAIN, at=now, day=DAY + 2, zone=UTC)
    step = facts(memory, due=memory.due, plan_left=1)

    after = following(step, Rating.GOOD, now=now + timedelta(minutes=2))

    assert (WEEK.day(after.at) - DAY, after.plan_left) == (4, 1)


def test_an_answer_before_its_plan_day_leaves_the_plan_as_it_is() -> None:
    card = facts(memory_after(Rating.GOOD), due=WEEK.start(DAY + 2), plan_left=2)

    after = following(card, Rating.GOOD, now=MONDAY + timedelta(days=1))

    assert (WEEK.day(after.at) - DAY, after.plan_left) == (2, 2)


def test_the_model_leaves_the_day_of_a_sibling_free() -> None:
    memory = memory_after(Rating.EASY)
    now = MONDAY + timedelta(days=9)
    free = following(facts(memory, due=memory.due), Rating.GOOD, now=now)

    moved = following(facts(memory, due=memory.due), Rating.GOOD, now=now, taken=(WEEK.day(free.at),))

    assert WEEK.day(moved.at) != WEEK.day(free.at) and WEEK.works(WEEK.day(moved.at))


def test_why_due_says_plan_day_prediction_and_what_comes_next() -> None:
    now = MONDAY + timedelta(days=2)
    card = facts(memory_after(Rating.GOOD), due=WEEK.start(DAY + 2), plan_left=2)

    why = rules.why_due(card, last_right=True, last_sure=False, now=now, calendar=WEEK, taken=(), days=PLAN)

    assert (why.reason, why.plan_day, why.days_since) == (DueReason.PLAN, 2, 2)
    assert why.predicted is not None and 0.8 < why.predicted < 1
    assert (why.target, why.days_if_right) == (0.9, 2)


def test_why_due_of_a_card_never_seen_tells_no_prediction() -> None:
    card = facts(None, due=WEEK.start(DAY + 4), plan_left=1)

    why = rules.why_due(
        card,
        last_right=None,
        last_sure=None,
        now=MONDAY + timedelta(days=4),
        calendar=WEEK,
        taken=(),
        days=PLAN,
    )

    assert (why.reason, why.plan_day, why.predicted, why.days_since) == (DueReason.FIRST, 4, None, None)


def test_due_cards_come_first_one_a_point_and_steps_near_at_hand_last() -> None:
    def waiting(card_id: int, minutes: int, *, point: str, is_step: bool = False) -> Waiting:
        due = MONDAY + timedelta(minutes=minutes)
        return Waiting(card_id=card_id, point=(1, point), due=due, is_step=is_step)

    cards = [
        waiting(1, 10, point="a", is_step=True),
        waiting(2, -5, point="b"),
        waiting(3, -9, point="c"),
        waiting(4, -1, point="c"),  # a sibling of 3
        waiting(5, 15, point="d"),  # not due, no step
        waiting(6, 40, point="e", is_step=True),  # too far off
    ]

    assert [card.card_id for card in rules.in_turn(cards, now=MONDAY)] == [3, 2, 1]


def test_a_third_of_three_reaches_its_mark() -> None:
    assert rules.is_pass(rules.quiz_score([0.1] * 3), 0.1)


@pytest.mark.parametrize(("seconds", "ms"), [(7, 7000), (-1, None), (3600, 600_000)])
def test_response_times_are_bounded(seconds: int, ms: int | None) -> None:
    assert rules.bounded_ms(MONDAY, MONDAY + timedelta(seconds=seconds)) == ms


@pytest.mark.parametrize("kind", list(TYPES))
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_question_tells_nothing_before_it_is_answered(kind: str, language: str) -> None:
    view = item_view(practice_item(kind), skill=Skill.TOOLS, language=language, seed="s")

    told = json.dumps(asdict(view), ensure_ascii=False)

    assert "Why the" not in told and "sees that" not in told and "Eighteen" not in told
    assert view.correct is None and view.right_answer is None
    assert all(choice.right is None for choice in view.choices)
    assert all(line.right_place is None for line in view.lines)


@pytest.mark.parametrize("kind", list(TYPES))
def test_a_question_answered_right_shows_it(kind: str) -> None:
    item = practice_item(kind)

    view = item_view(
        item,
        skill=Skill.TOOLS,
        language="en",
        seed="s",
        given=Given(response=correct_response(item), phase=Phase.DONE),
    )

    assert view.correct and view.explanation
    assert all(line.right for line in view.lines) and all(pair.right for pair in view.pairs)


def test_a_wrong_try_in_a_lesson_says_why_and_not_what_is_right() -> None:
    view = item_view(
        practice_item("single"),
        skill=Skill.TOOLS,
        language="en",
        seed="s",
        given=Given(response="a", phase=Phase.AGAIN, tries=1),
    )

    assert [reason.why for reason in view.reasons] == ["Asking comes later."]
    assert view.explanation is None and all(choice.right is None for choice in view.choices)


def test_after_two_wrong_tries_the_explanation_helps() -> None:
    view = item_view(
        practice_item("numeric"),
        skill=Skill.TOOLS,
        language="en",
        seed="s",
        given=Given(response="99", phase=Phase.AGAIN, tries=2),
    )

    assert view.explanation == "Why the numeric answer is right"


def test_the_state_after_one_good_answer_is_learning() -> None:
    assert memory_after(Rating.GOOD).state is State.LEARNING
