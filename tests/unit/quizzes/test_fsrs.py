"""The memory model: golden sequences, days, the log, and the laws that it must keep."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import fsrs as oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizzes.fsrs import (
    DEFAULT,
    DEFAULT_WEIGHTS,
    Memory,
    Parameters,
    Rating,
    Review,
    State,
    day_start,
    in_order,
    interval_days,
    replay,
    retrievability,
    review,
    study_day,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
GOLDEN_STATES = {1: State.LEARNING, 2: State.REVIEW, 3: State.RELEARNING}
SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


def at_ms(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)


def ms(at: datetime) -> int:
    return (at - EPOCH) // timedelta(milliseconds=1)


def local(text: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def memory(**changes: Any) -> Memory:
    due = day_start(20_005, SHANGHAI)
    card = Memory(state=State.REVIEW, step=0, stability=5.0, difficulty=5.0, due=due, last_day=20_000)
    return replace(card, **changes)


def reviewed(card: Memory | None, rating: Rating, day: int, **changes: Any) -> Memory:
    noon = day_start(day, SHANGHAI) + timedelta(hours=8)
    return review(card, rating, at=noon, day=day, zone=SHANGHAI, **changes)


# Golden sequences


def test_python_agrees_with_the_golden_vectors(vectors: Any) -> None:
    steps = 0
    for card in vectors("fsrs_golden.json"):
        zone, kept = timezone(timedelta(minutes=card["tz_min"])), None

        for at, rating, state, step, stability, difficulty, due in card["steps"]:
            kept = review(kept, Rating(rating), at=at_ms(at), day=study_day(at_ms(at), zone), zone=zone)

            assert (kept.state, kept.step, kept.due) == (GOLDEN_STATES[state], step, at_ms(due))
            assert kept.stability == pytest.approx(stability, abs=1e-9, rel=0)
            assert kept.difficulty == pytest.approx(difficulty, abs=1e-9, rel=0)
            steps += 1

    assert steps == 392


def test_javascript_agrees_with_the_golden_vectors(vectors: Any, twins: Any) -> None:
    cards = vectors("fsrs_golden.json")

    walks = twins("golden", cases=[{"zone": card["tz_min"], "steps": card["steps"]} for card in cards])

    for card, walk in zip(cards, walks, strict=True):
        for (_, _, state, step, stability, difficulty, due), kept in zip(card["steps"], walk, strict=True):
            assert (kept["state"], kept["step"], kept["due"]) == (GOLDEN_STATES[state], step, due)
            assert kept["stability"] == pytest.approx(stability, abs=1e-9, rel=0)
            assert kept["difficulty"] == pytest.approx(difficulty, abs=1e-9, rel=0)


# Python against JavaScript

ZONES = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]


def a_log(chance: random.Random, zone: ZoneInfo) -> list[Review]:
    at, log = ms(datetime(2026, 1, 1, tzinfo=UTC)) + chance.randrange(10**10), []
    for number in range(chance.randint(1, 40)):
        at += chance.choice(
            [chance.randrange(60_000), chance.randrange(86_400_000), chance.randrange(10**10)]
        )
        rating = Rating(chance.choices([1, 2, 3, 4], [20, 15, 55, 10])[0])
        log.append(Review(at=at_ms(at), day=study_day(at_ms(at), zone), id=str(number), rating=rating))
    log += chance.sample(log, len(log) // 5)
    chance.shuffle(log)
    return log


def test_a_thousand_random_logs_end_the_same_in_python_and_javascript(twins: Any) -> None:
    chance = random.Random(6)
    logs = [(zone := chance.choice(ZONES), a_log(chance, ZoneInfo(zone))) for _ in range(1000)]

    cases = [
        {
            "zone": zone,
            "log": [
                {"id": line.id, "at": ms(line.at), "day": line.day, "rating": line.rating} for line in log
            ],
        }
        for zone, log in logs
    ]
    theirs = twins("logs", cases=cases)

    differences = 0
    for (zone, log), other in zip(logs, theirs, strict=True):
        ours = replay(log, zone=ZoneInfo(zone))
        assert ours is not None
        exact = (ours.state, ours.step, ms(ours.due), ours.last_day)
        same = exact == (other["state"], other["step"], other["due"], other["lastDay"])
        close = abs(ours.difficulty - other["difficulty"]) <= 1e-9
        close &= abs(ours.stability - other["stability"]) <= 1e-9 * max(1.0, ours.stability)
        differences += not (same and close)
    assert differences == 0


def test_study_days_are_the_same_in_python_and_javascript_around_every_clock_change(twins: Any) -> None:
    changes = [
        datetime(2026, *date, tzinfo=UTC) for date in ((3, 8), (3, 29), (4, 5), (10, 4), (10, 25), (11, 1))
    ]
    hours = [change + timedelta(hours=hour) for change in changes for hour in range(-36, 60)]
    cases = [{"at": ms(at), "zone": zone} for zone in ZONES for at in hours]

    theirs = twins("days", cases=cases)

    ours = []
    for case in cases:
        zone = ZoneInfo(case["zone"])
        day = study_day(at_ms(case["at"]), zone)
        ours.append([day, ms(day_start(day, zone))])
    assert ours == theirs


# The library as oracle


def test_stability_and_difficulty_agree_with_py_fsrs_on_noon_reviews_without_steps() -> None:
    chance = random.Random(21)
    parameters = Parameters(learning_steps=(), relearning_steps=())
    scheduler = oracle.Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)

    for _ in range(200):
        ours: Memory | None = None
        theirs, day = oracle.Card(), 0
        for _ in range(25):
            at, rating = noon + timedelta(days=day), chance.choices([1, 2, 3, 4], [20, 15, 55, 10])[0]
            ours = review(
                ours, Rating(rating), at=at, day=study_day(at, UTC), zone=UTC, parameters=parameters
            )
            theirs, _log = scheduler.review_card(theirs, oracle.Rating(rating), at)

            assert theirs.stability is not None
            assert ours.stability == pytest.approx(min(theirs.stability, 36500), abs=1e-9, rel=1e-12)
            assert ours.difficulty == pytest.approx(theirs.difficulty, abs=1e-9, rel=0)
            if theirs.stability > 36500:
                break
            day += chance.choice([0, 1, 1, 2, 3, 5, 8, 20, 60])


# Days


@pytest.mark.parametrize(
    ("wall", "date"),
    [
        ("2026-05-04T23:59", "2026-05-04"),
        ("2026-05-05T00:01", "2026-05-04"),
        ("2026-05-05T03:59", "2026-05-04"),
        ("2026-05-05T03:59:59.999999", "2026-05-04"),
        ("2026-05-05T04:00", "2026-05-05"),
        ("2026-05-05T04:01", "2026-05-05"),
    ],
)
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "America/Los_Angeles"])
def test_a_study_day_begins_at_four_in_the_morning(wall: str, date: str, zone: str) -> None:
    day = study_day(local(wall, ZoneInfo(zone)), ZoneInfo(zone))

    assert EPOCH.date() + timedelta(days=day) == datetime.fromisoformat(date).date()


@pytest.mark.parametrize(
    ("wall", "hours"),
    [
        ("2026-03-28T04:00", 23),  # the clock goes forward on 29 March at 02:00
        ("2026-10-24T04:00", 25),  # and back on 25 October at 03:00
        ("2026-03-29T04:00", 24),
        ("2026-10-25T04:00", 24),
    ],
)
def test_a_study_day_is_as_long_as_the_clock_makes_it(wall: str, hours: int) -> None:
    day = study_day(local(wall, BERLIN), BERLIN)

    start, end = day_start(day, BERLIN), day_start(day + 1, BERLIN)

    assert start == local(wall, BERLIN)
    assert end - start == timedelta(hours=hours)
    assert study_day(end - timedelta(microseconds=1), BERLIN) == day
    assert study_day(end, BERLIN) == day + 1


@pytest.mark.parametrize("date", ["2026-03-28", "2026-10-24"])
def test_a_card_is_due_at_four_local_time_on_both_days_of_clock_change(date: str) -> None:
    at = local(f"{date}T12:00", BERLIN)

    kept = review(None, Rating.EASY, at=at, day=study_day(at, BERLIN), zone=BERLIN)

    assert kept.due.astimezone(BERLIN).hour == 4
    assert study_day(kept.due, BERLIN) == study_day(at, BERLIN) + 8


def test_two_minutes_over_four_oclock_are_a_day_and_over_midnight_are_none() -> None:
    learnt = reviewed(None, Rating.EASY, 20_000)

    over_midnight = replace(learnt, last_day=study_day(local("2026-05-04T23:59", SHANGHAI), SHANGHAI))
    same_day = study_day(local("2026-05-05T00:01", SHANGHAI), SHANGHAI)
    next_day = study_day(local("2026-05-05T04:01", SHANGHAI), SHANGHAI)

    assert retrievability(over_midnight, day=same_day) == 1
    assert retrievability(over_midnight, day=next_day) < 1


def test_travelling_back_over_the_date_line_counts_as_the_same_day() -> None:
    card = memory()

    kept = reviewed(card, Rating.GOOD, card.last_day - 1)

    assert kept.last_day == card.last_day
    assert kept.stability >= card.stability


@pytest.mark.parametrize("at", [datetime(2026, 5, 4, 12), datetime(2026, 5, 4, 12, tzinfo=SHANGHAI)])  # noqa: DTZ001
def test_a_time_that_is_not_utc_is_refused(at: datetime) -> None:
    with pytest.raises(ValueError, match="UTC"):
        review(None, Rating.GOOD, at=at, day=20_000, zone=SHANGHAI)
    with pytest.raises(ValueError, match="UTC"):
        study_day(at, SHANGHAI)


# Steps


@pytest.mark.parametrize(
    ("before", "rating", "state", "step", "minutes"),
    [
        (None, Rating.AGAIN, State.LEARNING, 0, 1),
        (None, Rating.HARD, State.LEARNING, 0, 5.5),  # the mean of the first two steps
        (None, Rating.GOOD, State.LEARNING, 1, 10),
        ((State.LEARNING, 1), Rating.AGAIN, State.LEARNING, 0, 1),
        ((State.LEARNING, 1), Rating.HARD, State.LEARNING, 1, 10),
        ((State.RELEARNING, 0), Rating.AGAIN, State.RELEARNING, 0, 10),
        ((State.RELEARNING, 0), Rating.HARD, State.RELEARNING, 0, 15),  # one step only: half as long again
        ((State.REVIEW, 0), Rating.AGAIN, State.RELEARNING, 0, 10),
    ],
)
def test_a_step_waits_minutes(before: Any, rating: Rating, state: State, step: int, minutes: float) -> None:
    card = None if before is None else memory(state=before[0], step=before[1])

    kept = reviewed(card, rating, 20_000)

    assert (kept.state, kept.step) == (state, step)
    assert kept.due == day_start(20_000, SHANGHAI) + timedelta(hours=8, minutes=minutes)


@pytest.mark.parametrize(
    ("before", "rating"),
    [
        (None, Rating.EASY),
        ((State.LEARNING, 0), Rating.EASY),
        ((State.LEARNING, 1), Rating.GOOD),
        ((State.LEARNING, 5), Rating.HARD),  # learnt under a set with more steps
        ((State.RELEARNING, 0), Rating.GOOD),
        ((State.RELEARNING, 0), Rating.EASY),
        ((State.REVIEW, 0), Rating.HARD),
    ],
)
def test_a_graduated_card_is_due_at_the_start_of_a_study_day(before: Any, rating: Rating) -> None:
    card = None if before is None else memory(state=before[0], step=before[1])

    kept = reviewed(card, rating, 20_000)

    assert (kept.state, kept.step) == (State.REVIEW, 0)
    assert kept.due == day_start(20_000 + interval_days(kept.stability), SHANGHAI)


def test_the_interval_stays_between_a_day_and_the_maximum() -> None:
    assert interval_days(0.001) == 1
    assert interval_days(36_500.0) == 36_500
    assert interval_days(400.0, parameters=Parameters(maximum_interval=90)) == 90


def test_at_ninety_per_cent_the_interval_is_the_stability_rounded_half_up() -> None:
    assert [interval_days(days) for days in (1.4, 2.6, 7.0, 30.2)] == [1, 3, 7, 30]


def test_a_higher_desired_retention_shortens_the_interval() -> None:
    assert interval_days(30, parameters=Parameters(desired_retention=0.95)) < interval_days(30)


@pytest.mark.parametrize(
    "changes",
    [
        {"weights": DEFAULT_WEIGHTS[:-1]},
        {"weights": (*DEFAULT_WEIGHTS[:-1], 0.9)},
        {"weights": (float("nan"), *DEFAULT_WEIGHTS[1:])},
        {"desired_retention": 1.0},
        {"maximum_interval": 0},
    ],
)
def test_parameters_outside_their_bounds_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"weights|desired_retention|maximum_interval"):
        Parameters(**changes)


# Laws

cards = st.builds(
    memory,
    state=st.sampled_from(State),
    stability=st.floats(0.001, 36_500),
    difficulty=st.floats(1, 10),
)


@given(card=st.none() | cards, elapsed=st.integers(0, 4000))
def test_a_better_grade_never_lowers_stability(card: Memory | None, elapsed: int) -> None:
    after = [reviewed(card, rating, 20_000 + elapsed).stability for rating in Rating]

    assert after == sorted(after)


@given(card=cards, elapsed=st.integers(0, 4000), rating=st.sampled_from(Rating))
def test_values_stay_in_their_ranges(card: Memory, elapsed: int, rating: Rating) -> None:
    kept = reviewed(card, rating, 20_000 + elapsed)

    assert 0.001 <= kept.stability <= 36_500
    assert 1 <= kept.difficulty <= 10
    assert kept.due.utcoffset() == timedelta(0)


@given(card=cards, elapsed=st.integers(0, 4000))
def test_recall_falls_with_time(card: Memory, elapsed: int) -> None:
    recall = [retrievability(card, day=20_000 + days) for days in (elapsed, elapsed + 1)]

    assert 1 >= recall[0] > recall[1] > 0


@given(days=st.integers(1, 36_500))
def test_recall_after_as_many_days_as_the_stability_is_nine_in_ten(days: int) -> None:
    card = memory(stability=float(days))

    assert retrievability(card, day=20_000 + days) == pytest.approx(0.9, abs=1e-12)


@given(card=cards, rating=st.sampled_from([Rating.HARD, Rating.GOOD, Rating.EASY]))
def test_remembering_on_the_same_day_never_lowers_stability(card: Memory, rating: Rating) -> None:
    assert reviewed(card, rating, 20_000).stability >= card.stability


# The log


@given(seed=st.integers(0, 10**6), order=st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_a_log_that_arrives_shuffled_ends_in_the_same_state(seed: int, order: random.Random) -> None:
    log = a_log(random.Random(seed), SHANGHAI)
    shuffled = order.sample(log, len(log))

    assert replay(shuffled, zone=SHANGHAI) == replay(log, zone=SHANGHAI)


def test_the_same_review_sent_twice_counts_once() -> None:
    line = Review(at=day_start(20_000, SHANGHAI), day=20_000, id="a", rating=Rating.GOOD)
    later = Review(at=day_start(20_003, SHANGHAI), day=20_003, id="b", rating=Rating.GOOD)

    assert replay([line, later, line, later], zone=SHANGHAI) == replay([line, later], zone=SHANGHAI)
    assert in_order([later, line, line]) == [line, later]


def test_two_reviews_at_the_same_instant_both_count() -> None:
    line = Review(at=day_start(20_000, SHANGHAI), day=20_000, id="a", rating=Rating.GOOD)

    assert len(in_order([line, replace(line, id="b")])) == 2


def test_a_replay_ends_where_reviewing_one_by_one_does() -> None:
    log = in_order(a_log(random.Random(3), BERLIN))

    kept: Memory | None = None
    for line in log:
        kept = review(kept, line.rating, at=line.at, day=line.day, zone=BERLIN)

    assert replay(log, zone=BERLIN, parameters=DEFAULT) == kept


def test_an_empty_log_is_no_memory() -> None:
    assert replay([], zone=SHANGHAI) is None
