"""Items made by Hypothesis: every type, with words that hold what formats use as signs."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from quizzes.item import Item
from quizzes.parse import parse_item

LETTERS = st.sampled_from(
    [*"abcÄß中文'\"=+-@~#{}:\\<>&%$*;,.!?/|()", "\n", " ", "->", "####", "//", "::", "&amp;"]
)
WORDS = st.lists(LETTERS, min_size=1, max_size=8).map("".join).map(lambda words: f"{words}x")
"""Begins with anything, white space too."""
IDS = st.from_regex(r"[a-z0-9]{1,6}(-[a-z0-9]{1,4})?", fullmatch=True)
TEXT = st.fixed_dictionaries({"zh-CN": WORDS, "en": WORDS})
TYPED = st.lists(st.sampled_from([*"abcß中文=~#{}:\\'&<"]), max_size=6).map(
    lambda letters: "q" + "".join(letters)
)
NUMBERS = st.floats(-1e6, 1e6).map(lambda number: round(number, 3) + 0.0)


def _rows(count: int, **parts: Any) -> Any:
    """`count` rows with ids of their own, each text begun by its number so that no two read alike."""

    def numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {
                key: _begun(part, place) if key in ("text", "left", "right") else part
                for key, part in row.items()
            }
            | {"id": f"{chr(97 + place)}"}
            for place, row in enumerate(rows)
        ]

    return st.lists(st.fixed_dictionaries(parts), min_size=count, max_size=count).map(numbered)


def _begun(words: Any, place: int) -> Any:
    if isinstance(words, dict):
        return {tag: f"{text}{place}" for tag, text in words.items()}
    return f"{words}{place}"


WORDINGS = TEXT | WORDS
CHOICES = _rows(3, text=WORDINGS, why=TEXT, lang=st.just("de"))


def _single(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"choices": [{**row, "right": True} if place == 1 else row for place, row in enumerate(rows)]}


def _multiple(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"choices": [{**row, "right": True} if place != 1 else row for place, row in enumerate(rows)]}


PARTS: dict[str, Any] = {
    "single": CHOICES.map(_single),
    "multiple": CHOICES.map(_multiple),
    "order": CHOICES.map(lambda rows: {"choices": rows}),
    "match": _rows(3, left=WORDINGS, right=WORDINGS, why=TEXT, lang=st.just("fr")).map(
        lambda rows: {"pairs": rows}
    ),
    "numeric": st.fixed_dictionaries(
        {
            "answer": st.fixed_dictionaries(
                {"value": NUMBERS, "tolerance": NUMBERS.map(abs)}, optional={"unit": TEXT}
            )
        }
    ),
    "short_text": st.fixed_dictionaries(
        {
            "accepted": st.fixed_dictionaries(
                {tag: st.lists(TYPED, min_size=1, max_size=3) for tag in ("zh-CN", "en")}
            )
        }
    ),
    "cloze": TEXT.map(
        lambda text: {
            "text": {tag: words.replace("{", "").replace("}", "") + "{{g1}}." for tag, words in text.items()},
            "gaps": [{"id": "g1", "accepted": {"en": ["eighteen"], "zh-CN": ["十八", "18"]}}],
        }
    ),
    "listen": CHOICES.map(lambda rows: {**_single(rows), "audio": {"lang": "de-DE", "text": "Wo?"}}),
}


@st.composite
def items(draw: Any, kinds: tuple[str, ...] = tuple(PARTS), least: int = 1) -> list[Item]:
    """Some items of some types, each with an id of its own."""
    ids = draw(st.lists(IDS, min_size=least, max_size=4, unique=True))
    return [_item(draw, id, draw(st.sampled_from(kinds))) for id in ids]


def _item(draw: Any, id: str, kind: str) -> Item:
    common = {
        "id": id,
        "type": kind,
        "form": draw(st.sampled_from(["practice", "A", "B", "lesson"])),
        "point": draw(IDS),
        "stem": draw(TEXT),
        "explanation": draw(TEXT),
    }
    rest = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "prior": st.integers(0, 100).map(lambda whole: whole / 100),
                "market": st.just("DE"),
                "lang": st.just("de"),
                "skill": st.just("tools"),
                "source": WORDINGS,
                "passage": st.just(
                    {"lang": "de", "text": "Guten Tag > ?>", "gloss": {"en": "a", "zh-CN": "b"}}
                ),
            },
        )
    )
    return parse_item({**common, **rest, **draw(PARTS[kind])}, at="item")
