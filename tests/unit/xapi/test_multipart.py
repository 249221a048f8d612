"""Bodies with attachments, read piece by piece: nothing depends on where they are cut, memory stays small."""

from __future__ import annotations

import hashlib
import io
import json
import random
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xapi.errors import Invalid, TooLarge
from xapi.http import multipart
from xapi.http.call import Call
from xapi.spec.multipart import Piece, write
from xapi.store.files import DiskFiles

MEBIBYTE = 2**20
SAID = {"statements": "of this test"}


class Dripping:
    """A body that comes in pieces of any size, not larger than asked for."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def read(self, size: int) -> bytes:
        self._left = self._left or next(self._pieces, b"")
        taken, self._left = self._left[:size], self._left[size:]
        return taken


def call(stream: object, boundary: str = "b", **headers: str) -> Call:
    return Call(
        method="POST",
        parameters={},
        headers={"content-type": f'multipart/mixed; boundary="{boundary}"', **headers},
        body=b"",
        address="",
        base="",
        stream=stream,  # type: ignore[arg-type]
    )


def part(content: bytes, **other: str) -> bytes:
    headers = {
        "Content-Type": "text/plain",
        "Content-Transfer-Encoding": "binary",
        "X-Experience-API-Hash": hashlib.sha256(content).hexdigest(),
    } | other
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
    return lines.encode() + b"\r\n" + content


def body(*contents: bytes, first: bytes | None = None) -> bytes:
    said = b"Content-Type: application/json\r\n\r\n" + json.dumps(SAID).encode() if first is None else first
    return b"".join(b"--b\r\n" + one + b"\r\n" for one in (said, *map(part, contents))) + b"--b--\r\n"


def cut(whole: bytes, seed: int) -> Iterator[bytes]:
    chance, place = random.Random(seed), 0
    while place < len(whole):
        size = chance.choice((1, 2, 3, 7, 50, 5000))
        yield whole[place : place + size]
        place += size


def read(raw: bytes, folder: Path, *, seed: int = 0) -> list[bytes]:
    """Answer the contents of the attachments."""
    made = call(Dripping(cut(raw, seed)))
    value, parts = multipart.read(made, DiskFiles(folder))
    assert value == SAID
    contents = [one.spool.content() for one in parts]
    assert [one.sha2 for one in parts] == [hashlib.sha256(one).hexdigest() for one in contents]
    made.close()
    assert [path for path in folder.rglob("*") if path.is_file()] == [], "given up with the call"
    return contents


LOOKS_LIKE = st.sampled_from(
    [b"\r\n", b"--b", b"\r\n--b", b"\r\n--", b"\r\n--bb\r\n", b"-", b"\r", b"\n", b"b"]
)
CONTENT = st.lists(LOOKS_LIKE | st.binary(max_size=40), max_size=8).map(b"".join)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contents=st.lists(CONTENT, max_size=4), seed=st.integers(0, 10**6))
def test_what_was_sent_comes_out_wherever_it_is_cut(contents: list[bytes], seed: int, tmp_path: Path) -> None:
    harmless = [one for one in contents if not _ends_a_part(one)]

    assert read(body(*harmless), tmp_path, seed=seed) == harmless


def _ends_a_part(content: bytes) -> bool:
    """Whether a content holds a line that is the boundary, which no sender may put there (RFC 2046 5.1.1)."""
    lines = (b"\r\n" + content + b"\r\n").split(b"\r\n")[1:]
    return any(line.startswith(b"--b--") or line.rstrip(b" \t") == b"--b" for line in lines)


def test_what_stands_before_and_after_the_parts_is_passed_over(tmp_path: Path) -> None:
    blanks = body(b"x").replace(b"--b\r\n", b"--b \t\r\n")

    assert read(b"a preamble\r\n--bee\r\n" + body(b"x") + b"an epilogue", tmp_path) == [b"x"]
    assert read(blanks, tmp_path) == [b"x"]


def test_a_body_that_ends_anywhere_before_its_end_is_refused(tmp_path: Path) -> None:
    whole = body(b"content", b"")
    for end in range(len(whole) - len(b"--\r\n")):
        with pytest.raises(Invalid), closing(call(io.BytesIO(whole[:end]))) as made:
            multipart.read(made, DiskFiles(tmp_path))


@pytest.mark.parametrize(
    ("why", "raw"),
    [
        ("no parts", b"--b--\r\n"),
        ("no boundary", b"nothing"),
        ("another boundary", body(b"x").replace(b"--b", b"--c")),
        ("the first is not JSON", body(first=b"Content-Type: text/plain\r\n\r\n{}")),
        ("no blank line", body(first=b"Content-Type: application/json\r\n{}")),
        ("headers without a colon", body(first=b"Content-Type: application/json\r\nx\r\n\r\n{}")),
        ("endless headers", b"--b\r\nA: " + b"x" * multipart.MAX_HEAD + b"\r\n\r\n{}\r\n--b--"),
        ("another hash", body(b"x").replace(hashlib.sha256(b"x").hexdigest().encode(), b"0" * 64)),
        ("no hash", body(b"x").replace(hashlib.sha256(b"x").hexdigest().encode(), b"")),
        ("another encoding", body(b"x").replace(b"binary", b"base64")),
        ("too many", body(*(b"%d" % number for number in range(multipart.MAX_PARTS)))),
    ],
)
def test_what_is_no_such_body_is_refused(why: str, raw: bytes, tmp_path: Path) -> None:
    made = call(io.BytesIO(raw))

    with pytest.raises(Invalid):
        multipart.read(made, DiskFiles(tmp_path))
    made.close()

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [], why


def test_too_much_json_is_too_large_before_all_of_it_is_read(tmp_path: Path) -> None:
    def endless() -> Iterator[bytes]:
        yield b"--b\r\nContent-Type: application/json\r\n\r\n["
        while True:
            yield b" " * MEBIBYTE

    with pytest.raises(TooLarge):
        multipart.read(call(Dripping(endless())), DiskFiles(tmp_path))


def test_a_hundred_megabytes_pass_through_few_of_memory(tmp_path: Path) -> None:
    block = random.Random(1).randbytes(MEBIBYTE)
    digest = hashlib.sha512()
    for _ in range(100):
        digest.update(block)
    first = body()[: -len(b"--b--\r\n")]
    head = part(b"", **{"X-Experience-API-Hash": digest.hexdigest()})

    def pieces() -> Iterator[bytes]:
        yield first + b"--b\r\n" + head
        for _ in range(100):
            yield block
        yield b"\r\n--b--\r\n"

    files = DiskFiles(tmp_path)
    made = call(Dripping(pieces()))
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    _, [found] = multipart.read(made, files)
    name = files.keep(found.spool)
    sent = write(b"[]", [Piece(found.sha2, "a/b", found.spool.length, lambda: files.read(name))])
    length = sum(len(chunk) for chunk in sent)
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    made.close()

    assert found.spool.length == 100 * MEBIBYTE
    assert length == sent.length
    assert peak < 4 * MEBIBYTE


def test_what_is_written_is_read_back_and_is_as_long_as_it_says(tmp_path: Path) -> None:
    contents = [b"", b"\r\n--x\r\n", b"third"]
    pieces = [
        Piece(hashlib.sha256(one).hexdigest(), "text/plain", len(one), lambda one=one: [one])  # type: ignore[misc]
        for one in contents
    ]

    made = write(json.dumps(SAID).encode(), pieces)

    raw = b"".join(made)
    assert raw == b"".join(made), "as often as it is sent"
    assert len(raw) == made.length
    boundary = made.content_type.partition('"')[2].rstrip('"')
    with closing(call(io.BytesIO(raw), boundary)) as again:
        value, parts = multipart.read(again, DiskFiles(tmp_path))
        assert value == SAID
        assert [one.spool.content() for one in parts] == contents
