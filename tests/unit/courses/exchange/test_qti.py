"""Items as QTI 2.1 and 3.0: what they carry comes back, and no file does harm."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.exchange.qti import CARRIED, write_qti
from courses.exchange.qti_read import read_qti
from courses.exchange.said import Defaults
from courses.library import SHIPPED
from courses.reader import read_course
from quizzes.item import Item, ItemType
from tests.made_items import items

HERE = Defaults(point="p")
FOREIGN = """<?xml version="1.0"?>
<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="Q 1" title="First reply">
<responseDeclaration identifier="R" cardinality="single" baseType="identifier">
<correctResponse><value>B</value></correctResponse></responseDeclaration>
<itemBody><choiceInteraction responseIdentifier="R" maxChoices="1"><prompt>Which counts?</prompt>
<simpleChoice identifier="A">The automatic one</simpleChoice>
<simpleChoice identifier="B">The one by a <b>person</b></simpleChoice>
</choiceInteraction></itemBody>
<modalFeedback outcomeIdentifier="F" identifier="x" showHide="show">Only that.</modalFeedback>
</assessmentItem>"""


@pytest.mark.parametrize("version", ["2.1", "3.0"])
@settings(max_examples=40, deadline=None)
@given(bank=items(kinds=tuple(CARRIED)))
def test_what_is_written_reads_as_equal_items(version: str, bank: list[Item]) -> None:
    found = read_qti(write_qti(bank, version=version), defaults=HERE)

    assert (found.items, found.faults, found.warnings) == (tuple(bank), (), ())


@pytest.mark.parametrize("version", ["2.1", "3.0"])
def test_the_shipped_bank_comes_back_as_far_as_qti_carries_it(version: str) -> None:
    bank = [item for item in read_course(SHIPPED / "service-desk").items if item.type in CARRIED]

    assert list(read_qti(write_qti(bank, version=version), defaults=HERE).items) == bank


def test_an_item_of_another_program_is_read() -> None:
    found = read_qti(FOREIGN.encode(), defaults=HERE)

    [item] = found.items
    assert (item.id, item.type, item.stem["en"]) == ("first-reply", ItemType.SINGLE, "Which counts?")
    assert [one.right for one in item.choices] == [False, True]
    assert item.choices[1].text == dict.fromkeys(("zh-CN", "en"), "The one by a person")
    assert "one language only" in str(found.warnings[0])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<assessmentItem", "<!DOCTYPE x><assessmentItem", "item 1: must not have a document type"),
        ("choiceInteraction", "hotspotInteraction", "item 1: hotspotInteraction: is no kind of question"),
        ("<value>B</value>", "", "item 1: choices: "),
        ("</itemBody>", "", "item 1: is not XML"),
        ("<b>person</b>", "<b>" * 50 + "</b>" * 50, "item 1: is deeper than"),
        ("itemBody", "body", "item 1: itemBody: must be there once, is there 0 times"),
        ("modalFeedback", "otherFeedback", "item 1: explanation: "),
    ],
)
def test_a_fault_names_its_item_and_element(old: str, new: str, said: str) -> None:
    found = read_qti(FOREIGN.replace(old, new).encode(), defaults=HERE)

    assert found.items == () and any(str(fault).startswith(said) for fault in found.faults), found.faults


def package(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_archives_that_are_none_or_unpack_to_too_much_are_refused() -> None:
    manifest = (
        b'<manifest><resources><resource type="imsqti_item_xmlv2p1" href="a.xml"/></resources></manifest>'
    )
    for content, said in (
        (b"PK\x03\x04 no zip", "is no zip"),
        (package({"other.xml": b"x"}), "imsmanifest.xml: is not in the package"),
        (package({"imsmanifest.xml": manifest}), "a.xml: is not in the package"),
        (package({"imsmanifest.xml": manifest, "a.xml": b" " * 5_000_000}), "a.xml: is larger than 1 MB"),
        (package({f"{n}": b"" for n in range(2_200)}), "holds more than 2100 files"),
    ):
        found = read_qti(content, defaults=HERE)
        assert found.items == () and said in str(found.faults[0]), found.faults


@settings(deadline=None)
@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda rest: b"PK\x03\x04" + rest))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    found = read_qti(content, defaults=HERE)

    assert found.items or found.faults
