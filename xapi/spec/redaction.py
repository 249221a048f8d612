"""Taking personal data out of what was refused: it may be any bytes, so that most is done on text."""

import json
import re
from typing import Any

HIDDEN = "[redacted]"
_PERSONAL = ("mbox", "mbox_sha1sum", "openid", "name", "response")
"""Keys whose text says who somebody is or what they said; `name` is a map where it names an activity."""
_MAIL = re.compile(r"[^\s@<>\"'\\/:,;()]{1,64}@[^\s@<>\"'\\/:,;()]{1,255}")
_MEMBER = re.compile(rf'("(?:{"|".join(_PERSONAL)})"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|\Z)', re.DOTALL)


def redacted(body: bytes) -> str:
    """Answer a refused body as text without names, identifiers, responses and e-mail addresses.

    Of several parts only the first is shown: the others are attachments.
    """
    text = _first_part(body).decode("utf-8", "replace").replace("\x00", "\ufffd")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return redacted_text(_MEMBER.sub(rf'\1"{HIDDEN}"', text))
    return redacted_text(json.dumps(_hidden(value), ensure_ascii=False).encode("utf-8", "replace").decode())


def redacted_text(text: str) -> str:
    """Answer the text without e-mail addresses, in whatever it says."""
    return _MAIL.sub(HIDDEN, text)


def _first_part(body: bytes) -> bytes:
    boundary, line_end, rest = body.partition(b"\r\n")
    if not boundary.startswith(b"--") or not line_end:
        return body
    return rest.partition(b"\r\n" + boundary)[0].partition(b"\r\n\r\n")[2]


def _hidden(value: Any) -> Any:
    if isinstance(value, list):
        return [_hidden(child) for child in value]
    if not isinstance(value, dict):
        return value
    return {
        key: HIDDEN if key in _PERSONAL and isinstance(child, str) else _hidden(child)
        for key, child in value.items()
    }
