"""Reading items: what is read, what is refused and where, and writing it back."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizzes.errors import ItemError, QuizError, ResponseError
from quizzes.item import Form, ItemType, Skill
from quizzes.parse import item_document, parse_item


def text(words: str) -> dict[str, str]:
    return {"zh-CN": f"{words}。", "en": words}


def raw(kind: str = "single", **changes: Any) -> dict[str, Any]:
    """Answer a good item of a type, changed; a change to None leaves the key out."""
    bodies: dict[str, dict[str, Any]] = {
        "choices": {
            "choices": [
                {"id": "a", "text": text("A"), "right": True},
                {"id": "b", "text": text("B"), "why": text("no")},
            ]
        },
        "order": {"choices": [{"id": "a", "text": text("first")}, {"id": "b", "text": text("second")}]},
        "match": {
            "pairs": [
                {"id": "a", "left": text("kind"), "right": "danke"},
                {"id": "b", "left": "curt", "right": text("what"), "why": text("curt is curt")},
            ]
        },
        "numeric": {"answer": {"value": 18, "tolerance": 0.5, "unit": text("min")}},
        "short_text": {"accepted": {"zh-CN": ["退款"], "en": ["refund", "money back"]}},
        "cloze": {
            "text": text("Say {{g1}}"),
            "gaps": [{"id": "g1", "accepted": {"zh-CN": ["你好"], "en": ["hello"]}, "why": text("polite")}],
        },
    }
    bodies |= {"single": bodies["choices"], "multiple": bodies["choices"]}
    bodies["listen"] = {**bodies["choices"], "audio": {"lang": "ja-JP", "text": "もしもし"}}
    item = {
        "id": "csat-1",
        "type": kind,
        "form": "practice",
        "point": "csat-formula",
        "stem": text("Which?"),
        "explanation": text("Because"),
        **bodies.get(kind, {}),
        **changes,
    }
    return {key: value for key, value in deepcopy(item).items() if value is not None}


def refusal(document: Any) -> ItemError:
    with pytest.raises(ItemError) as caught:
        parse_item(document, at="items[3]")
    return caught.value


@pytest.mark.parametrize("kind", [kind.value for kind in ItemType])
def test_every_type_is_read_and_written_back(kind: str) -> None:
    full = raw(
        kind,
        skill="tools",
        prior=0.6,
        market="DE",
        lang="de",
        source=text("Handbook"),
        passage={"lang": "de", "text": "Sehr geehrte [[a|Frau Müller]]", "gloss": text("Dear")},
    )

    item = parse_item(full, at="items[0]")

    assert item.type is ItemType(kind)
    assert (item.form, item.skill, item.prior, item.market) == (Form.PRACTICE, Skill.TOOLS, 0.6, "DE")
    assert parse_item(json.loads(json.dumps(item_document(item))), at="again") == item


def test_what_is_left_out_has_its_default() -> None:
    item = parse_item(raw(), at="items[0]")

    assert (item.skill, item.passage, item.prior, item.lang, item.source) == (None, None, 0.5, None, None)
    assert [choice.right for choice in item.choices] == [True, False]


def test_the_document_is_written_with_the_keys_that_are_used_alone() -> None:
    document = item_document(parse_item(raw("numeric"), at="items[0]"))

    assert set(document) == {"id", "type", "form", "point", "stem", "answer", "explanation", "prior"}


def test_a_choice_in_a_practice_language_is_one_string() -> None:
    choices = [
        {"id": "a", "text": "Grüß Gott", "lang": "de", "right": True},
        {"id": "b", "text": "Hey", "lang": "de"},
    ]

    item = parse_item(raw(choices=choices), at="items[0]")

    assert item.choices[0].text == "Grüß Gott"
    assert item.choices[0].lang == "de"


def test_a_choice_that_the_passage_marks_needs_no_text() -> None:
    passage = {"lang": "de", "text": "[[a|Guten Tag]] [[b|Sie müssen]] warten."}

    item = parse_item(raw(passage=passage, choices=[{"id": "a"}, {"id": "b", "right": True}]), at="items[0]")

    assert [choice.text for choice in item.choices] == [None, None]


@pytest.mark.parametrize("kind", ["reply", "rewrite"])
def test_types_that_come_with_practice_are_refused_by_name(kind: str) -> None:
    error = refusal(raw(kind))

    assert error.path == "items[3].type"
    assert kind in error.message
    assert "comes with practice" in error.message


A = {"id": "a", "text": text("A"), "right": True}
B = {"id": "b", "text": text("B")}
P = {"id": "a", "left": text("l"), "right": text("r")}
Q = {"id": "b", "left": text("m"), "right": text("s")}


@pytest.mark.parametrize(
    ("document", "path", "message"),
    [
        (raw("essay"), "type", "is not one of"),
        (raw(type=None), "type", "missing"),
        (raw(id=None), "id", "missing"),
        (raw(id="CSAT 1"), "id", "small letters"),
        (raw(id=7), "id", "quotes"),
        (raw(form="C"), "form", "practice, A, B, lesson"),
        (raw(form=["A"]), "form", "is not one of"),
        (raw(skill="magic"), "skill", "is not one of"),
        (raw(point=None), "point", "missing"),
        (raw(stem="Which?"), "stem", "must be a mapping"),
        (raw(stem={"en": "Which?"}), "stem.zh-CN", "missing"),
        (raw(stem={"zh-CN": "哪个"}), "stem.en", "missing"),
        (raw(stem={"zh-CN": "哪个", "en": " "}), "stem.en", "empty"),
        (raw(stem={"zh-CN": 18, "en": "18"}), "stem.zh-CN", "quotes"),
        (raw(stem={**text("Which?"), "English": "x"}), "stem", "language tag"),
        (raw(explanation=None), "explanation", "missing"),
        (raw(explanation={"en": "x"}), "explanation.zh-CN", "missing"),
        (raw(prior=1.2), "prior", "0 to 1"),
        (raw(prior=True), "prior", "number"),
        (raw(prior=float("nan")), "prior", "finite"),
        (raw(lang="German"), "lang", "language tag"),
        (raw(hint="x"), "hint", "not known"),
        (raw(gaps=[]), "gaps", "not known"),  # belongs to another type
        (raw(choices=None), "choices", "missing"),
        (raw(choices=[A]), "choices", "at least 2"),
        (raw(choices={"a": "A"}), "choices", "list"),
        (raw(choices=[A, "B"]), "choices[1]", "mapping"),
        (raw(choices=[A, {**B, "id": "a"}]), "choices", "twice"),
        (raw(choices=[A, {**B, "text": text("A")}]), "choices[1]", "reads the same"),
        (raw(choices=[A, {**B, "text": {"zh-CN": "A。", "en": "B"}}]), "choices[1]", "reads the same"),
        (raw(choices=[{**A, "right": False}, B]), "choices", "exactly one"),
        (raw(choices=[A, {**B, "right": True}]), "choices", "exactly one"),
        (raw(choices=[{**A, "right": "yes"}, B]), "choices[0].right", "true or false"),
        (raw(choices=[A, {"id": "b"}]), "choices[1].text", "missing"),
        (raw(choices=[A, {"id": "b", "text": "Hey"}]), "choices[1].lang", "missing"),
        (raw(choices=[A, {**B, "why": {"en": "x"}}]), "choices[1].why.zh-CN", "missing"),
        (raw("multiple", choices=[{**A, "right": False}, B]), "choices", "at least one"),
        (raw("order", choices=[A, B]), "choices[0].right", "not known"),
        (raw("listen", audio=None), "audio", "missing"),
        (raw("listen", audio={"text": "x"}), "audio.lang", "missing"),
        (raw(passage={"lang": "de", "text": "[[z|Hallo]]"}), "choices", "no choice"),
        (raw(passage={"lang": "de", "text": "[[a|Hallo]] [[a|Du]]"}), "choices", "twice"),
        (raw(passage={"lang": "de", "text": "[[a Hallo]]"}), "passage.text", "[[choice-id|words]]"),
        (raw(passage={"text": "Hallo"}), "passage.lang", "missing"),
        (raw("match", pairs=[P]), "pairs", "at least 2"),
        (raw("match", pairs=[P, {**Q, "id": "a"}]), "pairs", "twice"),
        (raw("match", pairs=[P, {**Q, "left": text("l")}]), "pairs[1]", "reads the same"),
        (raw("match", pairs=[P, {**Q, "right": text("r")}]), "pairs", "nothing to match"),
        (raw("match", pairs=[P, {"id": "b", "left": text("m")}]), "pairs[1].right", "missing"),
        (raw("numeric", answer=18), "answer", "mapping"),
        (raw("numeric", answer={"value": "18"}), "answer.value", "number"),
        (raw("numeric", answer={"value": 10**400}), "answer.value", "finite"),
        (raw("numeric", answer={"value": 1, "tolerance": -1}), "answer.tolerance", "negative"),
        (raw("numeric", answer={"value": 1, "unit": "min"}), "answer.unit", "mapping"),
        (raw("short_text", accepted={"en": ["x"]}), "accepted.zh-CN", "missing"),
        (raw("short_text", accepted={"de": ["x"]}, answer_lang="ja"), "accepted.ja", "missing"),
        (raw("short_text", accepted={"zh-CN": ["x"], "en": []}), "accepted.en", "at least one"),
        (raw("short_text", accepted={"zh-CN": ["x"], "en": "y"}), "accepted.en", "list"),
        (raw("short_text", accepted={"zh-CN": ["x"], "en": [3]}), "accepted.en[0]", "quotes"),
        (raw("short_text", accepted={"zh-CN": ["。"], "en": ["y"]}), "accepted.zh-CN[0]", "punctuation"),
        (raw("cloze", text=text("Say")), "text.zh-CN", "exactly once"),
        (raw("cloze", text=text("{{g1}} {{g1}}")), "text.zh-CN", "exactly once"),
        (raw("cloze", text=text("{{g1}} {{g2}}")), "text.zh-CN", "not among"),
        (raw("cloze", text={"zh-CN": "{{g1}}", "en": "{{g1}} {{"}), "text.en", "{{id}}"),
        (raw("cloze", gaps=[]), "gaps", "at least 1"),
        (raw("cloze", gaps=[{"id": "g1", "accepted": {"en": ["x"]}}]), "gaps[0].accepted.zh-CN", "missing"),
    ],
)
def test_a_mistake_is_refused_where_it_stands(document: dict[str, Any], path: str, message: str) -> None:
    error = refusal(document)

    assert error.path == f"items[3].{path}"
    assert message in error.message


@pytest.mark.parametrize("document", [None, [], "item", 3])
def test_what_is_no_mapping_is_refused(document: object) -> None:
    assert refusal(document).path == "items[3]"


def test_the_errors_have_one_root() -> None:
    assert issubclass(ItemError, QuizError)
    assert issubclass(ResponseError, QuizError)
    assert str(ItemError("items[0].id", "is missing")) == "items[0].id: is missing"


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["a", "b", "{{g1}}"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | st.just("id"), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(kind=st.sampled_from([kind.value for kind in ItemType]), data=st.data())
def test_any_damage_gives_an_item_or_an_item_error(kind: str, data: st.DataObject) -> None:
    document = raw(kind)
    document[data.draw(st.sampled_from([*document, "passage", "prior", "lang"]))] = data.draw(values)

    try:
        item = parse_item(document, at="items[0]")
    except ItemError:
        return

    assert parse_item(item_document(item), at="items[0]") == item
