"""The course structure of a plain xAPI package: tincan.xml with one activity, and the page that it launches.

https://github.com/RusticiSoftware/launch/blob/master/lms_lrs.md (the launch)
"""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from courses.course import in_language
from courses.packages.playable import WHOLE_COURSE, Playable

STRUCTURE = "tincan.xml"
LAUNCH = "index.html"
ENTRY = "start_tincan.js"

_ACTIVITY_TYPES = "http://adlnet.gov/expapi/activities/"


def structure(part: Playable) -> bytes:
    """Answer tincan.xml: the activity's id is the IRI of the course, or of its one module."""
    is_course = part.scope == WHOLE_COURSE
    language = part.languages[0]
    summary = in_language(part.course.summary if is_course else part.modules[0].summary, language)
    kind = _ACTIVITY_TYPES + ("course" if is_course else "module")
    text = f"""\
<?xml version="1.0" encoding="UTF-8"?>
<tincan xmlns="http://projecttincan.com/tincan.xsd">
  <activities>
    <activity id={quoteattr(part.iri)} type={quoteattr(kind)}>
      <name lang={quoteattr(language)}>{escape(part.title)}</name>
      <description lang={quoteattr(language)}>{escape(summary)}</description>
      <launch lang={quoteattr(language)}>{LAUNCH}</launch>
    </activity>
  </activities>
</tincan>
"""
    return text.encode("utf-8")
