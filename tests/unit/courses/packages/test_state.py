"""The learner's state in a package: kept whole, small enough, never read wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from courses.packages.state_size import hash32, id_key, longest_state

Player = Callable[..., Any]


def test_a_thousand_random_states_come_back_as_they_were(player: Player) -> None:
    assert player("roundTrips", seed=7, count=1000) == []


def test_a_spoilt_text_is_never_read(player: Player) -> None:
    assert player("broken", seed=11, count=1000) == 0


@pytest.mark.parametrize("salt", [0, 9])
def test_an_old_state_opens_after_the_course_was_exported_again(player: Player, salt: int) -> None:
    left = player("reexport", salt=salt)

    assert left == {"lessons": ["kept"], "steps": [0, 2], "right": ["kept-1"], "cards": ["old-1", "old-3"]}


def test_both_languages_hash_alike(player: Player) -> None:
    texts = ["", "a", "csat-formula-1", "课", "🙂"]

    assert player("hashes", texts=texts) == [hash32(text) for text in texts]
    assert player("keys", ids=texts, bits=21, salt=3) == [id_key(text, bits=21, salt=3) for text in texts]


@pytest.mark.parametrize(
    "size",
    [
        {"steps": [6] * 6, "interactions": 12, "quizzes": [16], "cards": 32},
        {"steps": [6] * 36, "interactions": 72, "quizzes": [10] * 6, "cards": 500},
        {"steps": [], "interactions": 0, "quizzes": [], "cards": 1},
        {"steps": [31], "interactions": 15, "quizzes": [31], "cards": 7},
    ],
)
def test_no_state_is_longer_than_the_exporter_says(player: Player, size: dict[str, Any]) -> None:
    bound = longest_state(**size)

    longest = player("largest", **size, seeds=list(range(20)))

    assert longest <= bound
    assert longest > bound * 0.93


def test_five_hundred_cards_fit_into_scorm_12_with_a_whole_course_around_them() -> None:
    assert longest_state(steps=[6] * 36, interactions=72, quizzes=[10] * 6, cards=500) <= 4096
