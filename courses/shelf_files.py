"""Read what stands beside the lessons: glossary, scripts, markets, rules, needs, scenes. All is optional."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from courses.files import CourseFiles
from courses.scan import Placed, PlacedItem, ShelfScan
from courses.schema import shape_faults
from courses.shelf import Shelf
from courses.yaml_source import DataPath, YamlSource, path_of, path_text
from quizzes.errors import ItemError
from quizzes.parse import item_document, parse_item

GLOSSARY_FILE = "glossary.yaml"
NEEDS_FILE = "needs.yaml"


def read_shelf(files: CourseFiles) -> ShelfScan:
    """Answer every entry that has the right shape; what has not is found, and its id is unread."""
    needs = _optional(files, NEEDS_FILE)
    return ShelfScan(
        terms=tuple(_listed(files, GLOSSARY_FILE, "glossary", "terms", _optional(files, GLOSSARY_FILE))),
        scripts=tuple(_one_a_file(files, "scripts")),
        markets=tuple(_one_a_file(files, "markets")),
        rules=tuple(_rules(files)),
        scenes=tuple(_one_a_file(files, "scenarios")),
        stated=() if needs is None else _stated(needs),
        needs=() if needs is None else tuple(_needs_items(files, needs)),
    )


def written_shelf(scan: ShelfScan) -> Shelf:
    """Answer the shelf of a course that has no errors, in the order of its files."""
    rows: dict[str, list[Any]] = {
        "glossary": [placed.value for placed in scan.terms],
        "scripts": [placed.value for placed in scan.scripts],
        "markets": [placed.value for placed in scan.markets],
        "rules": [placed.value for placed in scan.rules],
        "scenarios": [placed.value for placed in scan.scenes],
        "stated": [placed.value for placed in scan.stated],
        "needs": [item_document(placed.item) for placed in scan.needs],
    }
    return Shelf({kind: entries for kind, entries in rows.items() if entries})


def _optional(files: CourseFiles, file: str) -> YamlSource | None:
    return files.yaml(file) if file in files.names("") else None


def _yaml_files(files: CourseFiles, folder: str) -> Iterator[tuple[str, YamlSource]]:
    for name in files.names(folder):
        file = f"{folder}/{name}"
        if not name.endswith(".yaml"):
            files.error(file, 1, "", "is not read: its name does not end in .yaml")
            continue
        source = files.yaml(file)
        if source is not None:
            yield file, source


def _one_a_file(files: CourseFiles, folder: str) -> Iterator[Placed]:
    """Answer the files of a folder that hold one entry each; the schema is named like the folder."""
    for file, source in _yaml_files(files, folder):
        if files.has_shape(file, source, folder):
            yield Placed(source.value, file, (), source)
        else:
            _leave_unread(files, source.value)


def _rules(files: CourseFiles) -> Iterator[Placed]:
    for file, source in _yaml_files(files, "rules"):
        yield from _listed(files, file, "rules", "rules", source)


def _listed(
    files: CourseFiles, file: str, schema: str, key: str, source: YamlSource | None
) -> Iterator[Placed]:
    """Answer the entries of a file that holds many; a broken one does not hide the others."""
    if source is None:
        return
    broken = _broken(files, file, schema, source)
    rows = source.value.get(key) if isinstance(source.value, dict) else None
    for at, row in enumerate(rows if isinstance(rows, list) else []):
        if (key, at) in broken:
            _leave_unread(files, row)
        else:
            yield Placed(row, file, (key, at), source)


def _broken(files: CourseFiles, file: str, schema: str, source: YamlSource) -> set[DataPath]:
    faults = list(shape_faults(schema, source.value))
    for path, message in faults:
        files.error(file, source.line(path), path, message)
    return {path[:2] for path, _ in faults}


def _stated(source: YamlSource) -> tuple[Placed, ...]:
    if any(True for _ in shape_faults("needs", source.value)):
        return ()
    return tuple(
        Placed(row, NEEDS_FILE, ("stated", at), source) for at, row in enumerate(source.value["stated"])
    )


def _needs_items(files: CourseFiles, source: YamlSource) -> Iterator[PlacedItem]:
    broken = _broken(files, NEEDS_FILE, "needs", source)
    rows = source.value.get("items") if isinstance(source.value, dict) else None
    for at, row in enumerate(rows if isinstance(rows, list) else []):
        path: DataPath = ("items", at)
        if path in broken:
            continue
        try:
            yield PlacedItem(parse_item(row, at=path_text(path)), NEEDS_FILE, path, source)
        except ItemError as error:
            where = path_of(error.path)
            files.error(NEEDS_FILE, source.line(where), where, error.message)


def _leave_unread(files: CourseFiles, value: Any) -> None:
    id = value.get("id") if isinstance(value, dict) else None
    if isinstance(id, str):
        files.unread.add(id)
