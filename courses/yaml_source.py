"""YAML read with the line of every value: plain data only, written the way JSON is meant.

Refused: duplicate keys, aliases and anchors, tags, more than one document, great depth and size. Only `true`,
`false`, `null` and decimal numbers are not text, so `no`, `NO`, `12:30` and `2025-11-03` stay as they look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

MAX_DEPTH = 20
MAX_VALUES = 100_000

DataPath = tuple[str | int, ...]
"""Keys and positions from the top, such as ("items", 3, "why")."""

# libyaml's parser is some ten times faster and gives the same events.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,18}(?:[eE][-+]?[0-9]{1,2})?", re.ASCII)
_PATH_PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]", re.ASCII)
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


class YamlFault(Exception):
    """Why a text is not the YAML that is meant, and where."""

    def __init__(self, line: int, path: DataPath, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line
        self.path = path
        self.message = message


@dataclass(frozen=True)
class YamlSource:
    """The data of a YAML text and the line of each value, counted from 1."""

    value: Any
    lines: Mapping[DataPath, int]

    def line(self, path: DataPath) -> int:
        """Answer the line of a value; of the nearest one around it where it is missing."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_yaml(text: str, *, first_line: int = 1) -> YamlSource:
    """Answer the one document of a text (None when it is empty), or raise YamlFault."""
    builder = _Builder(first_line)
    try:
        for event in _events(text):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark else 0)
        reason = error.problem or error.context or "cannot be read"
        raise YamlFault(line, (), f"not YAML: {reason}") from error
    except yaml.YAMLError as error:
        raise YamlFault(first_line, (), f"not YAML: {' '.join(str(error).split())}") from error
    return YamlSource(builder.value, builder.lines)


def path_text(path: DataPath) -> str:
    """Answer a path as it is shown: `items[3].choices[1].why.en`."""
    shown = ""
    for part in path:
        if isinstance(part, int):
            shown += f"[{part}]"
        else:
            shown += f".{part}" if shown else part
    return shown


def path_of(shown: str) -> DataPath:
    """Answer the path of a shown one: `items[3].why.zh-CN` -> ("items", 3, "why", "zh-CN")."""
    return tuple(int(found[2]) if found[2] else found[1] for found in _PATH_PART.finditer(shown))


def _events(text: str) -> Iterator[Any]:
    yield from yaml.parse(text, Loader=_LOADER)


@dataclass
class _Open:
    """A list or mapping whose end has not come yet."""

    value: dict[str, Any] | list[Any]
    path: DataPath
    key: str | None = None


@dataclass
class _Builder:
    """Puts events together without recursion, so that no nesting can exhaust the stack."""

    first_line: int
    value: Any = None
    lines: dict[DataPath, int] = field(default_factory=dict)
    open: list[_Open] = field(default_factory=list)
    documents: int = 0

    def take(self, event: Any) -> None:
        line = self.first_line + event.start_mark.line
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    raise YamlFault(line, (), "a file holds one document")
            case yaml.AliasEvent():
                raise self._fault(line, "aliases (`*name`) are not allowed")
            case yaml.ScalarEvent():
                self._plain_only(event, line)
                if not self._take_key(event, line):
                    self._add(_scalar(event), line)
            case yaml.MappingStartEvent():
                self._start({}, event, line)
            case yaml.SequenceStartEvent():
                self._start([], event, line)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.open.pop()
            case _:
                pass

    def _start(self, value: dict[str, Any] | list[Any], event: Any, line: int) -> None:
        self._plain_only(event, line)
        if self._expects_key():
            raise self._fault(line, "a key is one word")
        if len(self.open) >= MAX_DEPTH:
            raise self._fault(line, f"nested deeper than {MAX_DEPTH}")
        path = self._add(value, line)
        self.open.append(_Open(value, path))

    def _plain_only(self, event: Any, line: int) -> None:
        if event.anchor is not None:
            raise self._fault(line, "anchors (`&name`) are not allowed")
        if event.tag is not None:
            raise self._fault(line, f"tags (`{event.tag}`) are not allowed")

    def _expects_key(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1].value, dict) and self.open[-1].key is None

    def _take_key(self, event: Any, line: int) -> bool:
        if not self._expects_key():
            return False
        top = self.open[-1]
        key = str(event.value)
        if key in top.value:
            raise YamlFault(line, (*top.path, key), "this key is there twice")
        top.key = key
        self.lines[(*top.path, key)] = line
        return True

    def _add(self, value: Any, line: int) -> DataPath:
        if len(self.lines) >= MAX_VALUES:
            raise self._fault(line, f"more than {MAX_VALUES} values in one file")
        path: DataPath = ()
        if not self.open:
            self.value = value
        else:
            top = self.open[-1]
            if isinstance(top.value, list):
                path = (*top.path, len(top.value))
                top.value.append(value)
            else:
                assert top.key is not None
                path = (*top.path, top.key)
                top.value[top.key] = value
                top.key = None
        self.lines.setdefault(path, line)
        return path

    def _fault(self, line: int, message: str) -> YamlFault:
        return YamlFault(line, self.open[-1].path if self.open else (), message)


def _scalar(event: Any) -> str | int | float | bool | None:
    text = str(event.value)
    if event.style is not None and event.style != "":
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text
