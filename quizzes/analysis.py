"""Classical analysis of one item from first unaided answers: facility, discrimination, use of choices, time.

Discrimination is the corrected point-biserial: Pearson's r of right (1) or wrong (0) with the learner's score
on the other items, so that the item is not compared with itself. Learners meet different items, hence the
mean score on the others stands for their sum.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median, quantiles
from typing import Any

from quizzes.errors import ResponseError
from quizzes.grading import grade
from quizzes.item import Item, ItemType
from quizzes.typed import normalise

MIN_SHOWN = 5
"""Fewer answers than this say nothing, and might show what one person answered."""
MIN_FLAGGED = 20
WEAK_DISCRIMINATION = 0.1
PRIOR_WEIGHT = 4
"""How many answers the expected share counts for in the shared difficulty."""
MIN_THIRD = 5
"""Learners that the weakest and the strongest third must have to be compared."""
MIN_TYPED = 2
"""A typed answer is quoted when at least this many gave it: once alone, it may say who did."""
QUOTED = 10
"""Typed answers that are quoted, the most frequent ones."""

_CERTAIN = 1e-3
_TYPED = (ItemType.NUMERIC, ItemType.SHORT_TEXT)
_CHOSEN = (ItemType.SINGLE, ItemType.LISTEN, ItemType.MULTIPLE)


@dataclass(frozen=True, kw_only=True)
class First:
    """One learner's first answer to the item, given without help."""

    response: Any
    correct: bool
    rest: float | None
    """Share 0..1 of the learner's first unaided answers to other items that was right; None without any."""
    response_ms: int | None = None
    sure: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Use:
    """How often one choice was taken, one part handled rightly, or one answer typed."""

    id: str
    """Of the choice, line, left side or gap; for typed answers the answer itself."""
    n: int
    share: float
    """Of all answers, 0..1."""
    right: bool
    """A right choice or a right typed answer; for parts True, as `n` counts those handled rightly."""
    weak: float | None
    """Share in the third of learners with the lowest score on other items; None where a third is too few."""
    strong: float | None
    """Share in the third with the highest."""


