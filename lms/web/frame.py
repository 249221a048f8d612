"""What every page's frame shows: places to go, the language, the theme, addresses of assets."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import AnonymousUserMixin, current_user
from markupsafe import Markup

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
    ("scenes.scenes", _l("Conversations"), "practice", Right.LEARN),
    ("handbook.glossary", _l("Handbook"), "policy", Right.LEARN),
    ("assignments.manage", _l("Team"), "team", Right.MANAGE),
    ("authoring.courses", _l("Course content"), "edit", Right.AUTHOR),
    ("accounts.users", _l("People"), "key", Right.ADMINISTER),
    ("records.statements", _l("Record store"), "file", Right.ADMINISTER),
    ("accounts.settings", _l("Me"), "me", Right.LEARN),
)

NOBODY = AnonymousUserMixin()


@lru_cache(maxsize=512)
def icon(name: str, size: str = "") -> Markup:
    """Answer an icon's markup; `size` is "" (20 px), "s" (16) or "l" (24); the names stand in icons.html."""
    classes = f"icon icon-{size}" if size else "icon"
    return Markup('<svg class="{}" aria-hidden="true" focusable="false"><use href="#i-{}"/></svg>').format(
        classes, name
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

    @lru_cache(maxsize=256)
    def page(endpoint: str, _root: str) -> str:
        return url_for(endpoint)

    def link(endpoint: str, **values: Any) -> str:
        """An address; one without values is built once, for a page has a dozen of them."""
        return url_for(endpoint, **values) if values else page(endpoint, request.root_path)

    app.jinja_env.globals.update(icon=icon, url_for=link)

    @app.context_processor
    def frame() -> dict[str, Any]:
        theme = request.cookies.get("theme")
        person = _person()
        tag = language()
        return {
            "asset": asset,
            "current_user": person or NOBODY,
            "language": tag,
            "other_language": OTHER[tag],
            "theme": theme if theme in ("light", "dark") else None,
            "here": _here(),
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


def _here() -> str:
    """Answer where the language switch comes back to: this page, or the one whose form was sent in vain."""
    if request.method in ("GET", "HEAD") or g.get("error_page"):
        return request.full_path.rstrip("?")
    adapter = current_app.create_url_adapter(request)
    assert adapter is not None  # there is a request
    if adapter.test(method="GET"):
        return request.full_path.rstrip("?")
    path = request.path
    while path and not adapter.test(path, method="GET"):
        path = path.rpartition("/")[0]
    return request.root_path + path or "/"


def _is_here(endpoint: str) -> bool:
    """Whether a place in the bar is this page, or leads to it as the start of its column."""
    return request.endpoint == endpoint or (
        endpoint
        in (
            "scenes.scenes",
            "handbook.glossary",
            "assignments.manage",
            "authoring.courses",
            "records.statements",
        )
        and request.blueprint == endpoint.partition(".")[0]
    )
