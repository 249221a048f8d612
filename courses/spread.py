"""Whether right answers give themselves away by where they stand or how long they are (1 % bounds)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

CHI_SQUARE_1_PERCENT = {1: 6.63, 2: 9.21, 3: 11.34, 4: 13.28, 5: 15.09, 6: 16.81, 7: 18.48}
"""Degrees of freedom -> bound that even positions pass 99 times in 100."""
Z_1_PERCENT = 2.33


def uneven(seen: Mapping[int, int], even: Mapping[int, float]) -> str:
    """Answer the places found beside even ones, `a 4 (10), b …`; "" where they may be chance (chi-square)."""
    freedom = len(even) - 1
    bound = CHI_SQUARE_1_PERCENT.get(freedom, freedom + Z_1_PERCENT * math.sqrt(2 * freedom) + 2)
    if sum((seen.get(at, 0) - even[at]) ** 2 / even[at] for at in even) <= bound:
        return ""
    return ", ".join(f"{letter(at)} {seen.get(at, 0)} ({even[at]:.0f})" for at in sorted(even))


def longest_too_often(cases: Sequence[tuple[bool, float]], *, of: str) -> str:
    """Answer `30 of 60 turns; chance is 20` where the right one is the longest too often; "" otherwise.

    A case is whether it is the longest, and the chance of that.
    """
    longest = sum(is_longest for is_longest, _ in cases)
    expected = sum(chance for _, chance in cases)
    spread = sum(chance * (1 - chance) for _, chance in cases)
    if longest <= expected + Z_1_PERCENT * math.sqrt(spread):
        return ""
    return f"{longest} of {len(cases)} {of}; chance is {expected:.0f}"


def letter(position: int) -> str:
    """Answer the name of a place: a, b, …"""
    return chr(ord("a") + position) if position < 26 else str(position + 1)
