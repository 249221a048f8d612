"""JSON in and out."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xapi.errors import Invalid
from xapi.spec.payload import dump_json, indent_json, parse_json

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(PLAIN)
def test_what_is_read_and_written_is_the_same(value):
    assert json.loads(dump_json(parse_json(json.dumps(value)))) == value


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_every_number_keeps_its_value(number):
    text = f"[{number}]"

    [kept] = json.loads(dump_json(parse_json(text)), parse_float=Decimal, parse_int=Decimal)

    assert kept == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"a":1,"a":2}',
        '{"x":{"a":1,"b":2,"a":1}}',
        "[NaN]",
        "[Infinity]",
        "[-Infinity]",
        "[1e99999999999999999999]",
        "[" + "9" * 1001 + "]",
        '["\\u0000"]',
        '["\\ud800"]',
        '["\\udc00\\ud800"]',
        '{"a\\u0000":1}',
        '["\x00"]',
        '["\n"]',
        "[" * 102 + "]" * 102,
        "[" * 100_000,
        '{"a":' * 100_000,
    ],
)
def test_what_a_strict_reader_would_not_take_is_refused(text):
    with pytest.raises(Invalid):
        parse_json(text)


@pytest.mark.parametrize(
    "body", [b"\xff", b'"\xed\xa0\x80"', "['é']".encode("latin-1"), "{}".encode("utf-16")]
)
def test_only_utf_8_is_read(body):
    with pytest.raises(Invalid):
        parse_json(body)


def test_escapes_that_only_look_suspicious_pass():
    assert parse_json(r'["\\u0000", "\ud83d\ude00"]') == ["\\u0000", "😀"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("{}", "{}"),
        ('{"a":[]}', '{\n  "a": []\n}'),
        (
            '{"a":[1.50,1E400,{}],"b":"[,:]\\""}',
            '{\n  "a": [\n    1.50,\n    1E400,\n    {}\n  ],\n  "b": "[,:]\\""\n}',
        ),
        ('["\u202eabc"]', '[\n  "\\u202eabc"\n]'),
        ("-0.0", "-0.0"),
    ],
)
def test_indenting_changes_nothing_but_the_space_between(text, lines):
    assert indent_json(text) == lines
    assert json.loads(indent_json(text)) == json.loads(text)
