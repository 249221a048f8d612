"""What a package keeps with a record store: called saved only when it is, and nothing said twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Keep = Callable[..., dict[str, Any]]


@pytest.fixture
def keep(player: Callable[..., Any]) -> Keep:
    def run(*steps: dict[str, Any], **given: Any) -> dict[str, Any]:
        done: dict[str, Any] = player("recordKeeping", steps=list(steps), **given)
        return done

    return run


def test_it_is_saved_when_the_store_has_taken_it_and_not_before(keep: Keep) -> None:
    done = keep({"save": "a"}, {"save": "a"}, {"save": "b"}, {"save": "b"})

    assert done["saved"] == [False, True, False, True]
    assert [put["seen"] for put in done["puts"]] == ["none", '"1"']
    assert done["document"]["location"] == "b"


def test_what_is_refused_is_sent_again_under_its_id(keep: Keep) -> None:
    done = keep(
        {"say": ["s1"], "refuse": ["statements"]},
        {"save": "a"},
        {"save": "a"},
        {"refuse": []},
        {"save": "a"},
        {"save": "a"},
    )

    assert done["saved"] == [False, False, False, True]
    assert done["settled"] == [False, False, True]
    assert done["posted"] == [["s1"], ["s1"], ["s1"]]
    assert len(done["puts"]) == 1  # the state was taken at the first try


def test_many_answers_go_in_parts_that_outlive_the_page(keep: Keep) -> None:
    ids = [f"s{number}" for number in range(20)]

    done = keep({"say": ids, "size": 4_000}, *({"save": "a"} for _ in range(5)))

    assert [id for batch in done["posted"] for id in batch] == ids
    assert max(done["sizes"]) < 31_000
    assert done["saved"][-1] is True
    ended = keep({"say": ids, "size": 4_000, "end": ["last"]})
    assert [id for batch in ended["posted"] for id in batch] == [*ids, "last"]
    assert max(ended["sizes"]) < 31_000


def test_a_pass_counts_as_told_only_when_its_statement_was_taken(keep: Keep) -> None:
    refused = keep({"say": ["p"], "once": "passed", "refuse": ["statements"]}, {"save": "a"})
    assert refused["document"]["told"] == []

    taken = keep({"say": ["p"], "once": "passed"}, {"save": "a"}, {"save": "a"}, {"save": "a"})
    assert taken["document"]["told"] == taken["told"] == ["passed"]
    assert taken["posted"] == [["p"]]
    assert taken["saved"][-1] is True


def test_what_arrived_as_the_page_closed_is_recalled_from_the_store(keep: Keep) -> None:
    document = {"format": 1, "state": "1a", "location": "", "told": []}

    assert keep(document=document, known=["passed"])["told"] == ["passed"]


def test_where_another_window_was_faster_its_state_is_met_and_the_next_save_replaces_it(keep: Keep) -> None:
    other = {"format": 1, "state": "1other", "location": "", "told": ["completed"]}

    done = keep({"save": "a"}, {"other": other}, {"save": "b"}, {"save": "b"}, {"save": "b"})

    assert done["conflicts"] == ["1other"]
    assert done["settled"] == [True, False, True]
    assert [put["seen"] for put in done["puts"]] == ["none", '"1"', '"other"']
    assert done["document"]["told"] == ["completed"]


def test_a_store_that_does_not_say_its_etag_is_asked_and_another_window_is_noticed(keep: Keep) -> None:
    plain = keep({"save": "a"}, {"save": "b"}, {"save": "b"}, tells=False)
    assert [put["seen"] for put in plain["puts"]] == ["none", '"1"']
    assert plain["saved"] == [False, False, True]

    other = {"format": 1, "state": "1other", "location": "", "told": []}
    done = keep({"overtaken": other}, {"save": "a"}, {"overtaken": None}, {"save": "b"}, tells=False)
    assert done["conflicts"] == ["1other"]
    assert done["settled"] == [False, True]
    assert done["puts"][-1]["seen"] == '"other"'


def test_at_the_end_the_newest_state_goes_out_and_nothing_twice(keep: Keep) -> None:
    done = keep(
        {"say": ["s1"]},
        {"hold": True},
        {"save": "a"},
        {"say": ["s2"]},
        {"save": "b"},
        {"end": ["terminated"]},
        {"release": True},
    )

    assert done["posted"] == [["s1"], ["s2", "terminated"]]
    assert [(put["location"], put["seen"]) for put in done["puts"]] == [("a", "none"), ("b", "any")]
    assert done["document"]["location"] == "b"
