"""The record store's use cases on SQLite and PostgreSQL. Numbers in brackets: xAPI 1.0.3, part and
section."""

import json
import threading
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from xapi import lrs
from xapi.errors import Conflict, NotFound
from xapi.spec.format import Format
from xapi.spec.mentions import VOIDED, agent_key
from xapi.spec.timestamp import microseconds
from xapi.store.query import StatementQuery
from xapi.store.tables import Statement, StatementId

AUTHORITY = {"account": {"homePage": "https://desk.example", "name": "client"}}
LI = {"mbox": "mailto:li@desk.example"}
BEN = {"mbox": "mailto:ben@desk.example"}
COURSE = "https://desk.example/courses/service-desk"


def statement(**given: Any) -> dict[str, Any]:
    return {
        "actor": LI,
        "verb": {"id": "https://v.example/did"},
        "object": {"id": COURSE},
    } | given


def reference(target: str, **given: Any) -> dict[str, Any]:
    return statement(object={"objectType": "StatementRef", "id": target}, **given)


def voiding(id: str) -> dict[str, Any]:
    return reference(id, actor=BEN, verb={"id": VOIDED})


def store(database, *statements: dict[str, Any], **options: Any) -> list[str]:
    with database.writing() as session:
        return lrs.store_statements(
            session,
            statements,
            authority=AUTHORITY,
            now=database.clock(),
            new_id=database.new_id,
            **options,
        )


def find(database, **filters: Any) -> list[str]:
    with database.reading() as session:
        page = lrs.query_statements(session, StatementQuery(**filters))
        return [json.loads(payload)["id"] for payload in page.payloads]


def get(database, id: str, **options: Any) -> dict[str, Any]:
    with database.reading() as session:
        return json.loads(lrs.get_statement(session, UUID(id), **options))


def test_a_statement_is_completed_with_what_the_store_assigns(database):
    """(2, 2.4.7–2.4.10) timestamp := stored when missing; stored and authority are always ours; version
    1.0.0."""
    forged = statement(stored="1999-01-01T00:00:00Z", authority={"mbox": "mailto:root@desk.example"})

    [id] = store(database, forged)

    kept = get(database, id)
    assert kept["stored"] == kept["timestamp"] == "2026-03-02T09:30:00.000000Z"
    assert kept["authority"] == AUTHORITY
    assert kept["version"] == "1.0.0"
    assert forged["stored"] == "1999-01-01T00:00:00Z"


def test_a_statement_keeps_what_came_with_it(database):
    given = statement(id=str(uuid4()), timestamp="2026-01-05T08:00:00+08:00", version="1.0.2")

    store(database, given)

    kept = get(database, given["id"])
    assert kept["timestamp"] == "2026-01-05T08:00:00+08:00"
    assert kept["version"] == "1.0.2"


def test_a_single_context_activity_comes_back_as_an_array(database):
    """(2, 2.4.6.2)"""
    [id] = store(database, statement(context={"contextActivities": {"parent": {"id": COURSE}}}))

    assert get(database, id)["context"]["contextActivities"] == {"parent": [{"id": COURSE}]}


def test_ids_come_back_in_the_order_of_the_batch(database):
    """(3, 2.1.2)"""
    ids = [str(uuid4()) for _ in range(20)]

    assert store(database, *(statement(id=id) for id in ids)) == ids


def test_storing_an_equal_statement_again_changes_nothing(database):
    """(3, 2.1.1) the record store must not modify a statement that it has."""
    id = str(uuid4())
    store(database, statement(id=id))
    before = get(database, id)
    database.clock.advance(minutes=5)

    assert store(database, statement(id=id.upper(), verb={"id": "https://v.example/did", "display": {}})) == [
        id.upper()
    ]

    assert get(database, id) == before
    assert len(find(database)) == 1


def test_a_different_statement_with_a_known_id_is_refused_and_its_batch_with_it(database):
    """(3, 2.1.1) 409, and nothing of the batch is stored."""
    id = str(uuid4())
    store(database, statement(id=id))

    with pytest.raises(Conflict, match=id):
        store(database, statement(), statement(id=id, actor=BEN))

    assert find(database) == [id]


