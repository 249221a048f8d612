"""Classical analysis: figures worked out by hand, and what holds of all answers."""

from __future__ import annotations

import math
from statistics import correlation
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizzes.analysis import First, analyse, discrimination, is_weak, shared_difficulty
from tests.practice_course import practice_item

SINGLE = practice_item("single")


def first(response: Any, *, rest: float | None = None, **more: Any) -> First:
    return First(response=response, correct=more.pop("correct", response == "b"), rest=rest, **more)


def test_facility_and_discrimination_as_worked_out_by_hand() -> None:
    # right: 0.8 0.6 0.7, wrong: 0.4 0.5. Means: right 0.6, rest 0.6.
    # Shared: .4·.2 + .4·0 + .4·.1 + .6·.2 + .6·.1 = .30; spread: sqrt(1.2 · 0.1) = .34641
    answers = [
        first("b", rest=0.8),
        first("b", rest=0.6),
        first("b", rest=0.7),
        first("a", rest=0.4),
        first("c", rest=0.5),
    ]

    found = analyse(SINGLE, answers)

    assert found is not None
    assert found.n == found.compared == 5
    assert found.facility == pytest.approx(0.6)
    assert found.discrimination == pytest.approx(0.3 / math.sqrt(0.12))
    assert found.difficulty == pytest.approx(-math.log((5 / 9) / (4 / 9))), "(3 + 4 · 0.5) / 9"
    assert not found.flagged
    assert [(use.id, use.n, use.share, use.right) for use in found.uses] == [
        ("a", 1, 0.2, False),
        ("b", 3, 0.6, True),
        ("c", 1, 0.2, False),
    ]
    assert {use.weak for use in found.uses} == {None}, "a third of five learners is too few"


@pytest.mark.parametrize(
    ("correct", "n", "mean", "expected"),
    [
        (0, 0, 0.5, 0.0),
        (0, 0, 0.75, -math.log(3)),
        (8, 16, 0.5, 0.0),
        (16, 16, 0.5, -math.log(9)),
        (0, 16, 0.5, math.log(9)),
        (0, 0, 0.0, math.log(999)),
        (4, 4, 1.0, -math.log(999)),
    ],
)
def test_shared_difficulty(correct: int, n: int, mean: float, expected: float) -> None:
    assert shared_difficulty(correct, n, mean=mean) == pytest.approx(expected)


def test_more_right_than_answers_is_refused() -> None:
    with pytest.raises(ValueError, match="3 right of 2"):
        shared_difficulty(3, 2, mean=0.5)


@pytest.mark.parametrize(
    ("n", "found", "weak"),
    [(20, 0.099, True), (20, -0.4, True), (20, 0.1, False), (19, -1.0, False), (40, None, False)],
)
def test_an_item_is_flagged_from_twenty_answers_on(n: int, found: float | None, weak: bool) -> None:
    assert is_weak(n, found) is weak


def test_nothing_is_said_of_four_answers() -> None:
    assert analyse(SINGLE, [first("b")] * 4) is None
    assert analyse(SINGLE, [first("b")] * 5) is not None


def test_where_all_are_right_there_is_no_discrimination_and_no_flag() -> None:
    found = analyse(SINGLE, [first("b", rest=place / 30) for place in range(30)])

    assert found is not None and found.discrimination is None and not found.flagged


def test_a_distractor_that_strong_learners_take_is_seen_in_the_thirds_and_flags_the_item() -> None:
    weak = [first("b", rest=0.1 + place / 1000) for place in range(10)]
    middle = [first("c", rest=0.5 + place / 1000) for place in range(10)]
    strong = [first("a", rest=0.9 + place / 1000) for place in range(10)]

    found = analyse(SINGLE, [*strong, *weak, *middle])

    assert found is not None and found.flagged
    assert {use.id: (use.weak, use.strong) for use in found.uses} == {
        "a": (0.0, 1.0),
        "b": (1.0, 0.0),
        "c": (0.0, 0.0),
    }


