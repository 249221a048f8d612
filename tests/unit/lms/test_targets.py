"""Targets as data, and how a figure stands against its own."""

from __future__ import annotations

import pytest

from lms.domain.effect_interval import Interval
from lms.domain.targets import DEFAULT, Status, Target, Unit, status

FIRST_REPLY = next(target for target in DEFAULT if target.figure == "first_reply")
CSAT = next(target for target in DEFAULT if target.figure == "csat")


def test_each_default_says_where_it_was_stated_and_is_better_than_its_start() -> None:
    assert {target.source for target in DEFAULT} == {"deck A", "deck B", "Crossdesk"}
    assert len({target.figure for target in DEFAULT}) == len(DEFAULT)
    for target in DEFAULT:
        assert target.unit not in (Unit.SHARE, Unit.CHANGE) or 0 < target.reach <= 1
        assert target.start is None or (target.reach < target.start) is target.lower_is_better


@pytest.mark.parametrize(
    ("target", "value", "effect", "expected"),
    [
        (CSAT, 0.89, None, Status.REACHED),
        (CSAT, 0.80, Interval(0.05, 0.01, 0.09), Status.ON_THE_WAY),
        (CSAT, 0.80, Interval(0.05, -0.01, 0.11), Status.NOT_REACHED),
        (CSAT, 0.80, Interval(-0.05, -0.09, -0.01), Status.NOT_REACHED),
        (CSAT, 0.80, None, Status.CANNOT_TELL),
        (CSAT, None, Interval(0.05, 0.01, 0.09), Status.CANNOT_TELL),
        (FIRST_REPLY, 17.5, None, Status.REACHED),
        (FIRST_REPLY, 30.0, Interval(-8, -10, -6), Status.ON_THE_WAY),
        (FIRST_REPLY, 30.0, Interval(8, 6, 10), Status.NOT_REACHED),
    ],
)
def test_a_figure_stands_by_its_value_and_by_what_training_has_moved(
    target: Target, value: float | None, effect: Interval | None, expected: Status
) -> None:
    assert status(target, value, effect) is expected