def test_stored_increases_strictly_even_when_the_clock_goes_back(database):
    ids = store(database, statement(), statement())
    database.clock.advance(days=-400)
    ids += store(database, statement())

    stored = [get(database, id)["stored"] for id in ids]

    assert stored == sorted(set(stored))


def test_since_is_exclusive_and_until_inclusive(database):
    """(3, 2.1.3)"""
    first, second, third = store(database, statement(), statement(), statement())
    start = microseconds(database.clock())

    assert find(database, since=start, ascending=True) == [second, third]
    assert find(database, until=start + 1, ascending=True) == [first, second]


def test_pages_follow_each_other_without_gap_or_double(database):
    ids = store(database, *(statement() for _ in range(7)))

    for ascending in (False, True):
        found, after = [], None
        while True:
            with database.reading() as session:
                query = StatementQuery(
                    agent=agent_key(LI), related_agents=True, limit=3, after=after, ascending=ascending
                )
                page = lrs.query_statements(session, query)
            found += [json.loads(payload)["id"] for payload in page.payloads]
            after = page.after
            if after is None:
                break
        assert found == (ids if ascending else ids[::-1])


def test_filters_find_what_they_name(database):
    """(3, 2.1.3) agent, verb, activity, registration, related_agents and related_activities."""
    registration = uuid4()
    plain, asked, nested, team = store(
        database,
        statement(),
        statement(
            actor=BEN,
            verb={"id": "https://v.example/asked"},
            object={"id": f"{COURSE}/items/1"},
            context={
                "registration": str(registration).upper(),
                "instructor": LI,
                "contextActivities": {"grouping": [{"id": COURSE}]},
            },
        ),
        statement(actor=BEN, object={"objectType": "SubStatement", **statement()}),
        statement(actor={"objectType": "Group", "member": [BEN, LI]}, object={"objectType": "Agent", **BEN}),
    )

    assert find(database, agent=agent_key(LI), ascending=True) == [plain, team]
    assert find(database, agent=agent_key(LI), related_agents=True, ascending=True) == [
        plain,
        asked,
        nested,
        team,
    ]
    assert find(database, activity=COURSE) == [plain]
    assert find(database, activity=COURSE, related_activities=True, ascending=True) == [plain, asked, nested]
    assert find(database, verb="https://v.example/asked") == [asked]
    assert find(database, registration=registration) == [asked]
    assert find(database, agent=agent_key(BEN), verb="https://v.example/did", activity=COURSE) == []
    assert find(database, agent=agent_key(AUTHORITY)) == []
    assert len(find(database, agent=agent_key(AUTHORITY), related_agents=True)) == 4
    assert len(find(database, authority=agent_key(AUTHORITY))) == 4
    assert find(database, authority=agent_key(AUTHORITY), verb="https://v.example/asked") == [asked]
    assert find(database, authority=agent_key(BEN)) == []


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0), (0, 2, 1), (2, 0, 1)])
@pytest.mark.parametrize("together", [True, False])
def test_a_filter_also_finds_who_refers_to_a_match_in_whatever_order_they_came(database, order, together):
    """(3, 2.1.3, filter conditions for StatementRefs) a targets b which targets c: a matches when c does."""
    a, b, c = (str(uuid4()) for _ in range(3))
    chain = [
        reference(b, id=a, actor=BEN, verb={"id": "https://v.example/confirmed"}),
        reference(c, id=b, actor=BEN),
        statement(id=c),
    ]
    batch = [chain[place] for place in order]

    if together:
        store(database, *batch)
    else:
        for one in batch:
            store(database, one)

    assert sorted(find(database, agent=agent_key(LI))) == sorted([a, b, c])
    assert sorted(find(database, activity=COURSE, agent=agent_key(LI))) == sorted([a, b, c])
    # the verb is a's own, the agent is c's: no single statement meets both
    assert find(database, verb="https://v.example/confirmed", agent=agent_key(LI)) == []
    assert find(database, verb="https://v.example/confirmed", agent=agent_key(BEN)) == [a]


def test_statements_that_refer_to_each_other_are_stored(database):
    a, b = str(uuid4()), str(uuid4())

    store(database, reference(b, id=a))
    store(database, reference(a, id=b, actor=BEN))

    assert sorted(find(database, agent=agent_key(BEN))) == sorted([a, b])


