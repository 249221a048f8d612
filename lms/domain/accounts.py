"""Rules about people: roles, e-mail addresses, passwords, working days."""

from __future__ import annotations

import re
from enum import StrEnum
from zoneinfo import ZoneInfo, available_timezones

from lms.domain.errors import Invalid

LANGUAGES = ("zh-CN", "en")
PASSWORD_MIN = 12
"""NIST SP 800-63B asks for at least 8; 12 where a password is the only factor."""
PASSWORD_MAX = 256
"""A bound for the hash's work, far above any pass phrase."""
NAME_MAX = 120
EMAIL_MAX = 254
DAILY_MINUTES = (1, 60)

_EMAIL = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s.\x00-\x1f]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class Role(StrEnum):
    """What somebody may do at all; whose objects, says `lms/domain/access.py`."""

    LEARNER = "learner"
    MANAGER = "manager"
    TRAINER = "trainer"
    ADMIN = "admin"


def clean_email(text: str, *, field: str = "email") -> str:
    """Answer the address as it is stored and compared: trimmed, lower case. Raises Invalid."""
    email = text.strip().lower()
    if len(email) > EMAIL_MAX or _CONTROL.search(email) or not _EMAIL.fullmatch(email):
        raise Invalid(field, f"expected an e-mail address like name@company.com, found {text[:80]!r}")
    return email


def clean_name(text: str, *, field: str = "name") -> str:
    """Answer a display name: trimmed, one line, 1 to 120 characters. Raises Invalid."""
    name = " ".join(text.split())
    if not name or len(name) > NAME_MAX or _CONTROL.search(name):
        raise Invalid(field, f"expected 1 to {NAME_MAX} characters on one line")
    return name


def clean_role(text: str, *, field: str = "role") -> Role:
    """Answer the role. Raises Invalid with the roles there are."""
    try:
        return Role(text.strip().lower())
    except ValueError:
        raise Invalid(field, f"expected one of {', '.join(Role)}, found {text[:40]!r}") from None


def check_password(password: str, *, email: str, field: str = "password") -> None:
    """Refuse a password that is too short, too long or made of the address. Raises Invalid."""
    if len(password) < PASSWORD_MIN:
        raise Invalid(field, f"expected at least {PASSWORD_MIN} characters, found {len(password)}")
    if len(password) > PASSWORD_MAX:
        raise Invalid(field, f"expected at most {PASSWORD_MAX} characters")
    if len(set(password)) < 5:
        raise Invalid(field, "expected at least 5 different characters")
    if email and password.casefold() in (email, email.split("@")[0] * 2):
        raise Invalid(field, "must not be the e-mail address")


def clean_timezone(text: str, *, field: str = "timezone") -> str:
    """Answer an IANA zone name. Raises Invalid."""
    name = text.strip()
    if name not in available_timezones():
        raise Invalid(field, f"expected an IANA time zone such as Asia/Shanghai, found {name[:40]!r}")
    return ZoneInfo(name).key


def clean_language(text: str, *, field: str = "language") -> str:
    """Answer one of the interface's languages. Raises Invalid."""
    if text not in LANGUAGES:
        raise Invalid(field, f"expected one of {', '.join(LANGUAGES)}, found {text[:40]!r}")
    return text


def clean_working_days(text: str, *, field: str = "working_days") -> str:
    """Answer ISO weekdays, sorted, as digits: `12345` is Monday to Friday. Raises Invalid."""
    days = "".join(sorted(set(text.strip())))
    if not days or not set(days) <= set("1234567"):
        raise Invalid(field, "expected at least one weekday, as digits 1 (Monday) to 7 (Sunday)")
    return days


def initial(name: str) -> str:
    """Answer the letter for the avatar: the last character of a Han name, else the first letter."""
    han = [c for c in name if "\u4e00" <= c <= "\u9fff"]
    return han[-1] if han else name.strip()[:1].upper()
