"""Attachments in a bucket: the documented signatures, and a small store that checks each one by itself."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from xml.sax.saxutils import escape

import pytest

from xapi.store.files import FileMissing, FilesAway
from xapi.store.s3 import EMPTY, S3Files, authorization

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
PAGE = 2
EXAMPLE = {
    "host": "examplebucket.s3.amazonaws.com",
    "x-amz-date": "20130524T000000Z",
    "x-amz-content-sha256": EMPTY,
}


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "signature"),
    [
        (
            "GET",
            "/test.txt",
            {},
            {"range": "bytes=0-9"},
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "PUT",
            "/test%24file.text",
            {},
            {
                "date": "Fri, 24 May 2013 00:00:00 GMT",
                "x-amz-storage-class": "REDUCED_REDUNDANCY",
                "x-amz-content-sha256": hashlib.sha256(b"Welcome to Amazon S3.").hexdigest(),
            },
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            "GET",
            "/",
            {"lifecycle": ""},
            {},
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            "GET",
            "/",
            {"prefix": "J", "max-keys": "2"},
            {},
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_the_documented_examples_have_the_documented_signatures(
    method: str, path: str, query: dict[str, str], headers: dict[str, str], signature: str
) -> None:
    """Amazon S3 API Reference, Authenticating Requests, examples of signature calculations."""
    made = authorization(method, path, query, EXAMPLE | headers, key=KEY, secret=SECRET, region="us-east-1")

    assert made.endswith(f"Signature={signature}")
    assert made.startswith(f"AWS4-HMAC-SHA256 Credential={KEY}/20130524/us-east-1/s3/aws4_request, Signed")


@dataclass
class Bucket:
    """What the small store holds, and how it behaves."""

    address: str = ""
    objects: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    answers: list[int] = field(default_factory=list)
    """Statuses to answer with, whatever is asked."""
    cut: int | None = None
    """Bytes of an object after which the connection ends."""
    asked: list[str] = field(default_factory=list)


def signed(handler: BaseHTTPRequestHandler, body: bytes) -> bool:
    """Compute the signature of a request step by step, as the documentation does, from what arrived."""
    given = handler.headers["Authorization"]
    scope = given.split("Credential=")[1].split(",")[0].split("/", 1)[1]
    names = given.split("SignedHeaders=")[1].split(",")[0]
    address = urlsplit(handler.path)
    pairs = [pair if "=" in pair else f"{pair}=" for pair in address.query.split("&") if pair]
    lines = [handler.command, address.path, "&".join(sorted(pairs))]
    lines += [f"{name}:{handler.headers[name].strip()}" for name in names.split(";")]
    lines += ["", names, hashlib.sha256(body).hexdigest()]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", handler.headers["x-amz-date"], scope, digest])
    day, region, service, last = scope.split("/")
    secret = hmac.new(b"AWS4" + SECRET.encode(), day.encode(), hashlib.sha256).digest()
    for step in (region, service, last):
        secret = hmac.new(secret, step.encode(), hashlib.sha256).digest()
    wanted = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
    return given.endswith(f"Signature={wanted}") and f"Credential={KEY}/" in given


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    held = Bucket()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def answer(self, status: int, body: bytes = b"", *, cut: int | None = None) -> None:
            self.send_response(status)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:cut])
            self.close_connection = True

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            held.asked.append(f"{self.command} {self.path}")
            address = urlsplit(self.path)
            name = address.path.removeprefix("/desk").removeprefix("/")
            if not signed(self, body):
                return self.answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
            if held.answers:
                return self.answer(held.answers.pop(0), b"<Error/>")
            if self.command == "PUT":
                held.objects[name] = (body, NOW)
                return self.answer(200)
            if self.command == "DELETE":
                held.objects.pop(name, None)
                return self.answer(204)
            if not name:
                return self.answer(200, listing(held, dict(parse_qsl(address.query))))
            if name not in held.objects:
                return self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return self.answer(200, held.objects[name][0], cut=held.cut)

        do_GET = do_PUT = do_DELETE = handle_any

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    held.address = f"http://127.0.0.1:{server.server_port}/desk/attachments"
    yield held
    server.shutdown()
    server.server_close()
    thread.join()


def listing(held: Bucket, query: dict[str, str]) -> bytes:
    assert query["list-type"] == "2"
    names = sorted(name for name in held.objects if name.startswith(query["prefix"]))
    names = [name for name in names if name > query.get("continuation-token", "")]
    rows = "".join(
        f"<Contents><Key>{escape(name)}</Key>"
        f"<LastModified>{held.objects[name][1]:%Y-%m-%dT%H:%M:%S.000Z}</LastModified></Contents>"
        for name in names[:PAGE]
    )
    more = [
        f"<NextContinuationToken>{escape(name)}</NextContinuationToken>" for name in names[PAGE - 1 : PAGE]
    ]
    text = rows + "".join(more if len(names) > PAGE else [])
    return f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{text}</ListBucketResult>'.encode()


def files_in(held: Bucket, folder: Path, *, secret: str = SECRET) -> S3Files:
    return S3Files(held.address, key=KEY, secret=secret, region="eu-west-1", spools=folder, clock=lambda: NOW)


def keep(files: S3Files, content: bytes) -> str:
    with closing(files.spool()) as spool:
        spool.write(content)
        return files.keep(spool)


@contextmanager
def nothing_left(folder: Path) -> Iterator[None]:
    yield
    assert list(folder.iterdir()) == [], "spools are given up"


def test_what_is_kept_is_read_back_and_removed(bucket: Bucket, tmp_path: Path) -> None:
    files = files_in(bucket, tmp_path)
    content = bytes(range(256)) * 1000

    with nothing_left(tmp_path):
        name, empty = keep(files, content), keep(files, b"")

    assert set(bucket.objects) == {f"attachments/{name}", f"attachments/{empty}"}
    assert b"".join(files.read(name)) == content and b"".join(files.read(empty)) == b""
    files.remove(name)
    files.remove(name)
    assert set(bucket.objects) == {f"attachments/{empty}"}
    with pytest.raises(FileMissing):
        list(files.read(name))


def test_old_ones_are_found_over_several_pages(bucket: Bucket, tmp_path: Path) -> None:
    files = files_in(bucket, tmp_path)
    names = sorted(keep(files, b"%d" % number) for number in range(5))
    for name in names[1:4]:
        bucket.objects[f"attachments/{name}"] = (b"", NOW - timedelta(days=2))
    bucket.objects["elsewhere/x"] = (b"", NOW - timedelta(days=2))

    assert list(files.older(NOW - timedelta(days=1))) == names[1:4]
    assert sum("list-type" in one for one in bucket.asked) == 3


@pytest.mark.parametrize(("status", "full"), [(500, False), (503, False), (403, False), (507, True)])
def test_a_store_that_refuses_says_so(bucket: Bucket, tmp_path: Path, status: int, full: bool) -> None:
    files = files_in(bucket, tmp_path)
    bucket.answers = [status]

    with pytest.raises(FilesAway, match=str(status)) as raised, nothing_left(tmp_path):
        keep(files, b"x")

    assert raised.value.full is full and bucket.objects == {}


def test_a_wrong_secret_is_refused_by_the_store(bucket: Bucket, tmp_path: Path) -> None:
    with pytest.raises(FilesAway, match="SignatureDoesNotMatch"):
        keep(files_in(bucket, tmp_path, secret="another"), b"x")


def test_a_store_that_is_away_or_ends_in_the_middle_says_so(bucket: Bucket, tmp_path: Path) -> None:
    files = files_in(bucket, tmp_path)
    name = keep(files, b"x" * 100_000)
    bucket.cut = 70_000

    with pytest.raises(FilesAway):
        list(files.read(name))
    bucket.address = "http://127.0.0.1:9/desk"
    with pytest.raises(FilesAway):
        keep(files_in(bucket, tmp_path), b"x")


def test_spools_that_were_given_up_are_cleared(bucket: Bucket, tmp_path: Path) -> None:
    files = files_in(bucket, tmp_path)
    files.spool()._file.close()

    assert files.clear_spools(datetime.now(UTC) - timedelta(hours=1)) == 0
    assert files.clear_spools(datetime.now(UTC) + timedelta(hours=1)) == 1
