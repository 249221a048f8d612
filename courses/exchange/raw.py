"""From what a file says of items to items: the same rules as for a course's own files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from courses.exchange.errors import Fault, Reading
from courses.schema import shape_faults
from courses.yaml_source import path_text
from quizzes.errors import ItemError
from quizzes.item import Item
from quizzes.parse import parse_item

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What the files of a course may not hold."""


@dataclass(frozen=True)
class RawItem:
    """An item as plain data in the course format, and where it stands."""

    place: str
    document: dict[str, Any]
    single_language: bool = False
    """The file said it in one language only; the same words stand for each."""


def read_raw(raw: Sequence[RawItem], *, faults: Iterable[Fault] = ()) -> Reading:
    """Answer the items; every breach of the course format is a fault, an id that is there twice too."""
    found = list(faults)
    warnings: list[Fault] = []
    items: list[Item] = []
    places: list[str] = []
    seen: dict[str, str] = {}
    for one in raw:
        wrong = list(_faults(one.document))
        if not wrong:
            try:
                item = parse_item(one.document, at="item")
            except ItemError as error:
                wrong.append((error.path.removeprefix("item").removeprefix("."), error.message))
            else:
                if item.id in seen:
                    wrong.append(("id", f"{item.id!r} stands at {seen[item.id]} already"))
                seen.setdefault(item.id, one.place)
                items.append(item)
                places.append(one.place)
                if one.single_language:
                    warnings.append(Fault(one.place, item.id, "is in one language only: translate it"))
        found += [Fault(one.place, path, message) for path, message in wrong]
    if not raw and not found:
        found.append(Fault("", "", "holds no item"))
    return Reading(tuple(items), tuple(places), tuple(found), tuple(warnings))


def _faults(document: dict[str, Any]) -> Iterable[tuple[str, str]]:
    for at, message in shape_faults("quizzes", {"items": [document]}):
        yield path_text(at[2:]), message
    for path, words in _strings(document):
        if CONTROL.search(words):
            yield path, "holds a control character"


def _strings(value: Any, path: str = "") -> Iterable[tuple[str, str]]:
    match value:
        case str():
            yield path, value
        case dict():
            for key, part in value.items():
                yield from _strings(part, f"{path}.{key}" if path else key)
        case list():
            for number, part in enumerate(value):
                yield from _strings(part, f"{path}[{number}]")
