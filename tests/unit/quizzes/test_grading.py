"""Marking answers: the vectors in both languages, totality, guessing, and typed answers."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizzes.grading import Grade, ResponseError, correct_response, grade, guess, normalise
from quizzes.item import Item, ItemType
from quizzes.parse import item_document, parse_item
from quizzes.typed import plausible_numbers


@pytest.fixture(scope="module")
def items(vectors: Any) -> dict[str, Item]:
    documents = vectors("grading.json")["items"]
    return {name: parse_item(document, at=name) for name, document in documents.items()}


def outcome(item: Item, response: object) -> dict[str, Any]:
    try:
        given = grade(item, response)
    except ResponseError:
        return {"error": "ResponseError"}
    return {"score": given.score, "correct": given.correct, "parts": dict(given.parts)}


def expected(case: dict[str, Any], seen: dict[str, Any]) -> bool:
    if "error" in case:
        return seen == {"error": "ResponseError"}
    return all(seen.get(key) == case[key] for key in ("score", "correct", "parts") if key in case)


# Vectors


def test_the_vectors_cover_all_types_and_six_languages(vectors: Any, items: dict[str, Item]) -> None:
    data = vectors("grading.json")

    languages = {lang.split("-")[0] for item in items.values() for lang in item.accepted or {}}

    assert len(data["cases"]) >= 300
    assert {item.type for item in items.values()} == set(ItemType)
    assert languages == {"en", "zh", "ja", "de", "es", "fr"}


def test_python_grades_as_the_vectors_say(vectors: Any, items: dict[str, Item]) -> None:
    cases = vectors("grading.json")["cases"]

    wrong = [case for case in cases if not expected(case, outcome(items[case["item"]], case["response"]))]

    assert wrong == []


def test_javascript_grades_as_the_vectors_say(vectors: Any, twins: Any) -> None:
    data = vectors("grading.json")

    seen = twins("grading", items=data["items"], cases=data["cases"])

    pairs = zip(data["cases"], seen, strict=True)
    assert [case for case, theirs in pairs if not expected(case, theirs)] == []


def test_javascript_reads_the_document_that_python_writes(
    vectors: Any, items: dict[str, Item], twins: Any
) -> None:
    data = vectors("grading.json")
    documents = {name: item_document(item) for name, item in items.items()}

    theirs = twins("grading", items=documents, cases=data["cases"])

    ours = [outcome(items[case["item"]], case["response"]) for case in data["cases"]]
    assert theirs == ours


def test_guessing_and_right_answers_are_the_same_in_python_and_javascript(
    items: dict[str, Item], twins: Any
) -> None:
    facts = twins("facts", items=[item_document(item) for item in items.values()])

    for item, (untold, told, right) in zip(items.values(), facts, strict=True):
        assert untold == pytest.approx(guess(item), rel=1e-12)
        assert told == pytest.approx(guess(item, told=True), rel=1e-12)
        assert right is True


# Any JSON at all

ids = st.sampled_from(["a", "b", "c", "d", "g1", "g2", "18", "", "确认"])
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | ids
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text() | ids, inner, max_size=5)
)
shaped = st.lists(ids, max_size=5) | st.dictionaries(ids, ids, max_size=4) | st.text("0123456789.,-+ %€a'")


@given(response=anything | shaped)
@settings(max_examples=200)
def test_any_json_gives_a_grade_or_a_response_error(items: dict[str, Item], response: object) -> None:
    for item in items.values():
        try:
            given = grade(item, response)
        except ResponseError:
            continue
        assert isinstance(given, Grade)
        assert 0 <= given.score <= 1
        assert given.correct == (given.score == 1)


def test_python_and_javascript_agree_on_odd_responses(items: dict[str, Item], twins: Any) -> None:
    odd = [
        *(
            "１２",
            "1\u00a0000",
            "½",
            "²",
            "٣",
            "1\u200b8",
            "\ufeff18",
            "18\u2028",
            "𝟙𝟠",
            "①⑧",
            "㊀",
            "ﷺ" * 100,
        ),
        *("İ", "ΑΣ", "ẞ", "ﬁ", "㍿", "e\u0301", "が", "か\u3099", "ｶﾞ", "ヷ", "ー", "ヽ", "\u0000", "\ud800"),
        *(["a", "\u0000"], {"a": "\ud800"}, {"": ""}, [[]], [{}], 1e308, -0.0, 10**30, {"g1": "確認"}),
    ]
    documents = {name: item_document(item) for name, item in items.items()}
    cases = [{"item": name, "response": response} for name in items for response in odd]

    theirs = twins("grading", items=documents, cases=cases)

    ours = [outcome(items[case["item"]], case["response"]) for case in cases]
    assert theirs == ours


def test_the_right_answer_has_full_marks(items: dict[str, Item]) -> None:
    for item in items.values():
        for lang in (None, "en", "zh-CN"):
            response = json.loads(json.dumps(correct_response(item, lang=lang)))

            assert grade(item, response).correct, item.id


def test_the_right_answer_is_written_in_the_language_asked_for(items: dict[str, Item]) -> None:
    assert correct_response(items["t-two"], lang="en") == "first response time"
    assert correct_response(items["t-two"], lang="zh-CN") == "首次响应时间"
    assert correct_response(items["cloze"], lang="en") == {"g1": "confirm", "g2": "solve"}
    assert correct_response(items["num"]) == "18"
    assert correct_response(items["num-dec"]) == "1.5"


# Guessing


@pytest.mark.parametrize(
    ("name", "told", "chance"),
    [
        ("single", False, 1 / 4),
        ("listen", False, 1 / 3),
        ("fault", False, 1 / 3),
        ("multi", False, 1 / 15),
        ("multi", True, 1 / 6),  # two out of four
        ("multi-one", True, 1 / 4),
        ("order", False, 1 / math.factorial(4)),
        ("match", False, 1 / math.factorial(3)),
        ("num", False, 0.02),
        ("t-two", False, 0.02),
        ("cloze", False, 0.02),
    ],
)
def test_the_chance_of_guessing_follows_from_the_type(
    items: dict[str, Item], name: str, told: bool, chance: float
) -> None:
    assert guess(items[name], told=told) == pytest.approx(chance)


# Typed answers


@pytest.mark.parametrize(
    ("text", "lang", "plain"),
    [
        ("  Ｆｕｌｌ　Ｗｉｄｔｈ ", "en", "full width"),
        ("Café!", "en", "cafe"),
        ("naïve", "en-GB", "naive"),
        ("Größe", "de-DE", "groesse"),
        ("Größe", "en", "grosse"),  # only German writes oe for ö
        ("Noël !", "fr", "noel"),
        ("¿Mañana?", "es", "mañana"),  # ñ is a letter of its own
        ("ﾊﾟｽﾜｰﾄﾞ。", "ja", "ぱすわーど"),
        ("您好， 王先生！", "zh-CN", "您好王先生"),
        ("３．５ 天", "zh-CN", "3.5天"),
        ("e‐mail — now", "en", "e-mail - now"),
        ("", "en", ""),
        ("?!", "zh-CN", ""),
    ],
)
def test_a_typed_text_is_reduced_by_the_rules_of_its_language(text: str, lang: str, plain: str) -> None:
    assert normalise(text, lang) == plain


def test_python_and_javascript_reduce_two_thousand_random_texts_alike(twins: Any) -> None:
    chance = random.Random(11)
    letters = "aÄßéñ。，、.,!? '-「」1２カがｶﾞーＦ你　\t\u00a0\u0301😀…Σ"
    texts = ["".join(chance.choices(letters, k=chance.randint(0, 12))) for _ in range(2000)]
    cases = [[text, lang] for text in texts for lang in ("en", "de", "es", "fr", "ja", "zh-CN")]

    assert twins("normalise", cases=cases) == [normalise(text, lang) for text, lang in cases]


@pytest.mark.parametrize(
    ("text", "unit", "numbers"),
    [
        ("1,5", "", {1.5}),
        ("1.500", "", {1.5, 1500.0}),
        ("1,500", "", {1.5, 1500.0}),
        ("0,500", "", {0.5}),  # no thousands begin with 0
        ("1.500,25", "", {1500.25}),
        ("1 500", "", {1500.0}),
        ("１８ 分", "min", {18.0}),
        ("18 hours", "min", set()),  # a known unit, and another one
        ("18 tickets", "min", {18.0}),
        ("80%", "", {80.0, 0.8}),
        ("80%", "%", {80.0}),
        ("−3", "", {-3.0}),
    ],
)
def test_a_typed_number_means_its_plausible_values(text: str, unit: str, numbers: set[float]) -> None:
    assert set(plausible_numbers(text, unit=unit)) == numbers


@pytest.mark.parametrize("text", ["", "twelve", "1:30", "3-5", "1e3", "1.2.3", "1 min 30 s", "½"])
def test_a_text_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ResponseError, match="number"):
        plausible_numbers(text)
