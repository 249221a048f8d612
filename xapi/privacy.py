"""Deleting what is known of a person, and statements by age: in steps, each a transaction that is counted.

A step takes a session; whoever calls goes on until a step deletes nothing, so that neither memory nor the
writers' lock grows with what there is to delete.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from xapi.spec.mentions import IDENTIFIERS, agent_key
from xapi.spec.timestamp import microseconds
from xapi.store.audit import count_audited, record_audit
from xapi.store.forgetting import delete_documents_of, delete_statements, find_old, seqs_of
from xapi.store.sequence import lock_writers

STEP = 500
"""Statements deleted in one transaction."""


@dataclass(frozen=True)
class Rule:
    """Statements stored for more than `age_days`, with this verb, about this activity; None for any."""

    age_days: int
    verb: str | None = None
    activity: str | None = None

    def until(self, now: datetime) -> int:
        """Answer the last place that is old enough."""
        return microseconds(now - timedelta(days=self.age_days))

    def said(self) -> dict[str, Any]:
        """Answer the rule for the audit trail."""
        given = {"age_days": self.age_days, "verb": self.verb, "activity": self.activity}
        return {name: value for name, value in given.items() if value is not None}


def person_said(agents: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Answer agents for the audit trail: their search keys, which tell nobody who it was.

    Who knows the identifier can compute the key, and so prove that this person's statements are gone.
    """
    keys = [key.hex() for agent in agents if (key := agent_key(agent)) is not None]
    return {"agents": keys, "by": sorted({name for agent in agents for name in IDENTIFIERS if name in agent})}


def begin_deletion(
    session: Session, agents: Sequence[Mapping[str, Any]], *, who: str, now: datetime
) -> tuple[int, int]:
    """Write the deletion into the audit trail and delete the agents' documents.

    Answer the entry's number and how many documents there were.
    """
    entry = record_audit(session, "delete", person_said(agents), who=who, now=now)
    return entry, delete_documents_of(session, _keys(agents))


def delete_step(session: Session, agents: Sequence[Mapping[str, Any]], *, entry: int) -> int:
    """Delete up to `STEP` statements of the agents, and answer how many; 0 when there are no more."""
    lock_writers(session)
    seqs = [seq for key in _keys(agents) for seq in seqs_of(session, key, limit=STEP)][:STEP]
    return _delete(session, seqs, entry=entry)


def retention_step(session: Session, rule: Rule, *, entry: int, until: int) -> int:
    """Delete up to `STEP` statements that the rule means, and answer how many; 0 when there are no more."""
    lock_writers(session)
    seqs = find_old(session, until, verb=rule.verb, activity=rule.activity, limit=STEP)
    return _delete(session, seqs, entry=entry)


def _delete(session: Session, seqs: Sequence[int], *, entry: int) -> int:
    if seqs:
        delete_statements(session, seqs)
        count_audited(session, entry, len(seqs))
    return len(seqs)


def _keys(agents: Sequence[Mapping[str, Any]]) -> list[bytes]:
    return [key for agent in agents if (key := agent_key(agent)) is not None]
