"""The files of a course folder: read with bounds, and what is found wrong on the way."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from courses.errors import Finding
from courses.schema import shape_faults
from courses.yaml_source import DataPath, YamlFault, YamlSource, path_text, read_yaml

MAX_YAML_BYTES = 2_000_000
MAX_FILES = 2_000

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")


@dataclass
class CourseFiles:
    """The files of one folder, and what is found wrong while reading them."""

    folder: Path
    findings: list[Finding] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    """Items (by id) and lessons (by `lang/id`) that are there and broken: nothing more is said about them."""

    def error(self, file: str, line: int, path: DataPath | str, message: str) -> None:
        shown = path if isinstance(path, str) else path_text(path)
        self.findings.append(Finding(file, line, shown, message))

    def names(self, relative: str) -> list[str]:
        """Answer the names in a sub-folder, sorted; none where there is no such folder."""
        folder = self.folder / relative
        try:
            names = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
        except OSError as error:
            self.error(relative, 1, "", f"cannot be read: {error.strerror}")
            return []
        if len(names) > MAX_FILES:
            self.error(relative, 1, "", f"holds more than {MAX_FILES} files")
            return []
        return [name for name in names if not name.startswith(".")]

    def bytes(self, relative: str, *, at_most: int) -> bytes | None:
        path = self.folder / relative
        try:
            if not path.resolve().is_relative_to(self.folder.resolve()):
                self.error(relative, 1, "", "is a link to outside the course folder")
                return None
            if not path.is_file():
                self.error(relative, 1, "", "there is no such file")
                return None
            with path.open("rb") as stream:
                content = stream.read(at_most + 1)
        except (OSError, RuntimeError) as error:
            self.error(relative, 1, "", f"cannot be read: {error}")
            return None
        if len(content) > at_most:
            self.error(relative, 1, "", f"is larger than {at_most // 1000} kB")
            return None
        return content

    def text(self, relative: str, *, at_most: int) -> str | None:
        content = self.bytes(relative, at_most=at_most)
        if content is None:
            return None
        try:
            text = content.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            self.error(relative, line, "", "is not UTF-8")
            return None
        control = _CONTROL.search(text)
        if control:
            line = text.count("\n", 0, control.start()) + 1
            self.error(relative, line, "", f"holds the control character {control[0]!r}")
            return None
        return text

    def yaml(self, relative: str) -> YamlSource | None:
        text = self.text(relative, at_most=MAX_YAML_BYTES)
        return None if text is None else self.parsed(relative, text, first_line=1)

    def parsed(self, relative: str, text: str, *, first_line: int) -> YamlSource | None:
        try:
            return read_yaml(text, first_line=first_line)
        except YamlFault as fault:
            self.error(relative, fault.line, fault.path, fault.message)
            return None

    def has_shape(self, file: str, source: YamlSource, schema: str) -> bool:
        """Answer whether data have the shape of a schema; each breach is found."""
        faults = list(shape_faults(schema, source.value))
        for path, message in faults:
            self.error(file, source.line(path), path, message)
        return not faults
