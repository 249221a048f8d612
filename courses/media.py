"""The pictures of a course: which files there may be, and what an SVG must not hold.

A picture is served from the same site as the pages, so an SVG that is opened alone must run nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from courses.markdown import MEDIA_PATH

MAX_BYTES = 1_000_000

_SVG = "{http://www.w3.org/2000/svg}"
_SIGNATURES = {"png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff", "webp": b"RIFF"}
_REFUSED_TAGS = frozenset(
    {"script", "foreignobject", "iframe", "object", "embed", "handler", "set", "animate"}
)
_OUTSIDE = re.compile(r"url\(\s*+['\"]?+(?!#)|@import", re.IGNORECASE)


def media_faults(name: str, content: bytes) -> Iterator[str]:
    """Answer what is wrong with a file `media/<name>`."""
    if not MEDIA_PATH.fullmatch(f"media/{name}"):
        yield "a media file is named in small ASCII letters and ends in .svg, .png, .jpg or .webp"
        return
    if len(content) > MAX_BYTES:
        yield f"is larger than {MAX_BYTES // 1000} kB"
        return
    kind = name.rsplit(".", 1)[1]
    if kind == "svg":
        yield from _svg_faults(content)
    elif not content.startswith(_SIGNATURES[kind]):
        yield f"is not a {kind} picture"


def _svg_faults(content: bytes) -> Iterator[str]:
    if re.search(rb"<!\s*(?:DOCTYPE|ENTITY)|<\?xml-stylesheet", content, re.IGNORECASE):
        yield "an SVG has no DOCTYPE, entity or style sheet"
        return
    try:
        # Without a document type there are no entities that could grow.
        root = ElementTree.fromstring(content.decode("utf-8"))  # noqa: S314
    except (ElementTree.ParseError, ValueError) as error:
        yield f"is not SVG in UTF-8: {error}"
        return
    if root.tag != f"{_SVG}svg":
        yield "is not SVG: the outermost element must be svg in its namespace"
    for element in root.iter():
        tag = str(element.tag).rsplit("}", 1)[-1].lower()
        if tag in _REFUSED_TAGS:
            yield f"an SVG must not hold <{tag}>"
        if tag == "style" and _OUTSIDE.search(element.text or ""):
            yield "a style in an SVG must not point outside the file"
        for name, value in element.attrib.items():
            yield from _attribute_faults(name.rsplit("}", 1)[-1].lower(), value)


def _attribute_faults(name: str, value: str) -> Iterator[str]:
    if name.startswith("on"):
        yield f"an SVG must not hold the attribute {name}"
    elif name in ("href", "src") and not value.startswith("#"):
        yield f"{name}=`{value[:60]}` points outside the file"
    elif _OUTSIDE.search(value):
        yield f"{name} points outside the file"
