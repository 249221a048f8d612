"""The manifest of a SCORM 1.2 package (IMS CP 1.1.2 with ADL's extensions): one SCO, every file listed once.

https://adlnet.gov/past-projects/scorm/ (SCORM 1.2, Content Aggregation Model, chapter 2.3)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from courses.packages.playable import Playable

NAME = "SCORM 1.2"
LONGEST_STATE = 4096
"""cmi.suspend_data is CMIString4096 (RTE 3.4.4)."""
MANIFEST = "imsmanifest.xml"
LAUNCH = "index.html"
ENTRY = "start_scorm12.js"

_SCHEMAS = Path(__file__).resolve().parent / "schemas" / "scorm12"
_NOT_A_NAME = re.compile(r"[^A-Za-z0-9_.-]")
_LONGEST_TITLE = 200


def schema_files() -> dict[str, bytes]:
    """Answer the control schemas that stand at the root of a package."""
    return {path.name: path.read_bytes() for path in sorted(_SCHEMAS.glob("*.xsd"))}


def manifest(part: Playable, files: Iterable[str]) -> bytes:
    """Answer imsmanifest.xml. Ids depend on the course and scope alone, so they last over a re-export."""
    stem = _NOT_A_NAME.sub("-", f"{part.course.slug}-{part.scope}")
    mastery = (
        "" if part.mastery is None else f"<adlcp:masteryscore>{_score(part.mastery)}</adlcp:masteryscore>"
    )
    listed = "\n".join(f"      <file href={quoteattr(name)}/>" for name in sorted(files))
    text = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<manifest identifier={quoteattr(f"crossdesk-{stem}")} version={quoteattr(part.course.version)}
    xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
    xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xsi:schemaLocation="http://www.imsproject.org/xsd/imscp_rootv1p1p2 imscp_rootv1p1p2.xsd \
http://www.imsglobal.org/xsd/imsmd_rootv1p2p1 imsmd_rootv1p2p1.xsd \
http://www.adlnet.org/xsd/adlcp_rootv1p2 adlcp_rootv1p2.xsd">
  <metadata>
    <schema>ADL SCORM</schema>
    <schemaversion>1.2</schemaversion>
  </metadata>
  <organizations default={quoteattr(f"org-{stem}")}>
    <organization identifier={quoteattr(f"org-{stem}")}>
      <title>{escape(part.title[:_LONGEST_TITLE])}</title>
      <item identifier={quoteattr(f"item-{stem}")} identifierref={quoteattr(f"sco-{stem}")} isvisible="true">
        <title>{escape(part.title[:_LONGEST_TITLE])}</title>
        {mastery}
      </item>
    </organization>
  </organizations>
  <resources>
    <resource identifier={quoteattr(f"sco-{stem}")} type="webcontent" adlcp:scormtype="sco" href="{LAUNCH}">
{listed}
    </resource>
  </resources>
</manifest>
"""
    return text.encode("utf-8")


def _score(share: float) -> str:
    """A whole number where it is one: 0.8 -> 80."""
    return f"{round(share * 100, 2):g}"