def test_sure_and_wrong_is_a_misconception_and_unsure_is_not() -> None:
    answers = [
        *(first("c", sure=True) for _ in range(3)),
        first("a", sure=True),
        first("a", sure=False),
        first("a"),
        first("b", sure=True),
    ]

    found = analyse(SINGLE, answers)

    assert found is not None
    assert [(use.id, use.n) for use in found.misconceptions] == [("c", 3), ("a", 1)]


def test_parts_count_where_they_were_handled_rightly() -> None:
    order = practice_item("order")
    answers = [first(["a", "b", "c"], correct=True)] * 3 + [first(["a", "c", "b"], correct=False)] * 2

    found = analyse(order, answers)

    assert found is not None
    assert [(use.id, use.n) for use in found.uses] == [("a", 5), ("b", 3), ("c", 3)]


def test_typed_answers_are_quoted_from_two_on_and_alike_ones_count_as_one() -> None:
    typed = practice_item("short_text")
    given = ["First response time", "first  response time", "handling time", "Handling time", "Herr Lang"]
    answers = [first(words, correct="irst" in words, sure=True) for words in given]

    found = analyse(typed, answers)

    assert found is not None
    assert [(use.id, use.n, use.right) for use in found.uses] == [
        ("first response time", 2, True),
        ("handling time", 2, False),
    ]
    assert [use.id for use in found.misconceptions] == ["handling time"]


def test_time_is_the_median_with_its_quarters() -> None:
    answers = [first("b", response_ms=ms) for ms in (1000, 2000, 3000, 4000, 90_000)] + [first("b")]

    found = analyse(SINGLE, answers)

    assert found is not None and found.times is not None
    assert (found.times.n, found.times.low, found.times.median, found.times.high) == (5, 2000, 3000, 4000)


PAIRS = st.lists(st.tuples(st.booleans(), st.integers(0, 50).map(lambda whole: whole / 50)), max_size=60)


@settings(deadline=None)
@given(PAIRS)
def test_discrimination_is_pearsons_r_and_none_exactly_where_that_has_no_value(
    pairs: list[tuple[bool, float]],
) -> None:
    found = discrimination(pairs)

    if len({right for right, _ in pairs}) < 2 or len({rest for _, rest in pairs}) < 2:
        assert found is None
    else:
        assert found == pytest.approx(correlation([float(x) for x, _ in pairs], [y for _, y in pairs]))


@settings(deadline=None)
@given(PAIRS)
def test_discrimination_turns_its_sign_with_the_key_and_cares_not_for_order(
    pairs: list[tuple[bool, float]],
) -> None:
    found = discrimination(pairs)
    turned = discrimination([(not right, rest) for right, rest in pairs])
    back = discrimination(pairs[::-1])

    if found is None:
        assert turned is None and back is None
    else:
        assert turned == pytest.approx(-found, abs=1e-9) and back == pytest.approx(found, abs=1e-9)


@settings(deadline=None)
@given(st.integers(0, 500), st.integers(0, 500), st.floats(0, 1))
def test_an_item_grows_easier_with_each_right_answer_and_harder_with_each_wrong_one(
    correct: int, wrong: int, mean: float
) -> None:
    n = correct + wrong
    here = shared_difficulty(correct, n, mean=mean)

    assert math.isfinite(here)
    assert shared_difficulty(correct + 1, n + 1, mean=mean) <= here
    assert shared_difficulty(correct, n + 1, mean=mean) >= here


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "c"]), min_size=5, max_size=40))
def test_the_shares_of_a_single_choice_add_up_to_all(taken: list[str]) -> None:
    found = analyse(SINGLE, [first(choice, rest=0.5) for choice in taken])

    assert found is not None
    assert sum(use.n for use in found.uses) == len(taken)
    assert math.fsum(use.share for use in found.uses) == pytest.approx(1)
