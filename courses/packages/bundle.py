"""The player's modules as one classic script, for old frames where modules do not load. ASCII only.

Each module becomes a function in a table; imports look their module up in it. Only the forms of import and
export that the player uses are understood, and anything else is refused.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from courses.packages.errors import PackageError

PLAYER = Path(__file__).resolve().parent / "player"

_IMPORT = re.compile(r'^import \{([^}]+)\} from "(\.{1,2}/[a-z0-9_./]+\.js)";$', re.MULTILINE)
_EXPORT = re.compile(
    r"^export (?=(?:async function\*?|function\*?|class|const) ([A-Za-z_$][\w$]*))", re.MULTILINE
)
_LEFT = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)
_HEAD = """\
/* Crossdesk player. Apache-2.0. Made from its modules in this order; each is a function of its exports. */
(function () {
"use strict";
var modules = {};
"""
_TAIL = "})();\n"


def bundle(entry: str, *, folder: Path = PLAYER) -> str:
    """Answer the script that runs the module `entry` and all that it imports."""
    done: dict[str, str] = {}
    _add(entry, folder, done, ())
    return _HEAD + "".join(done.values()) + _TAIL


def ascii_script(source: str) -> str:
    """Answer the script with everything beyond ASCII escaped, so that no server's charset can spoil it."""
    return re.sub(r"[^\x00-\x7f]", _escape, source)


def _escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def _add(name: str, folder: Path, done: dict[str, str], above: tuple[str, ...]) -> None:
    if name in done:
        return
    if name in above:
        raise PackageError(f"player: {name} imports itself through {', '.join(above)}")
    source = (folder / name).read_text(encoding="utf-8")
    for found in _IMPORT.finditer(source):
        _add(_resolved(name, found[2]), folder, done, (*above, name))
    done[name] = _wrapped(name, source)


def _wrapped(name: str, source: str) -> str:
    body = _IMPORT.sub(
        lambda found: f'const {{{_renamed(found[1])}}} = modules["{_resolved(name, found[2])}"];', source
    )
    exported = [found[1] for found in _EXPORT.finditer(body)]
    body = _EXPORT.sub("", body)
    left = _LEFT.search(body)
    if left:
        raise PackageError(f"player: {name} holds a form that is not understood: {left[0]}")
    names = ", ".join(exported)
    return f'modules["{name}"] = (function () {{\n{body}return {{ {names} }};\n}})();\n'


def _renamed(names: str) -> str:
    return names.replace(" as ", ": ")


def _resolved(name: str, target: str) -> str:
    parts = list(PurePosixPath(name).parent.parts)
    for part in PurePosixPath(target).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
