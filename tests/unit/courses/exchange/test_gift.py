"""Items as GIFT: what it carries comes back, what others write is read, faults name question and line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.exchange.gift import CARRIED, read_gift, write_gift
from courses.exchange.said import Defaults
from courses.library import SHIPPED
from courses.reader import read_course
from quizzes.item import Item, ItemType
from tests.made_items import items

HERE = Defaults(point="p")


def read_one(text: str) -> Item:
    found = read_gift(text.encode(), defaults=HERE)
    assert found.faults == ()
    [item] = found.items
    return item


@settings(max_examples=60, deadline=None)
@given(items(kinds=tuple(CARRIED)))
def test_what_is_written_reads_as_equal_items(bank: list[Item]) -> None:
    found = read_gift(write_gift(bank), defaults=HERE)

    assert (found.items, found.faults, found.warnings) == (tuple(bank), (), ())


def test_the_shipped_bank_comes_back_as_far_as_gift_carries_it() -> None:
    bank = [item for item in read_course(SHIPPED / "service-desk").items if item.type in CARRIED]

    assert list(read_gift(write_gift(bank), defaults=HERE).items) == bank


def test_a_choice_of_another_program_is_read_and_both_languages_get_its_words() -> None:
    text = """$CATEGORY: desk

// a comment
::FRT 1::[html]<p>What counts as the <b>first</b> reply?</p>{
~%-100%The automatic one#It answers nothing.
=The first by a person#Yes.
~None
####Only a person's reply counts \\= 1.
}"""

    found = read_gift(text.encode(), defaults=HERE)

    [item] = found.items
    assert (item.id, item.type, item.point, item.form) == ("frt-1", ItemType.SINGLE, "p", "practice")
    assert item.stem == dict.fromkeys(("zh-CN", "en"), "What counts as the first reply?")
    assert [(one.id, one.right) for one in item.choices] == [("a", False), ("b", True), ("c", False)]
    assert item.explanation["en"] == "Only a person's reply counts = 1."
    assert item.choices[2].why is None
    assert [str(one) for one in found.warnings] == [
        "question 1, line 4: frt-1: is in one language only: translate it"
    ]


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ("TRUE####x", ItemType.SINGLE),
        ("F####x", ItemType.SINGLE),
        ("~%50%a ~%50%b ~%-100%c ####x", ItemType.MULTIPLE),
        ("=a =b ####x", ItemType.SHORT_TEXT),
        ("=a -> 1 =b -> 2 ####x", ItemType.MATCH),
        ("#18:0.5####x", ItemType.NUMERIC),
        ("#17.5..18.5####x", ItemType.NUMERIC),
    ],
)
def test_each_kind_is_known_by_its_answers(answers: str, kind: ItemType) -> None:
    item = read_one(f"::q::Ask {{{answers}}}")

    assert item.type is kind
    if kind is ItemType.NUMERIC:
        assert item.answer is not None and (item.answer.value, item.answer.tolerance) == (18, 0.5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Ask {}", "question 1, line 1: an essay question"),
        ("Ask", "question 1, line 1: needs its answers once"),
        ("Ask {=a} {=b}", "question 1, line 1: needs its answers once"),
        ("Ask {a}", "question 1, line 1: each answer begins with"),
        ("Ask {#soon####x}", "question 1, line 1: 'soon' is no number"),
        ("\n\nAsk {=a ~b}", "question 1, line 3: explanation: "),
        ("Ask {=a ~%50%b ####x}", "question 1, line 1: a choice that is partly right"),
        ("Ask {=%50%a =b ####x}", "question 1, line 1: an answer that is partly right"),
        ("// crossdesk {]\nAsk {=a ~b ####x}", "question 1, line 2: the Crossdesk line is not JSON"),
        ("// crossdesk []\nAsk {=a ~b ####x}", "question 1, line 2: the Crossdesk line is no JSON object"),
        ('// crossdesk {"prior":7}\nAsk {=a ~b ####x}', "question 1, line 2: prior: "),
        ("", "holds no item"),
        ("Ask \ue07e {=a ~b ####x}", "holds characters of the private use area"),
    ],
)
def test_a_fault_names_its_question_and_line(text: str, said: str) -> None:
    found = read_gift(text.encode(), defaults=HERE)

    assert found.items == () and any(str(fault).startswith(said) for fault in found.faults), found.faults


def test_without_a_point_an_item_is_refused() -> None:
    found = read_gift(b"Ask {=a ~b ####x}", defaults=Defaults())

    assert [fault.path for fault in found.faults] == ["point"]


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    found = read_gift(text.encode("utf-8", "surrogatepass"), defaults=HERE)

    assert found.items or found.faults


@given(
    st.lists(st.sampled_from([*"=~#{}:\\->% 1a\n", "####", "::", "// crossdesk "]), max_size=30).map("".join)
)
def test_any_heap_of_signs_is_read_or_refused(text: str) -> None:
    found = read_gift(text.encode(), defaults=HERE)

    assert found.items or found.faults
