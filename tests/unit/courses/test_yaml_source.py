"""YAML with line numbers, and what it refuses."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses.yaml_source import YamlFault, path_text, read_yaml


def test_every_value_knows_its_line() -> None:
    source = read_yaml("a: 1\nb:\n- x: one\n  y: two\n- {z: three}\n")

    assert source.value == {"a": 1, "b": [{"x": "one", "y": "two"}, {"z": "three"}]}
    assert source.line(("b", 0, "y")) == 4
    assert source.line(("b", 1, "z")) == 5


def test_a_missing_value_has_the_line_of_what_should_hold_it() -> None:
    source = read_yaml("a:\n  b:\n    en: yes\n", first_line=10)

    assert source.line(("a", "b", "zh-CN")) == 11


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),  # YAML 1.1 makes it false; it is also the language tag of Norwegian
        ("NO", "NO"),  # … and the market Norway
        ("12:30", "12:30"),  # YAML 1.1 counts in sixties
        ("2025-11-03", "2025-11-03"),
        ("0x1f", "0x1f"),
        ("010", "010"),
        ("1_000", "1_000"),
        ("true", True),
        ("'true'", "true"),
        ("12", 12),
        ("-0.5", -0.5),
        (".nan", ".nan"),
        ("~", None),
        ("", None),
        ("9" * 30, "9" * 30),
    ],
)
def test_only_plain_json_words_and_numbers_are_not_text(written: str, value: object) -> None:
    assert read_yaml(f"key: {written}\n").value == {"key": value}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "this key is there twice"),
        ("a: &x 1\nb: *x\n", 1, "anchors"),
        ("b: *x\n", 1, "aliases"),
        ("a: !!python/object:os.system x\n", 1, "tags"),
        ("a: !!binary aGk=\n", 1, "tags"),
        ("? [a, b]\n: 1\n", 1, "a key is one word"),
        ("a: 1\n---\nb: 2\n", 2, "one document"),
        ("a: [1, 2\nb: 3\n", 2, "not YAML"),
        ("a: \x07", 1, "not YAML"),
        ("[" * 50 + "]" * 50, 1, "nested deeper"),
    ],
)
def test_what_is_not_plain_data_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(YamlFault, match=message) as caught:
        read_yaml(text)

    assert caught.value.line == line


def test_deep_nesting_costs_neither_the_stack_nor_time() -> None:
    started = time.perf_counter()

    with pytest.raises(YamlFault):
        read_yaml("[" * 500_000)

    assert time.perf_counter() - started < 2


def test_a_path_reads_like_a_programmer_writes_it() -> None:
    assert path_text(("items", 3, "choices", 1, "why", "en")) == "items[3].choices[1].why.en"


@given(st.text())
def test_any_text_is_data_or_a_yaml_fault(text: str) -> None:
    try:
        read_yaml(text)
    except YamlFault as fault:
        assert fault.line >= 1
