"""The one table that turns an error into a status and a page."""

from __future__ import annotations

import structlog
from flask import Flask, Response, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import BadHost, HTTPException
from werkzeug.exceptions import NotFound as HTTPNotFound

from lms.domain import errors
from xapi.store.files import FilesAway

log = structlog.get_logger(__name__)

STATUSES: dict[type[errors.CrossdeskError], int] = {
    errors.NotFound: 404,
    errors.Invalid: 400,
    errors.Conflict: 409,
    errors.TooManyAttempts: 429,
    errors.Unavailable: 503,
}
PAGES = frozenset({400, 403, 404, 405, 409, 413, 429, 500, 503})


def init_errors(app: Flask) -> None:
    """Register the handlers."""

    @app.errorhandler(errors.CrossdeskError)
    def crossdesk(error: errors.CrossdeskError) -> Response:
        status = next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), 500)
        if status >= 500:
            log.error("request failed", error=str(error), cause=repr(error.__cause__))
        if isinstance(error, errors.TooManyAttempts):
            response = page(status, detail=None, retry_after=error.retry_after)
            response.headers["Retry-After"] = str(error.retry_after)
            return response
        return page(status, detail=str(error))

    @app.errorhandler(FilesAway)
    def away(error: FilesAway) -> Response:
        log.error("attachments away", error=str(error))
        return page(503, detail="the attachments cannot be read now")

    @app.errorhandler(CSRFError)
    def forged(error: CSRFError) -> Response:
        return page(400, detail="the form had run out or came from elsewhere; open the page again and repeat")

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        if error.code is not None and 300 <= error.code < 400:
            return make_response(error.get_response())
        status = error.code or 500
        detail = None if isinstance(error, HTTPNotFound) else error.description
        response = page(status, detail=detail)
        if error.code == 405:
            response.headers["Allow"] = error.get_response().headers.get("Allow", "")
        return response

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        log.exception("unexpected error")
        return page(500, detail=None)


def page(status: int, *, detail: str | None, retry_after: int | None = None) -> Response:
    """Answer the error page; it needs no database, so that it shows when there is none."""
    g.error_page = True
    name = status if status in PAGES else (500 if status >= 500 else 400)
    without_page = isinstance(request.routing_exception, BadHost)  # a page needs addresses, and has no host
    if without_page or request.path.startswith(("/healthz", "/readyz", "/xapi")):
        response = make_response(f"{detail or status}\n", status)
        response.mimetype = "text/plain"
    else:
        html = render_template(
            f"errors/{name}.html",
            status=status,
            detail=detail,
            retry_after=retry_after,
            request_id=g.get("request_id"),
        )
        response = make_response(html, status)
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response
