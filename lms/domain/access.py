"""Who may do what to whom: the one place where rights are written down. Pure: facts in, yes or no out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lms.domain.accounts import Role


class Right(StrEnum):
    """What a page needs, before it asks about the object."""

    LEARN = "learn"
    """Take courses: everybody with an account."""
    MANAGE = "manage"
    """See and assign to cohorts: one's own as a manager, all as an administrator."""
    AUTHOR = "author"
    """See courses with their answers, items and their analysis."""
    EXPORT = "export"
    """Take packages out."""
    ADMINISTER = "administer"
    """Accounts, credentials, settings."""


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.LEARNER: frozenset({Right.LEARN}),
    Role.MANAGER: frozenset({Right.LEARN, Right.MANAGE, Right.EXPORT}),
    Role.TRAINER: frozenset({Right.LEARN, Right.AUTHOR, Right.EXPORT}),
    Role.ADMIN: frozenset(Right),
}


@dataclass(frozen=True)
class Actor:
    """Who asks. `person_id` is the row number, used for comparing only."""

    person_id: int
    role: Role

    def may(self, right: Right) -> bool:
        """Whether the role has the right at all."""
        return right in RIGHTS[self.role]


def may_see_cohort(actor: Actor, manager_ids: frozenset[int]) -> bool:
    """A manager sees the cohorts they are named on; an administrator all."""
    if actor.role is Role.ADMIN:
        return True
    return actor.may(Right.MANAGE) and actor.person_id in manager_ids


def owns(actor: Actor, person_id: int) -> bool:
    """Attempts, cards and progress are read and written by their own person alone."""
    return actor.person_id == person_id
