"""What checks say of a group: coverage and false alarms by simulation, suppression, bounds, verdicts."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from lms.domain import retention
from lms.domain.intervals import Interval
from lms.domain.retention import Arm, Case, Figure, Mark, Outcome, Standing, Verdict

RUNS = 600
GUESSES = (0.25, 0.25, 0.02, 1 / 15, 0.25, 1 / 6)
"""Chances of guessing as they are mixed in the bank: single choice, typed, multiple, order."""


def mark(correct: bool, *, guess: float = 0.25, arm: Arm = Arm.SPACED, **more: Any) -> Mark:
    return Mark(point="p", correct=correct, guess=guess, arm=arm, **{"skill": "tools", **more})


def answers(random: Random, known: float, *, count: int = 6, arm: Arm = Arm.SPACED) -> tuple[Mark, ...]:
    """Answers of somebody who knows each item by a chance, and guesses the others."""
    return tuple(
        mark(random.random() < known + (1 - known) * guess, guess=guess, arm=arm)
        for guess in (GUESSES[n % len(GUESSES)] for n in range(count))
    )


def knowing(random: Random, mean: float, spread: float = 4.0) -> float:
    """One learner's share of what they know: a beta distribution around the mean."""
    return random.betavariate(mean * spread, (1 - mean) * spread)


def case(learner: int, random: Random, known: float, *, held: float | None = None, **more: Any) -> Case:
    delayed = answers(random, known)
    if held is not None:
        delayed += answers(random, held, count=4, arm=Arm.HELD_OUT)
    return Case(
        learner=learner,
        first_form="AB"[learner % 2],
        outcome=Outcome.COUNTED,
        delayed=delayed,
        immediate=more.pop("immediate", ()),
        **more,
    )


@pytest.mark.parametrize("raw", [0.4, 0.8])
@pytest.mark.parametrize("spread", [2.0, 8.0, 60.0])
def test_the_interval_covers_the_truth(raw: float, spread: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """n = 20, 600 seeded runs, learners as different or alike as can be: 93 of 100 and more."""
    monkeypatch.setattr(retention, "WIDEST", 2.0)
    guess = sum(GUESSES) / len(GUESSES)
    truth = (raw - guess) / (1 - guess)
    random = Random(f"{raw} {spread}")
    covered = 0
    for _ in range(RUNS):
        cases = [case(n, random, knowing(random, truth, spread)) for n in range(20)]
        found = retention.report(cases, details=False).kept
        assert found.interval is not None
        covered += found.interval.holds(truth)

    assert covered / RUNS >= 0.93


def alarms(figure: Callable[[Random], Figure | bool | None]) -> float:
    """Answer how often a figure lies off its truth, 0 or a difference where there is none."""
    random = Random(11)
    found = 0
    for _ in range(RUNS):
        one = figure(random)
        assert one is not None
        if isinstance(one, Figure):
            assert one.interval is not None
            one = not one.interval.holds(0.0)
        found += one
    return found / RUNS


def test_no_effect_of_reviews_is_seldom_taken_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "WIDEST", 2.0)

    def effect(random: Random) -> Figure:
        learners = [knowing(random, 0.6) for _ in range(20)]
        cases = [case(n, random, known, held=known) for n, known in enumerate(learners)]
        return retention.report(cases).effect

    assert alarms(effect) <= 0.07


def test_equal_forms_seldom_raise_an_alarm() -> None:
    def differ(random: Random) -> bool | None:
        cases = [
            case(n, random, 0.5, immediate=answers(random, knowing(random, 0.7), count=10)) for n in range(20)
        ]
        return retention.forms_differ(cases)

    assert alarms(differ) <= 0.07


def test_forms_that_differ_are_told() -> None:
    random = Random(3)
    cases = [case(n, random, 0.5, immediate=answers(random, 0.9 if n % 2 else 0.3)) for n in range(30)]

    assert retention.forms_differ(cases) is True
    assert retention.forms_differ(cases[:8]) is None


def test_what_was_retained_covers_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "WIDEST", 2.0)
    random = Random(5)
    covered = 0
    for _ in range(RUNS):
        cases = []
        for n in range(20):
            known = knowing(random, 0.8, 6)
            cases.append(case(n, random, known * 0.75, immediate=answers(random, known)))
        found = retention.report(cases).retained.interval
        assert found is not None
        covered += found.holds(0.75)

    assert covered / RUNS >= 0.93


def test_a_harder_form_moves_no_estimate_where_it_is_balanced() -> None:
    """40 learners with form B later, 10 with A: the mean of the two groups, not of the learners."""
    hard = [
        Case(learner=n, first_form="A", outcome=Outcome.COUNTED, delayed=(mark(False), mark(True)) * 3)
        for n in range(40)
    ]
    easy = [
        Case(learner=n, first_form="B", outcome=Outcome.COUNTED, delayed=(mark(True), mark(True)) * 3)
        for n in range(40, 50)
    ]

    found = retention.report(hard + easy).kept

    right, wrong = 1.0, -0.25 / 0.75
    assert found.value == pytest.approx(((right + wrong) / 2 + right) / 2)


