"""The disk is full: writing is refused plainly, reading goes on, and nothing acknowledged is lost.

The files of the database lie on `disk.c`, which refuses every write that makes a file longer, as a full disk
does: SQLite's in the server's own processes, PostgreSQL's tables in the database's.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from benchmarks.learners import answers_of, make_answerers, sign_in
from tests.durability.cluster import temporary_cluster
from tests.durability.disk import Disk
from tests.durability.installation import Server, credential_of, installation
from tests.durability.learners import ask
from tests.durability.statements import Answered, Batch, Client, statement
from tests.durability.store import faults

MOST_WRITES = 400
"""More than fit into what is allocated already."""
BACK_SECONDS = 2.0
REFUSED = (503, 507)
BOUNDARY = "a-boundary"


@dataclass
class Full:
    """A served installation whose disk can be filled."""

    server: Server
    disk: Disk


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def desk(request: pytest.FixtureRequest, tmp_path: Path, library: Path) -> Iterator[Full]:
    with on_sqlite(tmp_path, library) if request.param == "sqlite" else on_postgresql(library) as found:
        yield found


@contextmanager
def on_sqlite(folder: Path, library: Path) -> Iterator[Full]:
    """The server's own processes write the database."""
    with installation(None) as server:
        file = server.instance.folder / "crossdesk.sqlite3"
        disk = Disk(str(file), folder / "notes", folder / "full", library)
        server.extra = disk.environment
        yield Full(server, disk)


@contextmanager
def on_postgresql(library: Path) -> Iterator[Full]:
    """The tables are on a disk that fills; the log of transactions is not."""
    with temporary_cluster() as cluster:
        disk = Disk(f"{cluster.data}/base/", cluster.folder / "notes", cluster.folder / "full", library)
        cluster.extra = disk.environment
        cluster.start()
        with installation(cluster.url) as server:
            yield Full(server, disk)


def test_a_full_disk_refuses_writing_plainly_and_lets_reading_go_on(
    desk: Full, figure: Callable[[str, object], None]
) -> None:
    instance = desk.server.instance
    writer, reader = Client(credential_of(instance)), Client(credential_of(instance, "read"))
    parts = instance.parts()
    quiz = make_answerers(parts, 1)[0]
    desk.server.start()
    session = sign_in(instance.port, quiz.email)
    requests = answers_of(quiz, session, parts.settings.secret_key)
    batches = [post(writer)]
    assert ask(instance.port, next(requests)).status == 303

    desk.disk.full.touch()
    while len(batches) < MOST_WRITES and batches[-1].acknowledged is not None:
        batches.append(post(writer))
    refusals = [writer.ask("POST", "/xapi/statements", body_of(batches[-1])), attach(writer)]
    answer = next(requests)
    answered = refused = ask(instance.port, answer)
    while refused.status == 303:  # what fits into pages that are there already may still be written
        refused = ask(instance.port, next(requests))
    pages = [page(instance.port, path, session.cookie) for path in ("/", "/courses", quiz.path, "/healthz")]
    statements = reader.ask(
        "GET", "/xapi/statements?limit=5"
    )  # its use cannot be written down: still, it reads
    desk.disk.full.unlink()
    began = time.monotonic()
    while (last := post(writer)).acknowledged is None and time.monotonic() - began < 30:
        batches.append(last)
    back = time.monotonic() - began
    batches.append(last)
    attached = attach(writer)
    if answered.status != 303:
        answered = ask(instance.port, answer)

    figure("writing is back after s", round(back, 2))
    for one in (*refusals, refused):
        assert one.status in REFUSED, one.body
        assert b"Traceback" not in one.body and len(one.body) < 20_000
        assert one.headers["Retry-After"]
    assert refusals[0].headers["X-Experience-API-Version"]
    assert pages == [200, 200, 200, 200] and statements.status == 200
    assert back <= BACK_SECONDS
    assert attached.status == 200 and answered.status == 303
    assert faults(parts.database, batches) == []
    parts.database.close()
    writer.close(), reader.close()


def post(client: Client) -> Batch:
    """Send a batch once; the answer says whether it was stored."""
    batch = Batch(tuple(str(uuid4()) for _ in range(5)))
    answer = client.ask("POST", "/xapi/statements", body_of(batch))
    assert answer.status == 200 or answer.status in REFUSED, answer.body
    if answer.status == 200:
        batch.acknowledged = time.monotonic()
    return batch


def body_of(batch: Batch) -> bytes:
    """The same statements each time."""
    text = {"en": "x" * 2000}
    return json.dumps(
        [statement(id, verb={"id": "https://verbs.example/did", "display": text}) for id in batch.ids]
    ).encode()


def attach(client: Client) -> Answered:
    """Send a statement with a megabyte attached."""
    id = str(uuid4())
    content = hashlib.sha256(id.encode()).digest() * 32_768
    sha2 = hashlib.sha256(content).hexdigest()
    kind = "application/octet-stream"
    attachment = {
        "usageType": "https://usage.example/file",
        "display": {"en": "a file"},
        "contentType": kind,
        "length": len(content),
        "sha2": sha2,
    }
    first = json.dumps(statement(id, attachments=[attachment])).encode()
    body = b"\r\n".join(
        [
            f"--{BOUNDARY}\r\nContent-Type: application/json\r\n".encode(),
            first,
            f"--{BOUNDARY}\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: binary".encode(),
            f"X-Experience-API-Hash: {sha2}\r\n".encode(),
            content,
            f"--{BOUNDARY}--\r\n".encode(),
        ]
    )
    headers = {"Content-Type": f"multipart/mixed; boundary={BOUNDARY}"}
    return client.ask("POST", "/xapi/statements", body, headers=headers)


def page(port: int, path: str, cookie: str) -> int:
    """Answer the status of a page."""
    return ask(port, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode()).status


def test_a_full_folder_of_attachments_refuses_them_alone(tmp_path: Path, library: Path) -> None:
    with installation(None) as server:
        folder = server.instance.folder / "attachments"
        disk = Disk(f"{folder}/", tmp_path / "notes", tmp_path / "full", library)
        server.extra = disk.environment
        writer = Client(credential_of(server.instance))
        server.start()
        assert attach(writer).status == 200

        disk.full.touch()
        refused, plain = attach(writer), post(writer)
        disk.full.unlink()
        again = attach(writer)

        assert refused.status == 507 and refused.headers["Retry-After"] and b"Traceback" not in refused.body
        assert plain.acknowledged is not None, "statements without attachments go on"
        assert again.status == 200
        files = [path for path in folder.rglob("*") if path.is_file()]
        assert [path.stat().st_size for path in files] == [2**20] * 2, "nothing half there"
        assert all(path.name.startswith(sha256_of(path)) for path in files)
        writer.close()


def sha256_of(path: Path) -> str:
    """Answer the hash of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
