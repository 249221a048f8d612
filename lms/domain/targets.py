"""What training is to reach: targets as data with their sources, and whether a figure has got there.

These are the figures of the course's two source decks, A and B: stated there, measured by nobody here. They
are the default; a company replaces them with its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lms.domain.effect_interval import Interval


class Unit(StrEnum):
    """What a target counts in; a share is 0..1, a change is a share of what it was before."""

    SHARE = "share"
    CHANGE = "change"
    MINUTES = "minutes"
    HOURS = "hours"
    MONTHS = "months"


class Status(StrEnum):
    """How a figure stands against its target."""

    REACHED = "reached"
    ON_THE_WAY = "on_the_way"
    NOT_REACHED = "not_reached"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True)
class Target:
    """A figure, where it starts and what it is to reach."""

    figure: str
    unit: Unit
    reach: float
    source: str
    start: float | None = None
    """What was stated before training; None where the source says nothing."""
    lower_is_better: bool = False
    note: str = ""


DEFAULT = (
    Target("csat", Unit.SHARE, 0.89, "deck B", start=0.72),
    Target("first_reply", Unit.MINUTES, 18, "deck B", start=45, lower_is_better=True),
    Target("disputes", Unit.SHARE, 0.55, "deck B", start=0.30, note="complex disputes resolved"),
    Target("hours_saved", Unit.HOURS, 120_000, "deck B", start=0, note="repeated training, a year; about"),
    Target("retention", Unit.SHARE, 0.80, "Crossdesk", start=0.40, note="start: one-way training, deck B"),
    Target(
        "return_rate",
        Unit.SHARE,
        0.072,
        "deck B",
        start=0.12,
        lower_is_better=True,
        note="after 3 months at 5 h of training a week",
    ),
    Target("repurchase_rate", Unit.CHANGE, 0.22, "deck B", note="with the same seller"),
    Target("order_completion", Unit.CHANGE, 0.18, "deck B", note="trained against untrained sellers"),
    Target("payback", Unit.MONTHS, 9, "deck B", lower_is_better=True, note="stated as 6 to 9 months"),
    Target(
        "handling",
        Unit.MINUTES,
        3,
        "deck A",
        lower_is_better=True,
        note="the deck calls it the average time to respond; here it is the handling time",
    ),
    Target("fcr", Unit.SHARE, 0.85, "deck A"),
    Target("csat_operating", Unit.SHARE, 0.90, "deck A"),
)


def status(target: Target, value: float | None, effect: Interval | None = None) -> Status:
    """Say how a figure stands: reached where the value is as good as the target or better.

    Short of it, on the way where training has moved the figure to the better side (the whole interval of
    the effect is on it); without an effect that may be claimed nobody can tell, and no value is unknown.
    """
    if value is None:
        return Status.CANNOT_TELL
    better = -1 if target.lower_is_better else 1
    if better * value >= better * target.reach:
        return Status.REACHED
    if effect is None:
        return Status.CANNOT_TELL
    worst = effect.high if target.lower_is_better else effect.low
    return Status.ON_THE_WAY if better * worst > 0 else Status.NOT_REACHED
