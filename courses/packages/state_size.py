"""How long the player's state can grow, from the course alone. Twin of the sizes in player/state.js.

The exporter refuses a package whose state could outgrow what its format keeps, and chooses the salt with
which no two ids look the same in it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

PART_BITS = 16
ITEM_BITS = 21
INTERACTION_BITS = 10
SALTS = range(16)
LONGEST_QUIZ = 31
LONGEST_PLAN = 31
"""Days from an answer to a planned review that a card can hold."""
MOST_INTERACTIONS = 15
"""Interactions of one lesson that a state can hold before the lesson is done."""

_MOST_STEPS = 31
_BITS_A_CHARACTER = 6
_VERSION_AND_CHECKSUM = 5
_HEADER_BITS = 4 + 16 + 16 + 8
_LESSON_BITS = 1 + 5 + 4
_QUIZ_BITS = 6 + 10 + 1 + 1 + 12 + 5
_OUTCOME_BITS = 5
_CARD_BITS = 2 + 8 + 9 + 5 + 1 + 5
_FNV_START = 0x811C9DC5
_FNV_PRIME = 0x01000193
_MASK = 0xFFFFFFFF


def id_key(id: str, *, bits: int, salt: int) -> int:
    """Answer what stands for an id in the state (`idKey` of state.js)."""
    return hash32(f"{salt} {id}") >> (32 - bits)


def hash32(text: str) -> int:
    """Answer 32 bits of a text: FNV-1a with a last mix (`hash32` of bits.js)."""
    value = _FNV_START
    for byte in text.encode("utf-8"):
        value = ((value ^ byte) * _FNV_PRIME) & _MASK
    value ^= value >> 16
    value = (value * 0x85EBCA6B) & _MASK
    value ^= value >> 13
    value = (value * 0xC2B2AE35) & _MASK
    return value ^ (value >> 16)


def find_salt(
    *, parts: Sequence[Iterable[str]], items: Iterable[str], lessons: Iterable[Sequence[str]]
) -> int | None:
    """Answer the first salt with which ids that stand together differ; None where there is none.

    parts: the ids of lessons, those of modules; items: practice items; lessons: each one's interactions.
    """
    groups = [(list(ids), PART_BITS) for ids in parts]
    groups.append((list(items), ITEM_BITS))
    groups += [(list(ids), INTERACTION_BITS) for ids in lessons]
    for salt in SALTS:
        if all(_differ(ids, bits=bits, salt=salt) for ids, bits in groups):
            return salt
    return None


def longest_state(*, steps: Sequence[int], interactions: int, quizzes: Sequence[int], cards: int) -> int:
    """Answer the most characters that a state can take.

    steps: the number of steps of each lesson; interactions: items inside lessons; quizzes: the length of
    each module's quiz; cards: practice items.
    """
    bits = _HEADER_BITS
    bits += _entries_bits(len(steps), PART_BITS)
    bits += sum(_LESSON_BITS + min(count, _MOST_STEPS) for count in steps) + INTERACTION_BITS * interactions
    bits += _entries_bits(len(quizzes), PART_BITS)
    bits += sum(_QUIZ_BITS + _OUTCOME_BITS * length for length in quizzes)
    bits += _entries_bits(cards, ITEM_BITS) + _CARD_BITS * cards
    return _VERSION_AND_CHECKSUM + math.ceil(bits / _BITS_A_CHARACTER)


def _differ(ids: Sequence[str], *, bits: int, salt: int) -> bool:
    return len({id_key(id, bits=bits, salt=salt) for id in ids}) == len(ids)


def _entries_bits(most: int, bits: int) -> int:
    """Answer the bits of a count and its keys, for as many entries as there can be or any fewer."""
    return max(_count_bits(count) + _keys_bits(count, bits) for count in range(most + 1))


def _count_bits(count: int) -> int:
    return 2 * int(math.log2(count + 1)) + 1


def _keys_bits(count: int, bits: int) -> int:
    """Rice-coded gaps: a stop bit and k bits each, and quotients that never exceed the range."""
    k = max(0, int(math.log2(2**bits / (count + 1))))
    return count * (1 + k) + ((2**bits >> k) if count else 0)
