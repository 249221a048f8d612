"""What lies in an installation's database, read beside the server, to compare with what was acknowledged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

from sqlalchemy import select

from lms.db.accounts import Person
from lms.db.database import Database
from lms.db.quizzes import Answer, Attempt
from tests.durability.statements import Batch
from xapi.store.tables import Statement, StatementAgent, StatementId, StatementIri

ANSWERED = "http://adlnet.gov/expapi/verbs/answered"


def stored_ids(database: Database, *, verb: str | None = None) -> list[str]:
    """Answer the ids of all statements in stored order."""
    found = select(Statement.id).order_by(Statement.seq)
    if verb is not None:
        found = found.where(Statement.verb == verb)
    with database.reading() as session:
        return [str(id) for id in session.scalars(found)]


def faults(database: Database, batches: Iterable[Batch]) -> list[str]:
    """Answer what is lost, doubled, half there or at odds with another table; nothing is the right answer."""
    count = Counter(stored_ids(database))
    found = [f"{id} is stored {times} times" for id, times in count.items() if times != 1]
    for batch in batches:
        there = sum(id in count for id in batch.ids)
        if batch.acknowledged is not None and there != len(batch.ids):
            found.append(f"acknowledged and lost: {len(batch.ids) - there} of {len(batch.ids)}")
        elif 0 < there < len(batch.ids):
            found.append(f"half of a batch: {there} of {len(batch.ids)}")
    return found + disagreements(database)


def disagreements(database: Database) -> list[str]:
    """Answer where the tables of the record store do not fit together."""
    found = []
    with database.reading() as session:
        ids = {(row.id, row.seq) for row in session.execute(select(StatementId.id, StatementId.seq))}
        statements = {(row.id, row.seq) for row in session.execute(select(Statement.id, Statement.seq))}
        if ids != statements:
            found.append(f"{len(ids - statements)} ids alone, {len(statements - ids)} statements alone")
        for link in (StatementAgent, StatementIri):
            linked = set(session.scalars(select(link.seq).distinct()))
            places = {seq for _, seq in statements}
            if linked != places:
                name = link.__tablename__
                found.append(f"{name}: {len(linked - places)} too many, {len(places - linked)} missing")
    return found


def answers_at_odds(database: Database, acknowledged: Iterable[tuple[str, str]]) -> list[str]:
    """Answer which answers, given as attempt and item, are not there once, or without their one statement."""
    answers = (
        select(Attempt.uuid, Person.uuid, Answer.item_id)
        .join(Answer, Answer.attempt_id == Attempt.id)
        .join(Person, Person.id == Answer.person_id)
    )
    with database.reading() as session:
        rows = [(str(attempt), str(person), item) for attempt, person, item in session.execute(answers)]
        payloads = session.scalars(select(Statement.payload).where(Statement.verb == ANSWERED))
        said = Counter(_subject(payload) for payload in payloads)
    stored = Counter((attempt, item) for attempt, _, item in rows)
    found = [f"{key}: acknowledged and lost" for key in acknowledged if key not in stored]
    found += [f"{key}: stored {count} times" for key, count in stored.items() if count != 1]
    expected = Counter((person, item) for _, person, item in rows)
    if said != expected:
        found.append(
            f"statements without answer {said - expected}, answers without statement {expected - said}"
        )
    return found


def _subject(payload: str) -> tuple[str, str]:
    statement = json.loads(payload)
    return statement["actor"]["account"]["name"], statement["object"]["id"].rsplit("/", 1)[1]
