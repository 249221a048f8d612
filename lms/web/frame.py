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
from lms.domain.access import Right
from lms.web.language import OTHER, language

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

    def asset(path: str) -> str:
        return url_for("static", filename=path, v=fingerprint(path))

    @app.context_processor
    def frame() -> dict[str, Any]:
        theme = request.cookies.get("theme")
        person = None if g.get("error_page") else current_user
        return {
            "asset": asset,
            "language": language(),
            "other_language": OTHER[language()],
            "theme": theme if theme in ("light", "dark") else None,
            "here": request.full_path.rstrip("?"),
            "nav": _places(app),
            "is_demo": parts.settings.demonstration
            or bool(person and person.is_authenticated and person.demonstration),
        }


def _places(app: Flask) -> list[dict[str, Any]]:
    if g.get("error_page") or not current_user or not current_user.is_authenticated:
        return []
    blueprint = request.blueprint
    return [
        {
            "url": url_for(endpoint),
            "label": label,
            "icon": icon,
            "current": request.endpoint == endpoint
            or (endpoint == "assignments.manage" and blueprint == "assignments"),
            "count": None,
        }
        for endpoint, label, icon, right in PLACES
        if endpoint in app.view_functions and current_user.actor.may(right)
    ]
