"""The 7-day check: its window, its two forms, what they ask, and which points are held out of practice.

Rules only, on study days (see `fsrs.study_day`) and ids. What looks like chance is a hash of names, so that
it is the same wherever and whenever it is worked out. Statistics are the caller's.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from quizzes.item import Form, Item

MIN_ITEMS = 10
"""Items that a form has at least; a module that cannot fill both forms has no check."""
MIN_HELD_OUT = 2
"""Points held out at least, where any are."""
OPENS_BEFORE = 1
"""Days before the due day on which the delayed test opens."""
CLOSES_AFTER = 2
"""Days after the due day at whose end it closes."""
CHECK_FORMS = (Form.A, Form.B)


class Occasion(StrEnum):
    """Which of the two tests of a check."""

    IMMEDIATE = "immediate"
    """On the day on which the module was finished."""
    DELAYED = "delayed"


class Phase(StrEnum):
    """Where a study day lies in a window."""

    BEFORE = "before"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class Window:
    """The study days on which a test can be taken, both ends included."""

    opens: int
    due: int
    closes: int

    def phase(self, day: int) -> Phase:
        """Answer where a study day lies."""
        if day < self.opens:
            return Phase.BEFORE
        return Phase.OPEN if day <= self.closes else Phase.CLOSED


def window(occasion: Occasion, *, first_day: int, check_day: int = 7) -> Window:
    """Answer the window of a test. `first_day` is day 0, on which the module was finished.

    The immediate test is of day 0 alone. With the usual `check_day` the delayed one opens on day 6, is due on
    day 7 and closes at the end of day 9.
    """
    if occasion is Occasion.IMMEDIATE:
        return Window(opens=first_day, due=first_day, closes=first_day)
    due = first_day + check_day
    return Window(opens=max(first_day + 1, due - OPENS_BEFORE), due=due, closes=due + CLOSES_AFTER)


def counts(occasion: Occasion, *, first_day: int, taken_day: int, check_day: int = 7) -> bool:
    """Whether a test taken on a study day counts; one taken on any other day is excluded."""
    return window(occasion, first_day=first_day, check_day=check_day).phase(taken_day) is Phase.OPEN


# Forms


def form_of(occasion: Occasion, *, learner: str, course: str) -> Form:
    """Answer the form of a test: A or B first by hash, and the other one a week later.

    A learner begins every module of a course with the same form, and so belongs to one group of learners.
    """
    first = _rank("form", learner, course) % 2
    return CHECK_FORMS[first if occasion is Occasion.IMMEDIATE else 1 - first]


def checkable_points(items: Iterable[Item]) -> tuple[str, ...]:
    """Answer the points that both forms can ask about, in the order in which they come."""
    forms = _by_form(items)
    points = dict.fromkeys(point for form in CHECK_FORMS for point in forms[form])
    return tuple(point for point in points if all(forms[form].get(point) for form in CHECK_FORMS))


def blueprint(
    items: Iterable[Item], *, held_out: Collection[str], learner: str, course: str, module: str
) -> tuple[str, ...]:
    """Answer the points that both forms ask about, one entry an item; empty where they are too few.

    Every held-out point is there, and as many others at least; the rest by hash. Where points are fewer than
    items, they are asked about again in turn, as far as both forms have further items.
    """
    items = list(items)
    forms = _by_form(items)
    points = checkable_points(items)
    order = sorted(points, key=lambda point: _rank("blueprint", learner, course, module, point))
    turn = [point for point in order if point in held_out] + [p for p in order if p not in held_out]
    length = max(MIN_ITEMS, 2 * sum(point in held_out for point in turn))
    room = {point: min(len(forms[form][point]) for form in CHECK_FORMS) for point in points}
    drawn: list[str] = []
    for round_number in range(max(room.values(), default=0)):
        drawn += [point for point in turn if room[point] > round_number]
    return tuple(drawn[:length]) if len(drawn) >= MIN_ITEMS else ()


def draw(
    items: Iterable[Item],
    form: Form,
    *,
    points: Sequence[str],
    learner: str,
    course: str,
    module: str,
) -> tuple[str, ...]:
    """Answer the items of a form for a blueprint, in the order in which they are asked."""
    of_form = _by_form(items)[form]
    left = {
        point: sorted(of_form[point], key=lambda id: _rank("item", learner, course, module, id))
        for point in dict.fromkeys(points)
    }
    drawn = [left[point].pop(0) for point in points]
    return tuple(sorted(drawn, key=lambda id: _rank("order", learner, course, module, id)))


def _by_form(items: Iterable[Item]) -> Mapping[Form, Mapping[str, list[str]]]:
    """Answer form -> point -> items."""
    forms: dict[Form, dict[str, list[str]]] = {form: defaultdict(list) for form in CHECK_FORMS}
    for item in items:
        if item.form in forms:
            forms[item.form][item.point].append(item.id)
    return {form: dict(points) for form, points in forms.items()}


# The built-in experiment


def hold_out(
    points: Sequence[str],
    *,
    compliance: Collection[str] = (),
    share: float,
    learner: str,
    course: str,
) -> frozenset[str]:
    """Answer the points of a module that get no spaced practice before its delayed test.

    The ⌈share·n⌉ of n points with the lowest hash of learner, point and course, and at least two, but never
    one that must be known by everybody, and never so many that no other point is left to compare with.
    """
    if share <= 0:
        return frozenset()
    exempt = [point for point in points if point not in compliance]
    wanted = max(MIN_HELD_OUT, math.ceil(share * len(points) - 1e-9))
    wanted = min(wanted, len(exempt), len(points) - 1)
    if wanted < MIN_HELD_OUT:
        return frozenset()
    ranked = sorted(exempt, key=lambda point: _rank("hold-out", learner, point, course))
    return frozenset(ranked[:wanted])


# Scores


def corrected(correct: bool, guess: float) -> float:
    """Answer (x − g)/(1 − g) of one item: 1 for a right answer, −g/(1 − g) for a wrong one, 0 by guessing."""
    return (float(correct) - guess) / (1 - guess)


def corrected_share(share: float, guess: float) -> float:
    """Answer a share of right answers without what guessing alone would give: 55 % on 4 options are 40 %."""
    return (share - guess) / (1 - guess)


def _rank(*names: str) -> int:
    """Answer a number of 64 bits that the names decide; a separator keeps "ab", "c" from "a", "bc"."""
    return int.from_bytes(sha256("\x1f".join(("crossdesk", *names)).encode()).digest()[:8])
