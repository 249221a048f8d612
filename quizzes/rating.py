"""From an answer to an FSRS rating. Twin of courses/packages/player/rating.js (tests/vectors/rating.json).

The rating is given once, when the answer is, and stored with the review; a replay never works it out again.
"""

from __future__ import annotations

from enum import StrEnum

from quizzes.fsrs import Rating
from quizzes.grading import TYPED_GUESS
from quizzes.item import DEFAULT_PRIOR

KNOWN_AND_UNSURE = 0.1
"""Share of those who know an answer and still say that they are unsure."""
UNKNOWN_AND_UNSURE = 0.9
"""Share of those who do not know it and say so."""
HURRIED = 0.1
"""Under this share of the item's median time nobody has read the question."""
SLOW_Z = 1.28
QUICK_Z = -1.0
ENOUGH_ANSWERS = 20
"""Before so many answers on an item its times say nothing."""


class Confidence(StrEnum):
    """What the learner said before the answer was shown."""

    SURE = "sure"
    UNSURE = "unsure"


def rate(
    *,
    correct: bool,
    aided: bool = False,
    confidence: Confidence | None = None,
    recall: float = DEFAULT_PRIOR,
    guess: float = TYPED_GUESS,
    response_ms: float | None = None,
    median_ms: float | None = None,
    log_time_z: float | None = None,
    answers_on_item: int = 0,
    produced: bool = False,
    first_sight: bool = True,
) -> Rating:
    """Rate the first unaided attempt.

    correct: full marks. aided: a hint or the solution was seen before, or it is a second attempt.
    confidence: None where it was not asked. recall: predicted chance of recall, the item's prior for a
    new card. guess: chance of guessing. median_ms, log_time_z: the item's median time and the z of log
    time with the means of item and learner removed; None switches off the rules that need them.
    produced: typed or played in a scenario, not chosen from a list.
    """
    if not correct or aided:
        return Rating.AGAIN
    if confidence is Confidence.UNSURE or _hurried(response_ms, median_ms):
        return Rating.HARD if _chance_known(recall, guess) >= 0.5 else Rating.AGAIN
    if confidence is None or log_time_z is None or answers_on_item < ENOUGH_ANSWERS:
        return Rating.GOOD
    if log_time_z > SLOW_Z:
        return Rating.HARD
    if produced and not first_sight and log_time_z < QUICK_Z:
        return Rating.EASY
    return Rating.GOOD


def is_misconception(*, correct: bool, confidence: Confidence | None) -> bool:
    """Sure and wrong: shown with its explanation and listed for the trainer."""
    return not correct and confidence is Confidence.SURE


def _hurried(response_ms: float | None, median_ms: float | None) -> bool:
    return response_ms is not None and median_ms is not None and response_ms < HURRIED * median_ms


def _chance_known(recall: float, guess: float) -> float:
    """Answer the chance that a right answer given unsurely was known and not guessed."""
    known = KNOWN_AND_UNSURE * recall
    guessed = UNKNOWN_AND_UNSURE * (1 - recall) * guess
    return known / (known + guessed) if known > 0 else 0.0
