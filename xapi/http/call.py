"""A request as the resources see it, whether it came plainly or in the alternate syntax of 1.0.3 (part 3,
1.3)."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import IO, Protocol, TypeVar
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from xapi.errors import Invalid, TooLarge
from xapi.spec.payload import check_text
from xapi.spec.version import Version, version_of

MAX_JSON = 8 * 2**20
MAX_BODY = 64 * 2**20
"""Bytes of a whole request; attachments and documents may be larger than a JSON part."""
HEAD = 64 * 2**10
"""Bytes of a body read in pieces that are remembered, to show why it was refused."""
MAX_FIELDS = 100

VERSION_HEADER = "X-Experience-API-Version"
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
FORM_HEADERS = (
    "Authorization",
    VERSION_HEADER,
    "Content-Type",
    "Content-Length",
    "If-Match",
    "If-None-Match",
    "Accept",
    "Accept-Language",
)
"""Form fields that are headers in the alternate syntax; every other one is a parameter."""


class _Closing(Protocol):
    def close(self) -> None: ...


Closing = TypeVar("Closing", bound=_Closing)


@dataclass(frozen=True)
class Call:
    """Method, parameters, headers (names in lower case) and body; to be closed."""

    method: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    """Empty where it is read piece by piece."""
    address: str
    base: str
    """The path of the resource, for links to it."""
    stream: IO[bytes] | None = None
    """A body with attachments, which may be larger than memory."""
    head: bytearray = field(default_factory=bytearray)
    """The first bytes of `stream`, as far as they were read."""
    _given_up: ExitStack = field(default_factory=ExitStack)

    def header(self, name: str) -> str | None:
        return self.headers.get(name.lower())

    @property
    def content_type(self) -> str:
        """The media type alone, in lower case."""
        return (self.header("Content-Type") or "").partition(";")[0].strip().lower()

    @property
    def version(self) -> Version:
        """Whose rules the client follows; a missing or unknown version raises `Invalid`."""
        given = self.header(VERSION_HEADER)
        if given is None:
            raise Invalid(VERSION_HEADER, "expected this header")
        return version_of(given)

    def check_parameters(self, allowed: Collection[str], *, required: Iterable[str] = ()) -> None:
        """Raise `Invalid` for an unknown, wrongly cased or missing parameter."""
        for name in self.parameters:
            if name not in allowed:
                raise Invalid(name[:60], f"expected only the parameters {', '.join(allowed)}")
        for name in required:
            if name not in self.parameters:
                raise Invalid(name, "expected this parameter, which is missing")

    def read(self, size: int) -> bytes:
        """Answer the next bytes of `stream`, up to so many; none at its end."""
        if self.stream is None:
            return b""
        try:
            chunk = self.stream.read(size)
        except RequestEntityTooLarge as error:
            raise TooLarge("the body is over the limit") from error
        if len(self.head) < HEAD:
            self.head.extend(chunk[: HEAD - len(self.head)])
        return chunk

    def until_closed(self, thing: Closing) -> Closing:
        """Have a thing closed with the call."""
        self._given_up.callback(thing.close)
        return thing

    def close(self) -> None:
        """Read the rest of the body, for a client that sends all of it before it listens; give up what came
        and was not kept."""
        with suppress(HTTPException, OSError):
            while self.stream is not None and self.stream.read(HEAD):
                pass
        self._given_up.close()

    def json_body(self) -> bytes:
        """Answer the body where it is short enough for JSON."""
        if len(self.body) > MAX_JSON:
            raise TooLarge(f"expected at most {MAX_JSON} bytes of JSON")
        return self.body


def read_call(request: Request, *, attachments: int | None = None) -> Call:
    """Answer the request, unfolded where it uses the alternate syntax.

    With `attachments`, the bytes that may be sent with them, a multipart body is left to be read in pieces.
    """
    parameters = _pairs(request.query_string, at="query")
    pieces = attachments is not None and request.mimetype == "multipart/mixed" and "method" not in parameters
    request.max_content_length = attachments if pieces else MAX_BODY
    try:
        stream = request.stream if pieces else None
        body = b"" if pieces else request.get_data(cache=False, parse_form_data=False)
    except RequestEntityTooLarge as error:
        raise TooLarge(f"expected at most {request.max_content_length} bytes") from error
    call = Call(
        method=request.method,
        parameters=parameters,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
        address=request.remote_addr or "",
        base=f"{request.script_root}{request.path}".rstrip("/"),
        stream=stream,
    )
    return _unfold(call) if call.method == "POST" and "method" in call.parameters else call


def _unfold(call: Call) -> Call:
    """Answer the request that a form describes; the address has the parameter `method` alone."""
    if list(call.parameters) != ["method"]:
        raise Invalid("method", "expected no other parameter in the address beside method")
    method = call.parameters["method"]
    if method not in METHODS:
        raise Invalid("method", f"expected one of {', '.join(METHODS)}")
    fields = _pairs(call.json_body(), at="form")
    content = fields.pop("content", None)
    known = {name.lower(): name for name in FORM_HEADERS}
    headers = {
        name: call.headers[name] for name in call.headers if name not in ("content-type", "content-length")
    }
    for name in list(fields):
        if name.lower() in known:
            headers[name.lower()] = fields.pop(name)
    if method in ("PUT", "POST") and content is None:
        raise Invalid("content", "expected the content of the request in this form field")
    if content is not None:
        headers.setdefault("content-type", "application/json")
    unfolded = Call(
        method=method,
        parameters=fields,
        headers=headers,
        body=(content or "").encode(),
        address=call.address,
        base=call.base,
    )
    if VERSION_HEADER.lower() in headers and unfolded.version is Version.V2:
        raise Invalid("method", "expected no alternate request syntax with version 2.0")
    return unfolded


def _pairs(raw: bytes, *, at: str) -> dict[str, str]:
    """Answer URL-encoded fields, each of them once."""
    try:
        pairs = parse_qsl(
            raw.decode("utf-8"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError as error:
        raise Invalid(at, f"expected at most {MAX_FIELDS} URL-encoded fields in UTF-8") from error
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise Invalid(check_text(name, at=at)[:60], "expected this parameter once")
        found[check_text(name, at=at)] = check_text(value, at=name[:60])
    return found
