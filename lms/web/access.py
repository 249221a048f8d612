"""Every view says who may come in; one that says nothing is closed. Objects: lms/domain/access.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, redirect, request, url_for
from flask_login import current_user

from lms.domain.access import Right
from lms.domain.errors import NotFound

View = TypeVar("View", bound=Callable[..., Any])
PUBLIC = "public"


def public(view: View) -> View:
    """Open to everybody, signed in or not."""
    view.crossdesk_right = PUBLIC  # type: ignore[attr-defined]
    return view


def allow(right: Right) -> Callable[[View], View]:
    """Open to signed-in people whose role has the right; to others the page does not exist."""

    def mark(view: View) -> View:
        view.crossdesk_right = right  # type: ignore[attr-defined]
        return view

    return mark


def right_of(app: Flask, endpoint: str) -> Right | str | None:
    """What an endpoint asks for; None where it does not say. The record store checks its own credentials."""
    if endpoint == "static" or endpoint.startswith("xapi."):
        return PUBLIC
    return getattr(app.view_functions[endpoint], "crossdesk_right", None)


def init_access(app: Flask) -> None:
    """Check the right of each request before its view."""

    @app.before_request
    def check() -> Any:
        if request.endpoint is None:
            return None  # no such page: Flask answers 404
        right = right_of(app, request.endpoint)
        if right == PUBLIC:
            return None
        if not current_user.is_authenticated:
            return _to_sign_in()
        if not isinstance(right, Right) or not current_user.actor.may(right):
            raise NotFound("this page does not exist, or is not yours")
        return None


def _to_sign_in() -> Response:
    wanted = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else None
    return redirect(url_for("accounts.sign_in", next=wanted if wanted != "/" else None))  # type: ignore[return-value]


def safe_target(target: str | None, *, default: str = "/") -> str:
    """Answer a redirect target inside this site: a path of our own, never a host, however it is spelt."""
    if not target or len(target) > 2000 or any(ord(c) <= 32 or c == "\\" or ord(c) == 127 for c in target):
        return default
    if not target.startswith("/") or target.startswith("//"):
        return default
    try:
        parts = urlsplit(target)
    except ValueError:
        return default
    return target if not parts.scheme and not parts.netloc else default
