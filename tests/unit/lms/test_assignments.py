"""Due dates that are refused, and cells that a spreadsheet must not compute."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.domain.assignments import ORDER, Standing, check_dates
from lms.domain.csv_cells import csv_bytes, safe_cell
from lms.domain.errors import Invalid

TODAY = date(2026, 11, 23)
YESTERDAY = date(2026, 11, 22)
LATER = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("soft", "hard"),
    [(None, None), (TODAY, TODAY), (TODAY, LATER), (None, LATER), (LATER, None)],
)
def test_dates_that_can_be_met_are_taken(soft: date | None, hard: date | None) -> None:
    check_dates(soft=soft, hard=hard, today=TODAY)


@pytest.mark.parametrize(
    ("soft", "hard", "field"),
    [
        (YESTERDAY, None, "soft_due"),
        (None, YESTERDAY, "hard_due"),
        (YESTERDAY, LATER, "soft_due"),
        (LATER, TODAY, "soft_due"),
    ],
)
def test_dates_that_cannot_be_met_are_refused(soft: date | None, hard: date | None, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_dates(soft=soft, hard=hard, today=TODAY)

    assert refused.value.field == field


def test_a_past_day_is_taken_where_it_is_meant_but_never_the_wrong_way_round() -> None:
    check_dates(soft=YESTERDAY, hard=TODAY, today=TODAY, past_is_meant=True)
    with pytest.raises(Invalid):
        check_dates(soft=TODAY, hard=YESTERDAY, today=TODAY, past_is_meant=True)


def test_the_most_urgent_standing_comes_first() -> None:
    assert sorted(Standing, key=ORDER.__getitem__)[:2] == [Standing.LATE, Standing.BEHIND]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30", "'+49 30"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("  =1", "'  =1"),  # some spreadsheets trim before they look
        ("＝1", "'＝1"),
        ("林悦", "林悦"),
        ("a=b", "a=b"),
        (-5, "-5"),
        (0.5, "0.5"),
        (None, ""),
    ],
)
def test_a_cell_that_would_be_computed_becomes_text(value: object, cell: str) -> None:
    assert safe_cell(value) == cell


def test_a_file_begins_with_the_mark_that_makes_excel_read_utf_8() -> None:
    assert csv_bytes(["姓名"], []) == b"\xef\xbb\xbf" + "姓名\r\n".encode()


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5))
def test_whatever_stands_in_a_cell_stays_in_it(rows: list[tuple[str, str]]) -> None:
    file = csv_bytes(["a", "b"], rows).decode("utf-8-sig")

    read = list(csv.reader(io.StringIO(file, newline="")))
    assert read[1:] == [[safe_cell(cell) for cell in row] for row in rows]
