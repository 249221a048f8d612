"""When statements are equal (xAPI 1.0.3, part 2, 2.3.1)."""

from typing import Any

import pytest

from xapi.spec.comparison import same_statement

LI, BEN = {"mbox": "mailto:li@desk.example"}, {"mbox": "mailto:ben@desk.example"}


def statement(**given: Any) -> dict[str, Any]:
    return {
        "actor": LI,
        "verb": {"id": "https://v.example/did"},
        "object": {"id": "https://o.example/1"},
    } | given


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            statement(),
            statement(id="x", stored="y", authority=LI, version="1.0.0", timestamp="2026-03-02T09:30:00Z"),
        ),
        (statement(verb={"id": "https://v.example/did", "display": {"en": "did"}}), statement()),
        (statement(object={"id": "https://o.example/1", "definition": {}}), statement()),
        (statement(actor={"member": [LI, BEN]}), statement(actor={"member": [BEN, LI]})),
        (statement(actor={"mbox": "mailto:li@DESK.example"}), statement()),
        (statement(timestamp="2026-03-02T17:30:00+08:00"), statement(timestamp="2026-03-02T09:30:00Z")),
        (statement(result={"score": {"raw": 1.0}}), statement(result={"score": {"raw": 1}})),
        (statement(result={"duration": "PT1.239S"}), statement(result={"duration": "PT1.231S"})),
        (
            statement(context={"contextActivities": {"parent": {"id": "a:b"}}}),
            statement(context={"contextActivities": {"parent": [{"id": "a:b", "definition": {}}]}}),
        ),
    ],
)
def test_what_a_store_may_change_is_no_difference(one, other):
    assert same_statement(one, other)
    assert same_statement(other, one)


@pytest.mark.parametrize(
    "other",
    [
        statement(actor=BEN),
        statement(actor={"mbox": "mailto:LI@desk.example"}),
        statement(result={}),
        statement(verb={"id": "https://v.example/Did"}),
        statement(object={"objectType": "Activity", "id": "https://o.example/1"}),
        statement(timestamp="2026-03-02T09:30:01Z"),
        statement(context={"extensions": {"a:b": 1}}),
    ],
)
def test_everything_else_is(other):
    assert not same_statement(other, statement(timestamp="2026-03-02T09:30:00Z"))


def test_true_is_not_one_and_durations_are_compared_as_text():
    """ "result.duration is considered a string for purposes of statement comparison"."""
    assert not same_statement(
        statement(context={"extensions": {"a:b": True}}), statement(context={"extensions": {"a:b": 1}})
    )
    assert not same_statement(statement(result={"duration": "PT60S"}), statement(result={"duration": "PT1M"}))
