"""What every page's frame shows: places to go, the language, the theme, addresses of assets."""

from __future__ import annotations

import hashlib
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, render_template, request, url_for
from flask_babel import lazy_gettext as _l
from flask_login import AnonymousUserMixin, current_user
from markupsafe import Markup

from lms.bootstrap import Parts
from lms.domain.access import RIGHTS, Right
from lms.domain.accounts import Role
from lms.web.language import OTHER, language
from lms.web.rendering import icon
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
STARTS = (
    "scenes.scenes",
    "handbook.glossary",
    "assignments.manage",
    "authoring.courses",
    "records.statements",
)
"""Places that stand for every page of their column."""

NOBODY = AnonymousUserMixin()


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

    @lru_cache(maxsize=1)
    def sprite() -> Markup:
        return Markup(app.jinja_env.get_template("icons.html").render())  # noqa: S704 - our own template

    @lru_cache(maxsize=512)
    def bar(name: str, role: Role, here: str | None, _tag: str, _root: str) -> Markup:
        """A bar of the places that a role may go to: the same for everybody on a page, so drawn once."""
        places = [
            {"url": url_for(endpoint), "label": label, "icon": icon, "current": endpoint == here}
            for endpoint, label, icon, right in PLACES
            if endpoint in app.view_functions and right in RIGHTS[role]
        ]
        return Markup(render_template(f"{name}.html", places=places))  # noqa: S704 - our own template

    @lru_cache(maxsize=256)
    def page(endpoint: str, _root: str) -> str:
        return url_for(endpoint)

    def link(endpoint: str, **values: Any) -> str:
        """An address; one without values is built once, for a page has a dozen of them."""
        return url_for(endpoint, **values) if values else page(endpoint, request.root_path)

    app.jinja_env.globals.update(icon=icon, sprite=sprite, url_for=link)

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
            "bar": partial(bar, role=person.role, here=_place(), _tag=tag, _root=request.root_path)
            if person
            else None,
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


def _place() -> str | None:
    """Answer the place in the bar that is this page, or leads to it as the start of its column."""
    return _place_of(request.endpoint, request.blueprint)


@lru_cache(maxsize=256)
def _place_of(endpoint: str | None, blueprint: str | None) -> str | None:
    for place, *_ in PLACES:
        if place == endpoint or (place in STARTS and place.partition(".")[0] == blueprint):
            return place
    return None
