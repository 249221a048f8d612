"""From an answer to a rating: the five rules, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from quizzes.fsrs import Rating
from quizzes.rating import Confidence, is_misconception, rate

CAMEL = {
    "response_ms": "responseMs",
    "median_ms": "medianMs",
    "log_time_z": "logTimeZ",
    "answers_on_item": "answersOnItem",
    "first_sight": "firstSight",
}


def test_every_rule_has_its_vectors(vectors: Any) -> None:
    assert {case["rule"] for case in vectors("rating.json")} == {1, 2, 3, 4, 5}


def test_python_rates_as_the_vectors_say(vectors: Any) -> None:
    wrong = []
    for case in vectors("rating.json"):
        answer = dict(case["answer"])
        if answer.get("confidence"):
            answer["confidence"] = Confidence(answer["confidence"])
        if rate(**answer) != case["rating"]:
            wrong.append(case)

    assert wrong == []


def test_javascript_rates_as_the_vectors_say(vectors: Any, twins: Any) -> None:
    cases = vectors("rating.json")
    answers = [{CAMEL.get(key, key): value for key, value in case["answer"].items()} for case in cases]

    seen = twins("rating", cases=answers)

    assert [rating for rating, _ in seen] == [case["rating"] for case in cases]
    for case, (_, misconception) in zip(cases, seen, strict=True):
        assert misconception == (not case["answer"]["correct"] and case["answer"].get("confidence") == "sure")


def test_without_anything_known_right_is_good_and_wrong_is_again() -> None:
    assert rate(correct=True) is Rating.GOOD
    assert rate(correct=False) is Rating.AGAIN


def test_a_failure_is_never_hard() -> None:
    slow = {"log_time_z": 3.0, "answers_on_item": 100, "recall": 0.99, "guess": 0.02}

    for confidence in (None, *Confidence):
        assert rate(correct=False, confidence=confidence, **slow) is Rating.AGAIN  # type: ignore[arg-type]


def test_a_choice_from_a_list_is_never_easy() -> None:
    quick = rate(
        correct=True, confidence=Confidence.SURE, log_time_z=-3.0, answers_on_item=100, first_sight=False
    )

    assert quick is Rating.GOOD


@pytest.mark.parametrize("guess", [1 / 2, 1 / 4, 1 / 15, 0.02])
def test_an_unsure_answer_counts_for_more_the_better_it_was_known(guess: float) -> None:
    ratings = [
        rate(correct=True, confidence=Confidence.UNSURE, recall=percent / 100, guess=guess)
        for percent in range(101)
    ]

    assert ratings == sorted(ratings)
    assert ratings[0] is Rating.AGAIN
    assert ratings[-1] is Rating.HARD


def test_sure_and_wrong_is_a_misconception() -> None:
    assert is_misconception(correct=False, confidence=Confidence.SURE)
    assert not is_misconception(correct=False, confidence=Confidence.UNSURE)
    assert not is_misconception(correct=False, confidence=None)
    assert not is_misconception(correct=True, confidence=Confidence.SURE)
