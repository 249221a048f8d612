"""Routes, and the one way from a request to a response: call, version, credential, resource, errors,
headers."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, request

from xapi import lrs
from xapi.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PreconditionFailed,
    TooLarge,
    TooManyAttempts,
    TooManyRequests,
    Unauthorized,
    XapiError,
)
from xapi.http import documents
from xapi.http.about import get_about
from xapi.http.call import MAX_BODY, VERSION_HEADER, Call, read_call
from xapi.http.cursor import cursors_from
from xapi.http.descriptions import get_activity, get_person
from xapi.http.guard import Guard
from xapi.http.service import Answer, Service, Transaction
from xapi.http.statements import CONSISTENT_THROUGH, get_statements, post_statements, put_statement
from xapi.spec.payload import dump_json
from xapi.spec.timestamp import microseconds, timestamp_text
from xapi.spec.version import HEADER_VERSION
from xapi.store.credentials import Client
from xapi.store.files import Files, FilesAway
from xapi.store.outages import OUTAGES
from xapi.store.refusals import Refused, record_refusal

log = logging.getLogger(__name__)

DEFAULT_HOME = "https://crossdesk.invalid"
NO_VERSION = "0.95"
"""The version header of the answer to a request without one: the only value that both conformance suites
take."""
DEFAULT_VERSION = "1.0.3"

Handler = Callable[[Service, Call, Client], Answer]

RESOURCES: Mapping[str, Mapping[str, Handler]] = {
    "statements": {"GET": get_statements, "PUT": put_statement, "POST": post_statements},
    "activities": {"GET": get_activity},
    "activities/state": documents.handlers(documents.STATE),
    "activities/profile": documents.handlers(documents.ACTIVITY_PROFILE),
    "agents": {"GET": get_person},
    "agents/profile": documents.handlers(documents.AGENT_PROFILE),
}

STATUS: Mapping[type[XapiError], int] = {
    Invalid: 400,
    Unauthorized: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    PreconditionFailed: 412,
    TooLarge: 413,
    TooManyAttempts: 429,
    TooManyRequests: 429,
}
KEPT_REFUSALS = (Invalid, Forbidden, Conflict, TooLarge)

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        f"ETag, Last-Modified, Retry-After, WWW-Authenticate, {VERSION_HEADER}, {CONSISTENT_THROUGH}"
    ),
}
"""Clients show their credential in a header, never a cookie: another origin gains nothing from this."""
HARMLESS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
"""Clients choose the media type of documents: a browser must not run one."""
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, PUT, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": (
        f"Authorization, Content-Type, Accept-Language, If-Match, If-None-Match, {VERSION_HEADER}"
    ),
    "Access-Control-Max-Age": "86400",
}
ALL_METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"]


def create_blueprint(
    *,
    reading: Transaction,
    writing: Transaction,
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
    secret: str | bytes,
    files: Files,
    max_attached: int = MAX_BODY,
    home: str = DEFAULT_HOME,
    outages: tuple[type[Exception], ...] = OUTAGES,
) -> Blueprint:
    """Answer the record store to be mounted at /xapi; an application with CSRF protection must exempt it.

    `reading` and `writing` open transactions, the latter commits; `secret` seals cursors; `files` keeps
    attachments, and a request with some may have `max_attached` bytes; `home` is the homePage of the accounts
    that vouch for statements, and must not change with the server's address; `outages` are what the
    transactions raise where the database cannot answer now.
    """
    service = Service(
        reading=reading,
        writing=writing,
        clock=clock,
        new_id=new_id,
        cursors=cursors_from(secret),
        home=home,
        files=files,
        max_attached=max_attached,
    )
    guard = Guard()
    blueprint = Blueprint("xapi", __name__, url_prefix="/xapi")

    def about() -> Response:
        return _respond(service, guard, outages, name="about")

    def resource(name: str) -> Callable[[], Response]:
        return lambda: _respond(service, guard, outages, name=name)

    views = {"about": about} | {name: resource(name) for name in RESOURCES}
    for path, view in views.items():
        blueprint.add_url_rule(
            f"/{path}",
            endpoint=path.replace("/", "_"),
            view_func=view,
            methods=ALL_METHODS,
            strict_slashes=False,
            provide_automatic_options=False,
        )
        blueprint.add_url_rule(
            f"/{path}/",
            endpoint=path.replace("/", "_"),
            view_func=view,
            methods=ALL_METHODS,
            provide_automatic_options=False,
        )
    return blueprint


def _respond(service: Service, guard: Guard, outages: tuple[type[Exception], ...], *, name: str) -> Response:
    if request.method == "OPTIONS":
        return Response(status=204, headers={**CORS, **PREFLIGHT})
    call: Call | None = None
    client: Client | None = None
    try:
        call = read_call(request, attachments=service.max_attached if name == "statements" else None)
        if name == "about":
            answer = _about(service, call)
        else:
            call.version  # noqa: B018 - the version comes before the credential, and raises when it is wrong
            client = guard.client(service, authorization=call.header("Authorization"), address=call.address)
            answer = _dispatch(service, call, client, name=name)
    except XapiError as error:
        answer = _refusal(error)
        if client is not None and call is not None:
            _keep(service, call, client, error=error, status=answer.status, name=name)
    except outages as error:
        log.error("the database does not answer: %r", error.__cause__ or error)
        answer = Answer(503, _message("the store cannot answer now"), headers={"Retry-After": "5"})
    except FilesAway as error:
        log.error("the store of attachments does not answer: %s", error)
        text = "the store cannot keep or read attachments now"
        answer = Answer(507 if error.full else 503, _message(text), headers={"Retry-After": "5"})
    finally:
        if call is not None:
            call.close()
    headers = {**CORS, **HARMLESS, VERSION_HEADER: _version_header(call, name=name), **answer.headers}
    if name == "statements" and CONSISTENT_THROUGH not in headers:
        headers[CONSISTENT_THROUGH] = timestamp_text(microseconds(service.clock() - lrs.SETTLING))
    if answer.body:
        headers["Content-Type"] = answer.content_type
    return Response(answer.body, status=answer.status, headers=headers)


def _about(service: Service, call: Call) -> Answer:
    if call.method not in ("GET", "HEAD"):
        return _not_allowed(("GET",))
    return get_about(service, call)


def _dispatch(service: Service, call: Call, client: Client, *, name: str) -> Answer:
    handlers = RESOURCES[name]
    handler = handlers.get("GET" if call.method == "HEAD" else call.method)
    if handler is None:
        return _not_allowed(tuple(handlers))
    answer = handler(service, call, client)
    return (
        Answer(answer.status, b"", answer.content_type, answer.headers) if call.method == "HEAD" else answer
    )


def _not_allowed(methods: tuple[str, ...]) -> Answer:
    allowed = ", ".join((*methods, "HEAD", "OPTIONS"))
    return Answer(405, _message(f"expected one of the methods {allowed}"), headers={"Allow": allowed})


def _refusal(error: XapiError) -> Answer:
    status = STATUS[type(error)]
    headers: dict[str, str] = {}
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="xAPI", charset="UTF-8"'
    elif status == 429:
        headers["Retry-After"] = str(error.retry_after) if isinstance(error, TooManyRequests) else "60"
    return Answer(status, _message(str(error)), headers=headers)


def _message(text: str) -> bytes:
    return dump_json({"error": text.encode("utf-8", "replace").decode()}).encode()


def _keep(service: Service, call: Call, client: Client, *, error: XapiError, status: int, name: str) -> None:
    """Keep refused statements for an administrator; that this fails must not change the answer."""
    if name != "statements" or call.method not in ("PUT", "POST") or not isinstance(error, KEPT_REFUSALS):
        return
    refused = Refused(
        at=service.clock(),
        credential_key=client.key,
        address=call.address,
        status=status,
        reason=_message(str(error)).decode(),
        body=call.body or bytes(call.head),
    )
    try:
        with service.writing() as session:
            record_refusal(session, refused)
    except Exception:
        log.exception("a refusal could not be kept")


def _version_header(call: Call | None, *, name: str) -> str:
    """Answer the version header: the client's own, exactly, where it is one that we speak."""
    given = request.headers.get(VERSION_HEADER) if call is None else call.header(VERSION_HEADER)
    if given is None:
        return DEFAULT_VERSION if name == "about" else NO_VERSION
    return given if HEADER_VERSION.match(given) else DEFAULT_VERSION
