"""A small course with every type of question, and how each is answered right and wrong in its form."""

from __future__ import annotations

from typing import Any

from courses.course import Course, Html, Interaction, Lesson, Module, Point, Retention, Step
from quizzes.item import Item, Skill
from quizzes.parse import parse_item

SLUG = "desk"
MODULE = "basics"


def both(words: str) -> dict[str, str]:
    """The same words in both languages, told apart."""
    return {"zh-CN": f"{words}（中）", "en": words}


CHOICES = [
    {"id": "a", "text": both("Ask first"), "why": both("Asking comes later.")},
    {
        "id": "b",
        "text": both("Confirm first"),
        "right": True,
        "why": both("The buyer sees that you read it."),
    },
    {"id": "c", "text": "Später", "lang": "de", "why": both("Later is too late.")},
]
TWO_RIGHT = [*CHOICES[:2], {"id": "d", "text": both("Name a day"), "right": True}]
LINES = [{"id": line, "text": both(f"Line {line}")} for line in ("a", "b", "c")]
PAIRS = [{"id": pair, "left": both(f"Left {pair}"), "right": both(f"Right {pair}")} for pair in ("a", "b")]
GAPS = [{"id": "g1", "accepted": {"en": ["eighteen"], "zh-CN": ["十八"]}, "why": both("Eighteen it is.")}]

TYPES: dict[str, dict[str, Any]] = {
    "single": {"choices": CHOICES},
    "multiple": {"choices": TWO_RIGHT},
    "order": {"choices": LINES},
    "match": {"pairs": PAIRS},
    "numeric": {"answer": {"value": 18, "tolerance": 0.5, "unit": both("min")}},
    "short_text": {"accepted": {"en": ["first response time"], "zh-CN": ["首次响应时间"]}},
    "cloze": {"text": {"en": "In {{g1}} minutes.", "zh-CN": "在 {{g1}} 分钟内。"}, "gaps": GAPS},
    "listen": {"choices": CHOICES, "audio": {"lang": "de-DE", "text": "Wo ist mein Paket?"}},
}
RIGHT: dict[str, dict[str, Any]] = {
    "single": {"answer": "b"},
    "multiple": {"answer": ["b", "d"]},
    "order": {"place-a": "1", "place-b": "2", "place-c": "3"},
    "match": {"pair-a": "a", "pair-b": "b"},
    "numeric": {"answer": "18"},
    "short_text": {"answer": "First response time"},
    "cloze": {"gap-g1": "eighteen"},
    "listen": {"answer": "b"},
}
WRONG: dict[str, dict[str, Any]] = {
    "single": {"answer": "a"},
    "multiple": {"answer": ["a"]},
    "order": {"place-a": "3", "place-b": "1", "place-c": "2"},
    "match": {"pair-a": "b", "pair-b": "a"},
    "numeric": {"answer": "45"},
    "short_text": {"answer": "handling time"},
    "cloze": {"gap-g1": "forty"},
    "listen": {"answer": "c"},
}
NOTHING: dict[str, dict[str, Any]] = {
    "single": {},
    "multiple": {},
    "order": {"place-a": "1", "place-b": "1", "place-c": "2"},
    "match": {"pair-a": "a", "pair-b": ""},
    "numeric": {"answer": "soon"},
    "short_text": {"answer": ""},
    "cloze": {"gap-g1": ""},
    "listen": {"answer": "z"},
}


def practice_item(
    kind: str,
    *,
    id: str | None = None,
    form: str = "practice",
    point: str | None = None,
    given: dict[str, Any] | None = None,
) -> Item:
    """An item of a type on a point of its own; `given` stands instead of what the type has here."""
    return parse_item(
        {
            "id": id or f"{kind.replace('_', '-')}-1",
            "type": kind,
            "form": form,
            "point": point or f"point-{kind.replace('_', '-')}",
            "stem": both(f"The {kind} question"),
            "explanation": both(f"Why the {kind} answer is right"),
            **(given or TYPES[kind]),
        },
        at="item",
    )


def practice_course(
    *, kinds: tuple[str, ...] = tuple(TYPES), siblings: tuple[str, ...] = ("single",), pass_mark: float = 0.8
) -> Course:
    """A course of one module: a lesson with one interaction, and a practice item of each type.

    Types in `siblings` have a second item on their point, which the quiz does not reach.
    """
    items = [practice_item(kind) for kind in kinds]
    items.append(practice_item("single", id="in-lesson", form="lesson", point=items[0].point))
    spare = [practice_item(kind, id=f"{kind}-2") for kind in siblings]
    lesson = Lesson(
        id="first",
        module=MODULE,
        title=both("The first lesson"),
        outcome=both("Answer first"),
        minutes=3,
        points=(items[0].point,),
        sources={},
        steps={
            tag: (Step("One", (Html("<p>Read this.</p>"), Interaction("in-lesson"))),)
            for tag in ("zh-CN", "en")
        },
    )
    module = Module(
        id=MODULE,
        title=both("Basics"),
        summary=both("All of it"),
        requires=(),
        pass_mark=pass_mark,
        quiz_length=len(kinds),
        lessons=(lesson,),
        items=tuple(items + spare),
    )
    points = {item.point: Point(item.point, MODULE, Skill.TOOLS, both(item.point)) for item in items}
    return Course(
        slug=SLUG,
        version="1.0.0",
        languages=("zh-CN", "en"),
        title=both("Desk"),
        summary=both("A desk"),
        retention=Retention(),
        modules=(module,),
        points=tuple(points.values()),
    )
