"""Builds the Flask application from its parts. The order below is the order in which requests pass."""

from __future__ import annotations

from flask import Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from lms import log
from lms.bootstrap import Parts, build
from lms.config import Mode, settings_from_environment
from lms.domain.errors import Unavailable
from lms.web import (
    accounts,
    assignments,
    authoring,
    handbook,
    items,
    learning,
    needs,
    operations,
    profile,
    quizzes,
    records,
    retention,
    scenes,
)
from lms.web.access import init_access
from lms.web.errors import init_errors
from lms.web.frame import init_frame
from lms.web.headers import init_headers
from lms.web.input import init_input
from lms.web.language import init_language
from lms.web.origin import init_origin
from lms.web.rendering import Application
from lms.web.session import SESSION_SECONDS, init_sessions
from xapi.http import create_blueprint as record_store

FORM_BYTES = 1_000_000
"""What a page may be sent; the record store sets its own bound."""


def create_app(parts: Parts | None = None) -> Flask:
    """Answer the application; without parts, built from the environment. Raises SettingError."""
    parts = parts or build(settings_from_environment())
    settings = parts.settings
    log.configure(settings.mode)
    app: Flask = Application("lms", static_folder="web/static", template_folder="web/templates")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        # with the prefix a browser takes the cookie from this host over HTTPS alone, from no neighbour of it
        SESSION_COOKIE_NAME="__Host-crossdesk" if settings.secure_cookies else "crossdesk_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        PERMANENT_SESSION_LIFETIME=SESSION_SECONDS,
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=FORM_BYTES,
        MAX_FORM_PARTS=500,
        WTF_CSRF_TIME_LIMIT=None,  # the session's own life bounds it; a form left open over lunch still works
        WTF_CSRF_SSL_STRICT=False,
        TESTING=settings.mode is Mode.TEST,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["crossdesk"] = parts
    if settings.proxies:
        count = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    init_headers(app)
    init_sessions(app, parts)
    init_language(app)
    init_errors(app)
    init_origin(app, base_url=settings.base_url)
    csrf = CSRFProtect(app)
    init_input(app)
    init_access(app)
    init_frame(app, parts)
    for column in (
        accounts,
        learning,
        quizzes,
        scenes,
        needs,
        handbook,
        retention,
        assignments,
        authoring,
        items,
        records,
        operations,
        profile,
    ):
        app.register_blueprint(column.create_blueprint(parts))
    store = record_store(
        reading=parts.database.reading,
        writing=parts.database.writing,
        clock=parts.now,
        new_id=parts.new_id,
        secret=settings.secret_key,
        files=parts.files,
        max_attached=settings.attachments_mb * 2**20,
        home=settings.iri_base,
        outages=(Unavailable,),
    )
    csrf.exempt(store)
    app.register_blueprint(store, url_prefix="/xapi")
    return app
