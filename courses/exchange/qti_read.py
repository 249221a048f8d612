"""Items out of QTI 2.1 or 3.0: a package or a single item. Safe: no document type, bounded size and depth."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

from courses.exchange.errors import Fault, Reading
from courses.exchange.qti import MANIFEST, XML_LANG
from courses.exchange.raw import RawItem, read_raw
from courses.exchange.said import Defaults, Said, SaidPart, raw_item, read_aside
from quizzes.item import ItemType, Wording

MAX_FILE = 1_000_000
MAX_FILES = 2_100
MAX_TOTAL = 50_000_000
MAX_DEPTH = 40
MAX_ELEMENTS = 20_000

_DOCTYPE = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ITEM = "assessmentItem"


class _Refused(Exception):
    """Why a file or an item cannot be taken: (element, message)."""


class _Bounded(ET.TreeBuilder):
    """Builds a tree that is neither deep nor large; names lose namespace and the manner of 3.0."""

    def __init__(self) -> None:
        super().__init__(insert_pis=True)
        self.depth = self.count = 0

    def start(self, tag: Any, attrs: Any) -> Any:
        self.depth += 1
        self.count += 1
        if self.depth > MAX_DEPTH or self.count > MAX_ELEMENTS:
            raise _Refused("", f"is deeper than {MAX_DEPTH} or has more than {MAX_ELEMENTS} elements")
        return super().start(_plain(tag), {_plain(name): value for name, value in attrs.items()})

    def end(self, tag: Any) -> Any:
        self.depth -= 1
        return super().end(_plain(tag))


def _plain(name: str) -> str:
    if name == XML_LANG:
        return "xml:lang"
    local = name.rsplit("}", 1)[-1].removeprefix("qti-")
    return re.sub(r"-([a-z])", lambda found: found[1].upper(), local)


def read_qti(content: bytes, *, defaults: Defaults) -> Reading:
    """Answer the items; faults name the item, counted from 1, its file and the element."""
    raw: list[RawItem] = []
    faults: list[Fault] = []
    try:
        files = list(_files(content))
    except _Refused as refused:
        return Reading((), (), (Fault("", *refused.args),))
    for number, (name, data) in enumerate(files, start=1):
        place = f"item {number}" + (f", {name}" if name else "")
        try:
            raw.append(raw_item(_said(_tree(data), place, number), defaults))
        except _Refused as refused:
            faults.append(Fault(place, *refused.args))
    return read_raw(raw, faults=faults)


def _files(content: bytes) -> Iterator[tuple[str, bytes]]:
    if not content.startswith(b"PK"):
        yield "", content
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if len(archive.infolist()) > MAX_FILES:
                raise _Refused("", f"holds more than {MAX_FILES} files")
            manifest = _tree(_member(archive, MANIFEST))
            total = 0
            for resource in manifest.iter("resource"):
                if not (resource.get("type") or "").startswith("imsqti_item"):
                    continue
                name = resource.get("href") or ""
                data = _member(archive, name)
                total += len(data)
                if total > MAX_TOTAL:
                    raise _Refused("", f"is larger than {MAX_TOTAL // 1_000_000} MB unpacked")
                yield name, data
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise _Refused("", f"is no zip that can be read: {error}") from None


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as stream:
            data = stream.read(MAX_FILE + 1)
    except KeyError:
        raise _Refused(name[:80], "is not in the package") from None
    if len(data) > MAX_FILE:
        raise _Refused(name[:80], f"is larger than {MAX_FILE // 1_000_000} MB")
    return data


def _tree(content: bytes) -> ET.Element:
    if len(content) > MAX_FILE:
        raise _Refused("", f"is larger than {MAX_FILE // 1_000_000} MB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _Refused("", "is not UTF-8") from None
    if _DOCTYPE.search(text):
        raise _Refused("", "must not have a document type or entities")
    try:
        # without a document type there are no entities that could grow or fetch anything
        parser = ET.XMLParser(target=_Bounded())  # noqa: S314
        parser.feed(text)
        return parser.close()
    except (ET.ParseError, ValueError) as error:
        raise _Refused("", f"is not XML: {error}") from None


def _said(root: ET.Element, place: str, number: int) -> Said:
    if root.tag != _ITEM:
        raise _Refused(str(root.tag)[:60], f"expected {_ITEM}")
    body = _child(root, "itemBody")
    asked = [one for one in body.iter() if isinstance(one.tag, str) and one.tag.endswith("Interaction")]
    if len(asked) != 1:
        raise _Refused("itemBody", f"needs one interaction, has {len(asked)}")
    declared = _child(root, "responseDeclaration")
    answers = [value.text or "" for value in declared.iterfind("correctResponse/value")]
    interaction = asked[0]
    parts: tuple[SaidPart, ...] = ()
    pairs: tuple[tuple[str | None, Wording, Wording], ...] = ()
    value: float | None = None
    tolerance = 0.0
    accepted: tuple[str, ...] = ()
    match interaction.tag:
        case "choiceInteraction":
            many = declared.get("cardinality") == "multiple"
            kind = ItemType.MULTIPLE if many else ItemType.SINGLE
            parts = tuple(_part(one, answers) for one in interaction.iter("simpleChoice"))
        case "orderInteraction":
            kind = ItemType.ORDER
            lines = {one.get("identifier"): one for one in interaction.iter("simpleChoice")}
            if sorted(answers) != sorted(str(id) for id in lines):
                raise _Refused("correctResponse", "must name every choice of the order once")
            parts = tuple(_part(lines[id], ()) for id in answers)
        case "matchInteraction":
            kind, pairs = ItemType.MATCH, _pairs(interaction, answers)
        case "textEntryInteraction" if declared.get("baseType") in ("float", "integer"):
            kind, value, tolerance = ItemType.NUMERIC, _number(answers[:1]), _tolerance(root)
        case "textEntryInteraction":
            kind = ItemType.SHORT_TEXT
            accepted = _accepted(declared, answers)
        case _:
            raise _Refused(interaction.tag, "is no kind of question that can be taken")
    feedback = root.find("modalFeedback")
    return Said(
        place=place,
        id=root.get("title") or root.get("identifier") or f"imported-{number}",
        kind=kind,
        stem=_stem(body, interaction),
        parts=parts,
        pairs=pairs,
        value=value,
        tolerance=tolerance,
        accepted=accepted,
        explanation=None if feedback is None else _wording(feedback),
        aside=_aside(root),
    )


def _child(element: ET.Element, name: str) -> ET.Element:
    found = element.findall(name)
    if len(found) != 1:
        raise _Refused(name, f"must be there once, is there {len(found)} times")
    return found[0]


def _part(choice: ET.Element, right: Any) -> SaidPart:
    why = choice.find("feedbackInline")
    return SaidPart(
        words=_wording(choice),
        right=choice.get("identifier") in right,
        why=None if why is None else _wording(why),
    )


def _pairs(interaction: ET.Element, answers: list[str]) -> tuple[tuple[str | None, Wording, Wording], ...]:
    sides = {one.get("identifier"): one for one in interaction.iter("simpleAssociableChoice")}
    pairs = []
    for answer in answers:
        ids = answer.split()
        if len(ids) != 2 or ids[0] not in sides or ids[1] not in sides:
            raise _Refused("correctResponse", f"{answer[:60]!r} names no pair of choices")
        pairs.append((None, _wording(sides[ids[0]]), _wording(sides[ids[1]])))
    return tuple(pairs)


def _accepted(declared: ET.Element, answers: list[str]) -> tuple[str, ...]:
    entries = list(declared.iter("mapEntry"))
    keys = [one.get("mapKey") or "" for one in entries if _number([one.get("mappedValue") or ""]) > 0]
    return tuple(keys or answers)


def _number(given: list[str]) -> float:
    try:
        [text] = given
        return float(text)
    except ValueError:
        raise _Refused("responseDeclaration", "needs one number as its answer") from None


def _tolerance(root: ET.Element) -> float:
    equal = next(root.iter("equal"), None)
    if equal is None or equal.get("toleranceMode") in (None, "exact"):
        return 0.0
    rooms = (equal.get("tolerance") or "").split()
    if equal.get("toleranceMode") != "absolute" or len(set(rooms)) != 1:
        raise _Refused("equal", "only an absolute tolerance, the same on both sides, can be taken")
    return _number(rooms[:1])


def _stem(body: ET.Element, interaction: ET.Element) -> Wording:
    prompt = interaction.find("prompt")
    found = [_wording(one) for one in body if one is not interaction and one.get("class") != "passage"]
    found = [words for words in found if words]
    if prompt is not None:
        found.append(_wording(prompt))
    if len(found) == 1:
        return found[0]
    return "\n".join(words if isinstance(words, str) else " / ".join(words.values()) for words in found)


def _wording(element: ET.Element) -> Wording:
    """Answer the words of an element: by language where all of them stand in spans that name one."""
    inner = [one for one in element if one.tag in ("p", "contentBody", "div")]
    if len(inner) == 1 and not (element.text or "").strip():
        return _wording(inner[0])
    spans = [one for one in element if one.tag == "span" and one.get("xml:lang")]
    if spans:
        return {str(one.get("xml:lang")): _flat(one) for one in spans}
    return _flat(element)


def _flat(element: ET.Element) -> str:
    parts = [element.text or ""]
    for child in element:
        if child.tag == "br":
            parts.append("\n")
        elif isinstance(child.tag, str) and not child.tag.endswith(("Interaction", "feedbackInline")):
            parts.append(_flat(child))
        parts.append(child.tail or "")
    words = "".join(parts)
    return words if words.strip() else ""


def _aside(root: ET.Element) -> dict[str, Any]:
    for child in root:
        tag: Any = child.tag  # of a processing instruction, a function
        if tag is ET.PI and (child.text or "").startswith("crossdesk "):
            try:
                return read_aside((child.text or "").removeprefix("crossdesk "))
            except ValueError as error:
                raise _Refused("crossdesk", str(error)) from None
    return {}
