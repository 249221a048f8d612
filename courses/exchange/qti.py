"""Items as a QTI package, 2.1 or 3.0: a zip with a manifest and a file for each item.

Carries single and multiple choice, order, match, numeric, short text. What QTI has no place for stands in a
processing instruction `<?crossdesk {…}?>`, which other programs skip.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

from courses.course import in_language
from courses.exchange.said import accepted_answers, aside_text, choice_words
from courses.exchange.texts import ALL
from courses.packages.archive import write_archive
from quizzes.item import Item, ItemType, Wording

CARRIED = (
    ItemType.SINGLE,
    ItemType.MULTIPLE,
    ItemType.ORDER,
    ItemType.MATCH,
    ItemType.NUMERIC,
    ItemType.SHORT_TEXT,
)
MANIFEST = "imsmanifest.xml"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
HTML = frozenset({"p", "div", "span", "br", "blockquote"})
NAMESPACES = {
    "2.1": "http://www.imsglobal.org/xsd/imsqti_v2p1",
    "3.0": "http://www.imsglobal.org/xsd/imsqtiasi_v3p0",
}
_PACKAGES = {
    "2.1": ("http://www.imsglobal.org/xsd/imscp_v1p1", "QTIv2.1 Package", "1.0.0", "imsqti_item_xmlv2p1"),
    "3.0": (
        "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1",
        "QTI Package",
        "3.0.0",
        "imsqti_item_xmlv3p0",
    ),
}
_RESPONSE = "RESPONSE"


def write_qti(items: Sequence[Item], *, version: str, language: str = ALL) -> bytes:
    """Answer the package; version: 2.1 or 3.0. Items whose type is not in CARRIED raise ValueError."""
    files = {f"items/i-{item.id}.xml": _item(item, version, language) for item in items}
    files[MANIFEST] = _manifest(list(files), version)
    return write_archive(files)


def _manifest(names: Sequence[str], version: str) -> bytes:
    namespace, schema, schema_version, kind = _PACKAGES[version]
    root = ET.Element("manifest", {"xmlns": namespace, "identifier": "crossdesk-items"})
    metadata = ET.SubElement(root, "metadata")
    ET.SubElement(metadata, "schema").text = schema
    ET.SubElement(metadata, "schemaversion").text = schema_version
    ET.SubElement(root, "organizations")
    resources = ET.SubElement(root, "resources")
    for name in names:
        identifier = name.removeprefix("items/").removesuffix(".xml")
        resource = ET.SubElement(
            resources, "resource", {"identifier": identifier, "type": kind, "href": name}
        )
        ET.SubElement(resource, "file", {"href": name})
    return _bytes(root)


def _item(item: Item, version: str, language: str) -> bytes:
    if item.type not in CARRIED:
        raise ValueError(f"QTI does not carry {item.type} here")
    root = ET.Element(
        "assessmentItem",
        {"identifier": f"i-{item.id}", "title": item.id, "adaptive": "false", "timeDependent": "false"},
    )
    root.append(ET.ProcessingInstruction("crossdesk", aside_text(item)))
    _declare(root, item)
    for name, kind in (("SCORE", "float"), ("FEEDBACK", "identifier"), ("EXPLANATION", "identifier")):
        many = name == "FEEDBACK" and item.type is ItemType.MULTIPLE
        ET.SubElement(
            root,
            "outcomeDeclaration",
            {"identifier": name, "cardinality": "multiple" if many else "single", "baseType": kind},
        )
    body = ET.SubElement(root, "itemBody")
    if item.passage:
        quoted = ET.SubElement(body, "blockquote", {"class": "passage", XML_LANG: item.passage.lang})
        _text(
            ET.SubElement(quoted, "p"), re.sub(r"\[\[[a-z0-9-]+\|([^\[\]|]+)\]\]", r"\1", item.passage.text)
        )
    _interaction(body, item, language)
    _process(root, item)
    feedback = ET.SubElement(
        root,
        "modalFeedback",
        {"outcomeIdentifier": "EXPLANATION", "identifier": "shown", "showHide": "show"},
    )
    inner = ET.SubElement(feedback, "contentBody") if version == "3.0" else feedback
    _words(ET.SubElement(inner, "p"), item.explanation, language)
    if version == "3.0":
        _renamed(root)
    root.set("xmlns", NAMESPACES[version])
    return _bytes(root)


def _declare(root: ET.Element, item: Item) -> None:
    cardinality, kind, values = "single", "identifier", [f"c-{one.id}" for one in item.choices if one.right]
    match item.type:
        case ItemType.MULTIPLE:
            cardinality = "multiple"
        case ItemType.ORDER:
            cardinality, values = "ordered", [f"c-{one.id}" for one in item.choices]
        case ItemType.MATCH:
            cardinality, kind = "multiple", "directedPair"
            values = [f"l-{pair.id} r-{pair.id}" for pair in item.pairs]
        case ItemType.NUMERIC:
            assert item.answer is not None
            kind, values = "float", [repr(item.answer.value)]
        case ItemType.SHORT_TEXT:
            kind, values = "string", accepted_answers(item)[:1]
    declared = ET.SubElement(
        root,
        "responseDeclaration",
        {"identifier": _RESPONSE, "cardinality": cardinality, "baseType": kind},
    )
    correct = ET.SubElement(declared, "correctResponse")
    for value in values:
        ET.SubElement(correct, "value").text = value
    if item.type is ItemType.SHORT_TEXT:
        mapping = ET.SubElement(declared, "mapping", {"defaultValue": "0"})
        for answer in accepted_answers(item):
            ET.SubElement(
                mapping, "mapEntry", {"mapKey": answer, "mappedValue": "1", "caseSensitive": "false"}
            )


def _interaction(body: ET.Element, item: Item, language: str) -> None:
    if item.type in (ItemType.NUMERIC, ItemType.SHORT_TEXT):
        _words(ET.SubElement(body, "p"), item.stem, language)
        ET.SubElement(ET.SubElement(body, "p"), "textEntryInteraction", {"responseIdentifier": _RESPONSE})
        return
    if item.type is ItemType.MATCH:
        count = str(len(item.pairs))
        asked = ET.SubElement(
            body,
            "matchInteraction",
            {"responseIdentifier": _RESPONSE, "shuffle": "true", "maxAssociations": count},
        )
        _words(ET.SubElement(asked, "prompt"), item.stem, language)
        for side in ("l", "r"):
            group = ET.SubElement(asked, "simpleMatchSet")
            for pair in item.pairs:
                one = ET.SubElement(
                    group, "simpleAssociableChoice", {"identifier": f"{side}-{pair.id}", "matchMax": "1"}
                )
                _words(one, pair.left if side == "l" else pair.right, language)
        return
    ordered = item.type is ItemType.ORDER
    given = {"responseIdentifier": _RESPONSE, "shuffle": "true"}
    if not ordered:
        given["maxChoices"] = "0" if item.type is ItemType.MULTIPLE else "1"
    asked = ET.SubElement(body, "orderInteraction" if ordered else "choiceInteraction", given)
    _words(ET.SubElement(asked, "prompt"), item.stem, language)
    for choice in item.choices:
        one = ET.SubElement(asked, "simpleChoice", {"identifier": f"c-{choice.id}"})
        _words(one, choice_words(item, choice), language)
        if choice.why and not ordered:
            why = ET.SubElement(
                one,
                "feedbackInline",
                {"outcomeIdentifier": "FEEDBACK", "identifier": f"c-{choice.id}", "showHide": "show"},
            )
            _words(why, choice.why, language)


def _process(root: ET.Element, item: Item) -> None:
    done = ET.SubElement(root, "responseProcessing")
    if item.type is ItemType.SHORT_TEXT:
        score = ET.SubElement(done, "setOutcomeValue", {"identifier": "SCORE"})
        ET.SubElement(score, "mapResponse", {"identifier": _RESPONSE})
    else:
        met = ET.SubElement(ET.SubElement(done, "responseCondition"), "responseIf")
        if item.type is ItemType.NUMERIC:
            assert item.answer is not None
            room = repr(item.answer.tolerance)
            equal = {"toleranceMode": "absolute", "tolerance": f"{room} {room}"}
            compared = ET.SubElement(met, "equal", equal)
        else:
            compared = ET.SubElement(met, "match")
        ET.SubElement(compared, "variable", {"identifier": _RESPONSE})
        ET.SubElement(compared, "correct", {"identifier": _RESPONSE})
        _set(met, "SCORE", "float", "1")
    if item.type in (ItemType.SINGLE, ItemType.MULTIPLE):
        chosen = ET.SubElement(done, "setOutcomeValue", {"identifier": "FEEDBACK"})
        ET.SubElement(chosen, "variable", {"identifier": _RESPONSE})
    _set(done, "EXPLANATION", "identifier", "shown")


def _set(parent: ET.Element, name: str, kind: str, value: str) -> None:
    outcome = ET.SubElement(parent, "setOutcomeValue", {"identifier": name})
    ET.SubElement(outcome, "baseValue", {"baseType": kind}).text = value


def _words(parent: ET.Element, words: Wording, language: str) -> None:
    if isinstance(words, str):
        _text(parent, words)
    elif language != ALL:
        _text(parent, in_language(words, language))
    else:
        for tag, text in words.items():
            _text(ET.SubElement(parent, "span", {XML_LANG: tag}), text)


def _text(parent: ET.Element, text: str) -> None:
    lines = text.split("\n")
    parent.text = lines[0]
    for line in lines[1:]:
        ET.SubElement(parent, "br").tail = line


def _renamed(root: ET.Element) -> None:
    """Give elements and attributes the names of 3.0: `choiceInteraction` -> `qti-choice-interaction`."""
    for element in root.iter():
        tag: Any = element.tag
        if tag is ET.ProcessingInstruction:
            continue
        if tag not in HTML:
            element.tag = f"qti-{_kebab(tag)}"
        for name in list(element.attrib):
            if not name.startswith("{"):
                element.set(_kebab(name), element.attrib.pop(name))


def _kebab(name: str) -> str:
    return re.sub(r"[A-Z]", lambda found: f"-{found[0].lower()}", name)


def _bytes(root: ET.Element) -> bytes:
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))