@dataclass(frozen=True, kw_only=True)
class Times:
    """Milliseconds from question to answer."""

    n: int
    median: float
    low: float
    """A quarter answered faster."""
    high: float
    """A quarter answered slower."""


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What the answers to one item say of the item."""

    n: int
    facility: float
    """Share of right answers, 0..1."""
    difficulty: float
    """Shared difficulty in logits; 0 is an even chance, above it is harder."""
    discrimination: float | None
    """-1..1; None where everybody was right, everybody wrong, or all did equally well elsewhere."""
    compared: int
    """Answers behind the discrimination: those of learners who also answered other items."""
    flagged: bool
    uses: tuple[Use, ...]
    misconceptions: tuple[Use, ...]
    """Wrong answers of learners who said that they were sure; the most frequent first."""
    times: Times | None


def analyse(item: Item, answers: Sequence[First]) -> Analysis | None:
    """Answer what can be said of an item; None under `MIN_SHOWN` answers."""
    n = len(answers)
    if n < MIN_SHOWN:
        return None
    correct = sum(answer.correct for answer in answers)
    pairs = [(answer.correct, answer.rest) for answer in answers if answer.rest is not None]
    found = discrimination(pairs)
    return Analysis(
        n=n,
        facility=correct / n,
        difficulty=shared_difficulty(correct, n, mean=item.prior),
        discrimination=found,
        compared=len(pairs),
        flagged=is_weak(len(pairs), found),
        uses=_uses(item, answers),
        misconceptions=_misconceptions(item, answers),
        times=_times([answer.response_ms for answer in answers if answer.response_ms is not None]),
    )


def shared_difficulty(correct: int, n: int, *, mean: float) -> float:
    """Answer b = -logit((correct + 4·mean) / (n + 4)); `mean`: the share right that is expected without data.

    Certainty is cut off at 1 in 1000 either way, so that the answer is finite.
    """
    if not 0 <= correct <= n:
        raise ValueError(f"{correct} right of {n}")
    share = (correct + PRIOR_WEIGHT * mean) / (n + PRIOR_WEIGHT)
    share = min(max(share, _CERTAIN), 1 - _CERTAIN)
    return math.log((1 - share) / share)


def discrimination(pairs: Sequence[tuple[bool, float]]) -> float | None:
    """Answer the point-biserial r of (right, score on the other items); None where either never varies."""
    if len(pairs) < 2:
        return None
    rights = [float(right) for right, _ in pairs]
    rests = [rest for _, rest in pairs]
    if len(set(rights)) == 1 or max(rests) - min(rests) < 1e-12:
        return None
    right_mean, rest_mean = fmean(rights), fmean(rests)
    shared = math.fsum((x - right_mean) * (y - rest_mean) for x, y in zip(rights, rests, strict=True))
    spread = math.sqrt(
        math.fsum((x - right_mean) ** 2 for x in rights) * math.fsum((y - rest_mean) ** 2 for y in rests)
    )
    return min(1.0, max(-1.0, shared / spread))


def is_weak(n: int, found: float | None) -> bool:
    """Answer whether an item is flagged: enough answers, and they hardly tell strong from weak learners."""
    return n >= MIN_FLAGGED and found is not None and found < WEAK_DISCRIMINATION


# Use of choices


def _uses(item: Item, answers: Sequence[First]) -> tuple[Use, ...]:
    marked = [(_signs(item, answer.response), answer) for answer in answers]
    weak, strong = _thirds(marked)
    counts: Counter[str] = Counter(sign for signs, _ in marked for sign in signs)
    if item.type in _TYPED:
        right: Mapping[str, bool] = {sign: answer.correct for signs, answer in marked for sign in signs}
        shown = [sign for sign, count in counts.most_common() if count >= MIN_TYPED][:QUOTED]
    else:
        right = _right_signs(item)
        shown = list(right)
    return tuple(
        Use(
            id=sign,
            n=counts[sign],
            share=counts[sign] / len(answers),
            right=right[sign],
            weak=_share(sign, weak),
            strong=_share(sign, strong),
        )
        for sign in shown
    )


def _right_signs(item: Item) -> Mapping[str, bool]:
    if item.type in _CHOSEN:
        return {choice.id: choice.right for choice in item.choices}
    parts = item.choices or item.pairs or item.gaps
    return {part.id: True for part in parts}


def _signs(item: Item, response: Any) -> frozenset[str]:
    """Answer what a response counts for: choices taken, parts handled rightly, or what was typed."""
    if item.type in _TYPED:
        typed = normalise(str(response), item.answer_lang or "en") if isinstance(response, str) else ""
        return frozenset({typed} if typed else ())
    if item.type in _CHOSEN:
        taken = response if isinstance(response, list | tuple) else [response]
        return frozenset(one for one in taken if isinstance(one, str))
    try:
        parts = grade(item, response).parts
    except ResponseError:  # an older version of the item had other parts
        return frozenset()
    return frozenset(part for part, right in parts.items() if right)


_Marked = tuple[frozenset[str], First]


def _thirds(marked: Iterable[_Marked]) -> tuple[list[_Marked], list[_Marked]]:
    """Answer the weakest and the strongest third by score on other items; both empty where too few."""
    ranked = sorted(
        (one for one in marked if one[1].rest is not None),
        key=lambda one: (one[1].rest or 0.0, sorted(one[0])),
    )
    size = len(ranked) // 3
    if size < MIN_THIRD:
        return [], []
    return ranked[:size], ranked[-size:]


def _share(sign: str, group: Sequence[_Marked]) -> float | None:
    return sum(sign in signs for signs, _ in group) / len(group) if group else None


def _misconceptions(item: Item, answers: Sequence[First]) -> tuple[Use, ...]:
    """Wrong choices or typed answers of those who were sure; for parts, the parts that they got wrong."""
    sure = [answer for answer in answers if answer.sure and not answer.correct]
    counts: Counter[str] = Counter()
    for answer in sure:
        signs = _signs(item, answer.response)
        if item.type in _TYPED:
            counts.update(signs)
        elif item.type in _CHOSEN:
            counts.update(sign for sign in signs if not _right_signs(item).get(sign, True))
        else:
            counts.update(set(_right_signs(item)) - signs)
    least = MIN_TYPED if item.type in _TYPED else 1
    return tuple(
        Use(id=sign, n=count, share=count / len(answers), right=False, weak=None, strong=None)
        for sign, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:QUOTED]
        if count >= least
    )


def _times(times: Sequence[int]) -> Times | None:
    if len(times) < MIN_SHOWN:
        return None
    low, _, high = quantiles(times, n=4, method="inclusive")
    return Times(n=len(times), median=median(times), low=low, high=high)
