"""People from CSV: what is read, and which row is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.services.people_file import read_people

HEADER = "email,name,role,team,cohort\n"


def test_a_file_as_spreadsheets_save_it_is_read() -> None:
    data = (
        "﻿" + 'Email;Name;Role\r\nlin@desk.test;林悦;learner\r\n\r\nwu@desk.test;"Wu;\nJun";Manager\r\n'
    ).encode()

    found = read_people(data)

    assert found.errors == ()
    assert [(line.row, line.email, line.name, line.role.value) for line in found.lines] == [
        (2, "lin@desk.test", "林悦", "learner"),
        (4, "wu@desk.test", "Wu; Jun", "manager"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "row 1, file: is empty"),
        ("name\nLin\n", "row 1, email: this column is missing"),
        ("email,name,age\n", "row 1, age: unknown column"),
        ("email,name,name\n", "row 1, name: stands twice"),
        (HEADER + "lin@desk.test,Lin,boss,,\n", "row 2, role: expected one of learner, manager"),
        (HEADER + "lin,Lin,learner,,\n", "row 2, email: expected an e-mail address"),
        (HEADER + "lin@desk.test,,learner,,\n", "row 2, name: expected 1 to 120"),
        (HEADER + "lin@desk.test,Lin\n", "row 2, row: expected 5 cells, found 2"),
        (
            HEADER + "a@desk.test,A,,,\nA@desk.test,B,,,\n",
            "row 3, email: a@desk.test stands in row 2 already",
        ),
        (HEADER + 'a@desk.test,"A,,,\n', "row 2, file: is not CSV"),
        (HEADER + "a@desk.test,A\x00,,,\n", "row 2, file: holds a NUL byte"),
    ],
)
def test_what_is_wrong_is_named_with_its_row(text: str, expected: str) -> None:
    errors = [str(error) for error in read_people(text.encode()).errors]

    assert any(error.startswith(expected) for error in errors), errors


def test_another_encoding_is_named_with_its_row() -> None:
    found = read_people(HEADER.encode() + "lin@desk.test,林,,,\n".encode("gb18030"))

    assert str(found.errors[0]).startswith("row 2, file: expected UTF-8")


@given(st.binary(max_size=300))
def test_no_bytes_make_it_crash(data: bytes) -> None:
    found = read_people(data)

    assert found.errors or all(line.email for line in found.lines)