def sample(count: int, *, missed: int = 0, **more: Any) -> list[Case]:
    random = Random(1)
    cases = [case(n, random, 0.8, held=0.5, immediate=answers(random, 0.9)) for n in range(count)]
    return cases + [
        Case(learner=1000 + n, first_form="A", outcome=Outcome.MISSED, **more) for n in range(missed)
    ]


@pytest.mark.parametrize("count", [0, 1, 4])
def test_nothing_is_said_of_fewer_than_five(count: int) -> None:
    found = retention.report(sample(count))

    for figure in (found.kept, found.unreviewed, found.effect, found.retained):
        assert figure.standing is Standing.HIDDEN
        assert (figure.value, figure.interval, figure.have) == (None, None, None)
    assert found.bounds is None and found.forms_differ is None


@pytest.mark.parametrize(
    ("cases", "standing", "have", "need"),
    [
        (sample(9), Standing.FEW, 9, 10),
        (sample(20, missed=20), Standing.RESPONSE, 0.5, 0.7),
        (sample(60, missed=20), Standing.SHOWN, None, None),
    ],
)
def test_too_little_is_said_with_what_there_is_and_what_is_needed(
    cases: list[Case], standing: Standing, have: float | None, need: float | None
) -> None:
    found = retention.report(cases).kept

    assert (found.standing, found.have, found.need) == (standing, have, need)
    assert (found.value is None) == (standing is not Standing.SHOWN)


def test_an_interval_too_wide_is_not_shown() -> None:
    random = Random(2)
    cases = [case(n, random, random.choice((0.0, 1.0))) for n in range(12)]

    found = retention.report(cases).kept

    assert found.standing is Standing.WIDE and found.value is None
    assert found.have is not None and found.have > found.need == 0.25


def test_pending_checks_are_not_held_against_the_response_and_excluded_ones_are() -> None:
    cases = sample(14, missed=2)
    cases += [Case(learner=2000 + n, first_form="A", outcome=Outcome.PENDING) for n in range(30)]
    cases += [Case(learner=3000 + n, first_form="B", outcome=Outcome.EXCLUDED) for n in range(4)]

    counts = retention.count(cases)

    assert (counts.counted, counts.missed, counts.excluded, counts.pending) == (14, 2, 4, 30)
    assert counts.response == pytest.approx(14 / 20)


def test_the_bounds_hold_the_truth_where_60_percent_respond() -> None:
    """Those who forgot most come least: the estimate is off, the bounds are not."""
    random = Random(4)
    off = 0
    for _ in range(100):
        known = [knowing(random, 0.6) for _ in range(60)]
        truth = sum(known) / len(known)
        come = set(sorted(range(60), key=lambda n: -known[n] + random.gauss(0, 0.1))[:36])
        cases = [
            case(n, random, known[n])
            if n in come
            else Case(learner=n, first_form="AB"[n % 2], outcome=Outcome.MISSED)
            for n in range(60)
        ]
        found = retention.report(cases, details=False)
        assert found.kept.standing is Standing.RESPONSE
        assert found.bounds is not None and found.bounds.holds(truth)
        taken = [case for case in cases if case.outcome is Outcome.COUNTED]
        off += retention.report(taken, details=False).bounds.low > truth  # type: ignore[union-attr]
    assert off > 80


def test_the_effect_is_the_difference_in_the_same_learners_and_only_items_chosen_count() -> None:
    random = Random(8)
    cases = [case(n, random, 0.9, held=0.4) for n in range(60)]

    whole = retention.report(cases)
    none = retention.report(cases, choose=lambda one: one.skill == "culture")

    assert whole.effect.shown and whole.effect.value is not None and 0.35 < whole.effect.value < 0.65
    assert whole.unreviewed.value is not None and 0.3 < whole.unreviewed.value < 0.5
    assert none.kept.standing is Standing.HIDDEN


def test_a_point_that_was_practised_all_the_same_is_in_neither_arm() -> None:
    cases = [
        Case(
            learner=n, first_form="AB"[n % 2], outcome=Outcome.COUNTED, delayed=(mark(True, arm=Arm.EXPOSED),)
        )
        for n in range(20)
    ]

    found = retention.report(cases)

    assert found.kept.learners == found.unreviewed.learners == 0


def test_retained_is_unknown_where_nobody_knew_anything_on_the_day() -> None:
    cases = [
        Case(
            learner=n,
            first_form="AB"[n % 2],
            outcome=Outcome.COUNTED,
            delayed=(mark(True),),
            immediate=(mark(False),),
        )
        for n in range(20)
    ]

    assert retention.report(cases).retained.standing is Standing.WIDE


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.41, 0.6, Verdict.ABOVE),
        (0.40, 0.6, Verdict.CANNOT_TELL),
        (0.30, 0.6, Verdict.CANNOT_TELL),
        (0.20, 0.39, Verdict.BELOW),
    ],
)
def test_a_verdict_comes_from_the_end_of_the_interval(low: float, high: float, expected: Verdict) -> None:
    figure = Figure(
        standing=Standing.SHOWN, learners=40, value=(low + high) / 2, interval=Interval(low, high)
    )

    assert retention.verdict(figure, 0.4) is expected


def test_a_figure_that_is_not_shown_gives_no_verdict() -> None:
    figure = Figure(standing=Standing.FEW, learners=7, have=7, need=10)

    assert retention.verdict(figure, 0.0) is Verdict.CANNOT_TELL