def test_a_voided_statement_is_found_only_as_such(database):
    """(2, 2.3.2; 3, 2.1.4) and the statements that refer to it still come, the voiding one too."""
    [id] = store(database, statement())
    [comment] = store(database, reference(id, actor=BEN))
    [voider] = store(database, voiding(id))

    with pytest.raises(NotFound):
        get(database, id)

    assert get(database, id, voided=True)["id"] == id
    with pytest.raises(NotFound):
        get(database, comment, voided=True)
    assert find(database, agent=agent_key(LI)) == [voider, comment]


def test_a_statement_may_be_voided_before_it_comes(database):
    """(2, 2.3.2) an unknown target is accepted."""
    id = str(uuid4())
    store(database, voiding(id))
    store(database, statement(id=id))

    with pytest.raises(NotFound):
        get(database, id)


def test_a_voiding_statement_cannot_be_voided(database):
    """(2, 2.3.2)"""
    [id] = store(database, statement())
    [voider] = store(database, voiding(id))
    store(database, voiding(voider))

    assert get(database, voider)["id"] == voider
    assert get(database, id, voided=True)["id"] == id


def test_numbers_keep_their_value(database):
    """(2, 2.2) and more: what came is what is given back."""
    from xapi.spec.payload import parse_json

    numbers = "[1.0,0.1000000000000000055511151231257827,123456789012345678901234567890,1E400,-0.0,1e-7]"
    text = json.dumps(statement(context={"extensions": {"https://x.example/n": "N"}})).replace('"N"', numbers)
    [id] = store(database, parse_json(text))

    with database.reading() as session:
        payload = lrs.get_statement(session, UUID(id))

    kept = payload[payload.index('"https://x.example/n":') :]
    assert "0.1000000000000000055511151231257827,123456789012345678901234567890,1E+400,-0.0," in kept


def test_definitions_merge_and_canonical_shows_one_language(database):
    """(2, 2.4.4.1; 3, 2.1.3)"""
    store(database, statement(object={"id": COURSE, "definition": {"name": {"en": "Desk"}}}))
    [id] = store(database, statement(object={"id": COURSE, "definition": {"name": {"zh-CN": "客服台"}}}))
    store(
        database,
        statement(object={"id": COURSE, "definition": {"name": {"en": "Forged"}}}),
        define=False,
    )

    with database.reading() as session:
        described = lrs.describe_activity(session, COURSE)
        payload = lrs.get_statement(session, UUID(id))
        [shown] = lrs.present(session, [payload], format=Format.CANONICAL, languages=["en"])
        [ids] = lrs.present(session, [payload], format=Format.IDS)

    assert described["definition"] == {"name": {"en": "Desk", "zh-CN": "客服台"}}
    assert json.loads(shown)["object"]["definition"] == {"name": {"en": "Desk"}}
    assert json.loads(ids)["object"] == {"id": COURSE}


def test_eight_writers_with_the_same_ids_store_each_once(database):
    """Idempotent by constraint: equal repeats succeed, unequal ones conflict, nobody waits for ever."""
    ids = [str(uuid4()) for _ in range(10)]
    outcomes: list[str] = []

    def write(number: int) -> None:
        actor = LI if number % 2 else BEN
        for id in ids:
            try:
                store(database, statement(id=id, actor=actor))
                outcomes.append("stored")
            except Conflict:
                outcomes.append("conflict")

    writers = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert len(outcomes) == 80
    assert outcomes.count("stored") == 40
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(StatementId)) == 10
        seqs = list(session.scalars(select(Statement.seq).order_by(Statement.seq)))
    assert len(set(seqs)) == 10


def test_readers_see_statements_in_stored_order_while_many_write(database):
    """A number that became visible late would be skipped by cursors: none may."""
    done = threading.Event()
    late: list[int] = []

    def read() -> None:
        last = -1
        seen: set[int] = set()
        while not done.is_set():
            with database.reading() as session:
                seqs = list(session.scalars(select(Statement.seq).order_by(Statement.seq)))
            late.extend(seq for seq in seqs if seq <= last and seq not in seen)
            seen.update(seqs)
            last = max(seqs, default=-1)

    def write() -> None:
        for _ in range(15):
            store(database, statement(), statement())

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write) for _ in range(4)]
    reader.start()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    done.set()
    reader.join()

    assert late == []
