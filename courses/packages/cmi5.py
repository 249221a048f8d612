"""The course structure of a cmi5 package: one assignable unit a module, each with a page of its own.

https://github.com/AICC/CMI-5_Spec_Current (cmi5 1.0, 13 and 14)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape, quoteattr

from courses.course import Text
from courses.packages.playable import WHOLE_COURSE, Playable

STRUCTURE = "cmi5.xml"
ENTRY = "start_cmi5.js"

_ACTIVITY_TYPE = "http://adlnet.gov/expapi/activities/module"


def page_name(unit: Playable) -> str:
    """Answer the page that an LMS opens for a unit: `au-foundation.html`."""
    return f"au-{unit.modules[0].id}.html"


def data_name(unit: Playable) -> str:
    """Answer the script that holds a unit's course data."""
    return f"au-{unit.modules[0].id}.js"


def structure(part: Playable, units: Iterable[Playable]) -> bytes:
    """Answer cmi5.xml. A unit's id is its module's IRI; a module alone stands in a course of its own."""
    course = part.iri if part.scope == WHOLE_COURSE else f"{part.iri}/package"
    summary = part.course.summary if part.scope == WHOLE_COURSE else part.modules[0].summary
    text = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<courseStructure xmlns="https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd">
  <course id={quoteattr(course)}>
{_named(part.titles, summary, part.languages, indent="    ")}
  </course>
{"".join(_unit(unit) for unit in units)}</courseStructure>
"""
    return text.encode("utf-8")


def _unit(unit: Playable) -> str:
    module = unit.modules[0]
    rule = 'moveOn="Completed"'
    if unit.mastery is not None:
        rule = f'moveOn="CompletedAndPassed" masteryScore="{unit.mastery:.4g}"'
    return f"""\
  <au id={quoteattr(unit.iri)} {rule} launchMethod="AnyWindow" activityType="{_ACTIVITY_TYPE}">
{_named(module.title, module.summary, unit.languages, indent="    ")}
    <url>{escape(page_name(unit))}</url>
  </au>
"""


def _named(title: Text, description: Text, languages: Iterable[str], *, indent: str) -> str:
    spoken = tuple(languages)
    return "\n".join(
        (
            f"{indent}<title>{_strings(title, spoken)}</title>",
            f"{indent}<description>{_strings(description, spoken)}</description>",
        )
    )


def _strings(text: Mapping[str, str], languages: Iterable[str]) -> str:
    return "".join(
        f"<langstring lang={quoteattr(lang)}>{escape(text[lang])}</langstring>"
        for lang in languages
        if lang in text
    )
