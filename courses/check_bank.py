"""Check the bank of items: reasons given, key positions, lengths, doubles, parallel forms, mixed types.

Items that could not be read are left out; the reader has reported them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import fmean

from courses.errors import Finding, Severity
from courses.library import COURSE_FILE
from courses.scan import PlacedItem, Scan
from courses.schema import LANGUAGES
from courses.spread import longest_too_often, uneven
from courses.yaml_source import DataPath, YamlSource, path_text
from quizzes.item import Form, Item, ItemType, Wording

MIN_PRACTICE = 2
"""Practice items that each point needs; of forms A and B it needs one each."""
MAX_SINGLE_SHARE = 0.5
PRIOR_TOLERANCE = 0.15
"""Forms A and B of a point may differ by this much in the chance of an untrained right answer."""
MIN_ITEMS_FOR_SKEW = 20
"""Below this many items the spread of right answers says nothing."""
GIVEAWAY_RATIO = 1.6
"""A right answer this many times as long as the longest wrong one gives itself away."""
GIVEAWAY_EXTRA: Mapping[str, int] = {"zh-CN": 8, "en": 25}
"""… and at least this many characters longer."""

_ONE_RIGHT = (ItemType.SINGLE, ItemType.LISTEN)
_WITH_KEY = (*_ONE_RIGHT, ItemType.MULTIPLE)
_CATCH_ALL = re.compile(
    r"\b(?:all|none|both|any) of the (?:above|others?)\b|以上(?:都|皆|全|均)|上述(?:都|皆|全|均)",
    re.IGNORECASE,
)


def bank_findings(scan: Scan) -> Iterator[Finding]:
    """Answer what weakens the bank of a course."""
    for placed in scan.items:
        yield from _item_findings(placed)
    yield from _double_findings(scan.items)
    yield from _position_findings([placed.item for placed in scan.items])
    yield from _length_findings(scan.items)
    yield from _type_findings([placed.item for placed in scan.items])
    if scan.source is not None:
        yield from _point_findings(scan.source, scan.items)
        yield from _quiz_findings(scan.source, scan.items)


def _item_findings(placed: PlacedItem) -> Iterator[Finding]:
    item = placed.item
    if item.form is not Form.LESSON:
        raw = placed.source.value["items"][placed.path[1]]
        for key in ("prior", "source"):
            if key not in raw:
                yield _warning(placed, (key,), "missing")
    if item.type in _WITH_KEY:
        for at, choice in enumerate(item.choices):
            if choice.why is None:
                yield _warning(placed, ("choices", at, "why"), "this choice has no explanation")
            for words in _languages(choice.text).values():
                if _CATCH_ALL.search(words):
                    yield _warning(placed, ("choices", at, "text"), f"`{words}` leans on the other choices")


def _double_findings(items: Sequence[PlacedItem]) -> Iterator[Finding]:
    """Two items that ask the same of the same material, in any language."""
    for lang in LANGUAGES:
        first: dict[tuple[str, ...], PlacedItem] = {}
        for placed in items:
            key = _asked(placed.item, lang)
            other = first.setdefault(key, placed)
            if other is not placed:
                where = f"`{other.item.id}` ({other.file}:{other.line('stem')})"
                yield _warning(placed, ("stem", lang), f"asks the same as {where}")


def _asked(item: Item, lang: str) -> tuple[str, ...]:
    material = [item.stem.get(lang, "")]
    material += [item.passage.text] if item.passage else []
    material += [item.audio.text] if item.audio else []
    if item.type is ItemType.ORDER:
        material += sorted(_in(choice.text, lang) for choice in item.choices)
    material += sorted(_in(pair.left, lang) for pair in item.pairs)
    material += [_in(item.text, lang)]
    return tuple(_letters(words) for words in material)


def _position_findings(items: Iterable[Item]) -> Iterator[Finding]:
    """Compare where right answers stand with even positions (chi-square, 1 %)."""
    keyed = [item for item in items if item.type in _ONE_RIGHT]
    if len(keyed) < MIN_ITEMS_FOR_SKEW:
        return
    seen: Counter[int] = Counter()
    even: dict[int, float] = defaultdict(float)
    for item in keyed:
        seen[next(at for at, choice in enumerate(item.choices) if choice.right)] += 1
        for at in range(len(item.choices)):
            even[at] += 1 / len(item.choices)
    found = uneven(seen, even)
    if found:
        yield _of_course(f"right answers are not evenly placed; found (even): {found}")


def _length_findings(items: Sequence[PlacedItem]) -> Iterator[Finding]:
    for lang in LANGUAGES:
        cases: list[tuple[bool, float]] = []
        for placed in items:
            lengths = _lengths(placed.item, lang)
            if lengths is None:
                continue
            right, wrong = lengths
            cases.append((right > wrong, 1 / len(placed.item.choices)))
            if right >= GIVEAWAY_RATIO * wrong and right - wrong >= GIVEAWAY_EXTRA[lang]:
                message = f"the right answer ({lang}) has {right} characters, the longest wrong one {wrong}"
                yield _warning(placed, ("choices",), message)
        found = longest_too_often(cases, of="items") if len(cases) >= MIN_ITEMS_FOR_SKEW else ""
        if found:
            yield _of_course(f"the right answer is the longest ({lang}) in {found}")


def _lengths(item: Item, lang: str) -> tuple[int, int] | None:
    """Answer the length of the right choice and of the longest wrong one."""
    if item.type not in _ONE_RIGHT or any(choice.text is None for choice in item.choices):
        return None
    right = [len(_in(choice.text, lang)) for choice in item.choices if choice.right]
    wrong = [len(_in(choice.text, lang)) for choice in item.choices if not choice.right]
    return max(right), max(wrong)


def _type_findings(items: Sequence[Item]) -> Iterator[Finding]:
    singles = sum(item.type is ItemType.SINGLE for item in items)
    if len(items) >= MIN_ITEMS_FOR_SKEW and singles > MAX_SINGLE_SHARE * len(items):
        yield _of_course(f"{singles} of {len(items)} items are single choice; at most half should be")


def _point_findings(source: YamlSource, items: Sequence[PlacedItem]) -> Iterator[Finding]:
    """Each point has enough to practise, and forms A and B that are alike."""
    of_point: dict[str, list[Item]] = defaultdict(list)
    for placed in items:
        of_point[placed.item.point].append(placed.item)
    for at, point in enumerate(source.value["points"]):
        path: DataPath = ("points", at)
        own = of_point[point["id"]]
        forms = {form: [item for item in own if item.form is form] for form in Form}
        for form, least in ((Form.PRACTICE, MIN_PRACTICE), (Form.A, 1), (Form.B, 1)):
            if len(forms[form]) < least:
                message = f"`{point['id']}` has {len(forms[form])} items of form {form}, needs {least}"
                yield _of_course(message, source=source, path=path)
        if forms[Form.A] and forms[Form.B]:
            for message in _differences(forms[Form.A], forms[Form.B]):
                yield _of_course(f"`{point['id']}`: {message}", source=source, path=path)


def _differences(a: Sequence[Item], b: Sequence[Item]) -> Iterator[str]:
    types = [sorted(item.type.value for item in form) for form in (a, b)]
    if types[0] != types[1]:
        yield f"forms are not parallel: A has {', '.join(types[0])}; B has {', '.join(types[1])}"
    priors = [fmean(item.prior for item in form) for form in (a, b)]
    if abs(priors[0] - priors[1]) > PRIOR_TOLERANCE + 1e-9:
        yield f"forms are not parallel: prior of A {priors[0]:.2f}, of B {priors[1]:.2f}"


def _quiz_findings(source: YamlSource, items: Sequence[PlacedItem]) -> Iterator[Finding]:
    module_of = {point["id"]: point["module"] for point in source.value["points"]}
    practice = Counter(
        module_of.get(placed.item.point) for placed in items if placed.item.form is Form.PRACTICE
    )
    for at, module in enumerate(source.value["modules"]):
        wanted = module.get("quiz_length", 10)
        if practice[module["id"]] < wanted:
            message = (
                f"the quiz draws {wanted} items, `{module['id']}` has {practice[module['id']]} for practice"
            )
            yield _of_course(message, source=source, path=("modules", at))


def _languages(wording: Wording | None) -> Mapping[str, str]:
    match wording:
        case None:
            return {}
        case str():
            return {"": wording}
        case _:
            return wording


def _in(wording: Wording | None, lang: str) -> str:
    words = _languages(wording)
    return words.get(lang) or words.get("", "")


def _letters(words: str) -> str:
    """Answer only letters and digits, folded, so that two spellings of one question meet."""
    folded = unicodedata.normalize("NFKC", words).casefold()
    return "".join(sign for sign in folded if sign.isalnum())


def _warning(placed: PlacedItem, inside: DataPath, message: str) -> Finding:
    path = placed.path + inside
    return Finding(placed.file, placed.source.line(path), path_text(path), message, Severity.WARNING)


def _of_course(message: str, *, source: YamlSource | None = None, path: DataPath = ()) -> Finding:
    line = source.line(path) if source else 1
    return Finding(COURSE_FILE, line, path_text(path), message, Severity.WARNING)
