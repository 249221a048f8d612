"""What every answer carries: the content policy, caching, a request id, and a line in the log."""

from __future__ import annotations

import re
import secrets
import time

import structlog
from flask import Flask, Response, g, request

CONTENT_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
YEAR_SECONDS = 31_536_000
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

log = structlog.get_logger("lms.requests")


def init_headers(app: Flask) -> None:
    """Register the request id and the headers."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        g.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def finish(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("X-Request-ID", g.get("request_id", ""))
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), payment=()")
        headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
        if app.config["SESSION_COOKIE_SECURE"]:
            headers.setdefault("Strict-Transport-Security", f"max-age={YEAR_SECONDS}")
        if request.endpoint == "static":
            if "v" in request.args and response.status_code == 200:
                headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
        elif "immutable" not in headers.get("Cache-Control", ""):  # a picture of a version never changes
            headers["Cache-Control"] = "no-store"
            headers.add("Vary", "Cookie")
        log.info(
            "request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            ms=round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1),
        )
        return response
