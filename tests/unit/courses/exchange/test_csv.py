"""Items as a table: everything comes back, nothing runs, faults name row and column."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings

from courses.exchange.csv import read_table, write_table
from courses.library import SHIPPED
from courses.reader import read_course
from lms.domain.csv_cells import FORMULA, csv_bytes
from quizzes.item import Item
from tests.made_items import items
from tests.practice_course import practice_course

HEADER = "id,type,form,point,stem.zh-CN,stem.en,answer.value,explanation.zh-CN,explanation.en"
FINE = "frt,numeric,practice,p,问,Ask,18,因为,Because"


def written(bank: list[Item]) -> bytes:
    return csv_bytes(*write_table(bank))


@settings(max_examples=60, deadline=None)
@given(items())
def test_what_is_written_reads_as_equal_items_and_no_cell_is_a_formula(bank: list[Item]) -> None:
    content = written(bank)

    found = read_table(content)

    assert (found.items, found.faults) == (tuple(bank), ())
    for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")):
        for cell in row:
            assert not cell.lstrip(" \n").startswith(FORMULA)


def test_the_shipped_bank_comes_back_as_it_is() -> None:
    bank = list(read_course(SHIPPED / "service-desk").items)

    assert list(read_table(written(bank)).items) == bank


def test_every_type_is_carried() -> None:
    bank = list(practice_course().items)

    assert list(read_table(written(bank)).items) == bank


def test_a_table_from_a_spreadsheet_with_semicolons_and_a_mark_is_read() -> None:
    content = "\ufeff" + f"{HEADER}\r\n{FINE}\r\n\r\n".replace(",", ";")

    [item] = read_table(content.encode()).items

    assert item.answer is not None and item.answer.value == 18


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([HEADER, FINE, FINE], "row 3: id: 'frt' stands at row 2 already"),
        ([HEADER, FINE.replace("18", "soon")], "row 2: answer.value: 'soon' is no number such as 0.6"),
        ([HEADER, FINE.replace("numeric", "essay")], "row 2: type: "),
        ([HEADER, FINE.replace("Ask", "")], "row 2: stem.en: "),
        ([HEADER, FINE + ",more"], "row 2: has 10 cells, the header has 9"),
        ([HEADER + ",id", FINE + ",x"], "row 1: id: stands twice"),
        ([HEADER + ",=cmd()", FINE], "row 1: =cmd(): is no column of items"),
        ([HEADER + ",stem", FINE + ",x"], "row 2: stem: stands beside columns that hold its parts"),
        ([HEADER + ",id.x", FINE + ",x"], "row 2: id.x: stands beside a column that already holds the whole"),
        ([HEADER + ",choices.1.right", FINE + ",yes"], "row 2: choices.1.right: 'yes' must be true or false"),
        ([HEADER, FINE.replace("Ask", "A\x07sk")], "row 2: stem.en: holds a control character"),
        ([HEADER], "holds no item"),
        ([""], "is empty"),
        ([HEADER, '"open'], "is not CSV in UTF-8"),
    ],
)
def test_a_fault_names_its_row_and_column(lines: list[str], said: str) -> None:
    found = read_table("\r\n".join(lines).encode())

    assert any(str(fault).startswith(said) for fault in found.faults), found.faults


def test_every_fault_is_said_at_once() -> None:
    wrong = FINE.replace("18", "soon")

    found = read_table("\n".join([HEADER, wrong, FINE, wrong]).encode())

    assert [fault.place for fault in found.faults] == ["row 2", "row 4"]


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00", b"x" * 8_000_001, b"a" * 200_000, b"id\n" * 2_100, b",".join([b"a"] * 1_100)],
)
def test_what_is_no_table_of_items_is_refused_without_trouble(content: bytes) -> None:
    found = read_table(content)

    assert found.items == () and found.faults
