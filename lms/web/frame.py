"""What every page's frame shows: places to go, the language, the theme, addresses of assets."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, g, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from lms.bootstrap import Parts
from lms.domain.access import RIGHTS, Right
from lms.domain.accounts import Role
from lms.web.language import OTHER, language
from lms.web.session import SignedIn, current

PLACES = (
    # endpoint, label, icon, right
    ("learning.today", _l("Today"), "today", Right.LEARN),
    ("learning.courses", _l("Courses"), "courses", Right.LEARN),
    ("quizzes.review", _l("Review"), "review", Right.LEARN),
    ("assignments.manage", _l("Team"), "team", Right.MANAGE),
    ("accounts.users", _l("People"), "key", Right.ADMINISTER),
    ("accounts.settings", _l("Me"), "me", Right.LEARN),
)


def init_frame(app: Flask, parts: Parts) -> None:
    """Give the templates their shared values."""
    static = Path(app.static_folder or "")

    @lru_cache(maxsize=256)
    def fingerprint(path: str) -> str:
        return hashlib.sha256((static / path).read_bytes()).hexdigest()[:12]

    @lru_cache(maxsize=256)
    def address(path: str, _root: str) -> str:
        return url_for("static", filename=path, v=fingerprint(path))

    def asset(path: str) -> str:
        return address(path, request.root_path)

    @lru_cache(maxsize=64)
    def places(role: Role, tag: str, _root: str) -> tuple[tuple[str, dict[str, Any]], ...]:
        """What a role may go to, in a language: the same for everybody, so made once."""
        return tuple(
            (endpoint, {"url": url_for(endpoint), "label": str(label), "icon": icon, "count": None})
            for endpoint, label, icon, right in PLACES
            if endpoint in app.view_functions and right in RIGHTS[role]
        )

    @app.context_processor
    def frame() -> dict[str, Any]:
        theme = request.cookies.get("theme")
        person = _person()
        tag = language()
        return {
            "asset": asset,
            "language": tag,
            "other_language": OTHER[tag],
            "theme": theme if theme in ("light", "dark") else None,
            "here": request.full_path.rstrip("?"),
            "nav": [
                {**place, "current": _is_here(endpoint)}
                for endpoint, place in (places(person.role, tag, request.root_path) if person else ())
            ],
            "is_demo": parts.settings.demonstration or (person is not None and person.demonstration),
        }


def _person() -> SignedIn | None:
    """Answer the signed-in person; nobody on an error page, which asks the database nothing."""
    if g.get("error_page") or not current_user or not current_user.is_authenticated:
        return None
    return current()


def _is_here(endpoint: str) -> bool:
    return request.endpoint == endpoint or (
        endpoint == "assignments.manage" and request.blueprint == "assignments"
    )
