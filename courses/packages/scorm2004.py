"""The manifest of a SCORM 2004 package, 3rd or 4th edition: one SCO, every file listed once.

https://adlnet.gov/past-projects/scorm/ (SCORM 2004, Content Aggregation Model, chapter 3.4)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from xml.sax.saxutils import escape, quoteattr

from courses.packages.errors import UnknownOption
from courses.packages.playable import Playable

MANIFEST = "imsmanifest.xml"
LAUNCH = "index.html"
ENTRY = "start_scorm2004.js"

_SCHEMAS = Path(__file__).resolve().parent / "schemas"
_CONTROL = (".xsd", ".dtd")
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9_.-]")
_LONGEST_TITLE = 200


@dataclass(frozen=True)
class Edition:
    """What differs between the editions of SCORM 2004."""

    name: str
    version: str
    """`schemaversion`, exactly as the standard spells it."""
    longest_state: int
    """Characters that every run-time of this edition keeps of cmi.suspend_data (RTE 4.2.23)."""
    threshold: str
    """Complete is who has done all of it: an element's text in the 3rd edition, attributes in the 4th."""
    schemas: str


EDITIONS = MappingProxyType(
    {
        3: Edition(
            name="SCORM 2004 3rd Edition",
            version="2004 3rd Edition",
            longest_state=4_000,
            threshold="<adlcp:completionThreshold>1.0</adlcp:completionThreshold>",
            schemas="scorm2004-3rd",
        ),
        4: Edition(
            name="SCORM 2004 4th Edition",
            version="2004 4th Edition",
            longest_state=64_000,
            threshold='<adlcp:completionThreshold completedByMeasure="true" minProgressMeasure="1.0" '
            'progressWeight="1.0"/>',
            schemas="scorm2004-4th",
        ),
    }
)


def edition_of(number: int) -> Edition:
    """Answer an edition by its number. Raises UnknownOption."""
    if number not in EDITIONS:
        raise UnknownOption(f"edition {number}: expected one of {', '.join(map(str, EDITIONS))}")
    return EDITIONS[number]


def schema_files(edition: Edition) -> Mapping[str, bytes]:
    """Answer the control schemas that stand at the root of a package."""
    folder = _SCHEMAS / edition.schemas
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in _CONTROL}


def manifest(part: Playable, files: Iterable[str], *, edition: Edition) -> bytes:
    """Answer imsmanifest.xml. Ids depend on the course and scope alone, so they last over a re-export."""
    stem = _NOT_A_NAME.sub("-", f"{part.course.slug}-{part.scope}")
    title = escape(part.title[:_LONGEST_TITLE])
    listed = "\n".join(f"      <file href={quoteattr(name)}/>" for name in sorted(files))
    text = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier={quoteattr(f"crossdesk-{stem}")} version={quoteattr(part.course.version)}
    xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"
    xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3"
    xmlns:adlseq="http://www.adlnet.org/xsd/adlseq_v1p3"
    xmlns:adlnav="http://www.adlnet.org/xsd/adlnav_v1p3"
    xmlns:imsss="http://www.imsglobal.org/xsd/imsss"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:schemaLocation="http://www.imsglobal.org/xsd/imscp_v1p1 imscp_v1p1.xsd \
http://www.adlnet.org/xsd/adlcp_v1p3 adlcp_v1p3.xsd \
http://www.adlnet.org/xsd/adlseq_v1p3 adlseq_v1p3.xsd \
http://www.adlnet.org/xsd/adlnav_v1p3 adlnav_v1p3.xsd \
http://www.imsglobal.org/xsd/imsss imsss_v1p0.xsd">
  <metadata>
    <schema>ADL SCORM</schema>
    <schemaversion>{edition.version}</schemaversion>
  </metadata>
  <organizations default={quoteattr(f"org-{stem}")}>
    <organization identifier={quoteattr(f"org-{stem}")} adlseq:objectivesGlobalToSystem="false">
      <title>{title}</title>
      <item identifier={quoteattr(f"item-{stem}")} identifierref={quoteattr(f"sco-{stem}")} isvisible="true">
        <title>{title}</title>
        {edition.threshold}
{_sequencing(part, stem)}
      </item>
    </organization>
  </organizations>
  <resources>
    <resource identifier={quoteattr(f"sco-{stem}")} type="webcontent" adlcp:scormType="sco" href="{LAUNCH}">
{listed}
    </resource>
  </resources>
</manifest>
"""
    return text.encode("utf-8")


def _sequencing(part: Playable, stem: str) -> str:
    """The mark to reach, and that the player itself says what is complete and passed.

    The skills are no objectives here: the player adds them at run-time, after those that `_count` tells of.
    """
    measured = part.mastery is not None
    mark = (
        ""
        if part.mastery is None
        else f"<imsss:minNormalizedMeasure>{part.mastery:.4g}</imsss:minNormalizedMeasure>"
    )
    return f"""\
        <imsss:sequencing>
          <imsss:objectives>
            <imsss:primaryObjective objectiveID={quoteattr(f"primary-{stem}")} \
satisfiedByMeasure="{str(measured).lower()}">{mark}</imsss:primaryObjective>
          </imsss:objectives>
          <imsss:deliveryControls tracked="true" completionSetByContent="true" objectiveSetByContent="true"/>
        </imsss:sequencing>"""
