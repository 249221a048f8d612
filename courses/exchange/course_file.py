"""From items of a foreign file to a file of a course folder, held to what the reader asks of such files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from courses.exchange.errors import ExchangeError, Fault, Reading
from courses.library import COURSE_FILE
from courses.reader import scan_course
from courses.yaml_source import read_yaml
from quizzes.item import Item
from quizzes.parse import item_document


class _Plain(yaml.SafeDumper):
    """Writes no anchors: the reader refuses them."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def course_file(items: Sequence[Item]) -> str:
    """Answer the text of a file `quizzes/*.yaml` that reads as equal items."""
    document = {"items": [item_document(item) for item in items]}
    text = yaml.dump(document, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=110)
    if read_yaml(text).value != document:
        raise ExchangeError([Fault("", "", "cannot be written as YAML that reads the same")])
    return text


def check_against_course(reading: Reading, folder: Path, *, module: str) -> tuple[Fault, ...]:
    """Answer what keeps the items out of a module of a course folder: unknown points, ids that are taken."""
    scan = scan_course(folder)
    if scan.source is None:
        return (Fault("", "", f"{COURSE_FILE} of the course cannot be read: run flask course check"),)
    modules = {row["id"] for row in scan.source.value["modules"]}
    if module not in modules:
        return (Fault("", "", f"the course has no module {module!r}"),)
    points = {row["id"]: row["module"] for row in scan.source.value["points"]}
    taken = {placed.item.id: placed.file for placed in scan.items}
    faults = []
    for item, place in zip(reading.items, reading.places, strict=True):
        if points.get(item.point) != module:
            faults.append(Fault(place, "point", f"{item.point!r} is no point of the module {module!r}"))
        if item.id in taken:
            faults.append(Fault(place, "id", f"{item.id!r} is in {taken[item.id]} already"))
    return tuple(faults)
