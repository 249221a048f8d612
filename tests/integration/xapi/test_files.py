"""Statements to a file and back: exactly, resumable, and with honest neighbours of broken lines."""

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from tests.kept_attachments import content_of, kept
from xapi import export_file, import_file, lrs
from xapi.export_file import ExportRefused, export_statements
from xapi.import_file import Import, Imported
from xapi.spec.mentions import agent_key
from xapi.store.attachments import Kept
from xapi.store.query import StatementQuery
from xapi.store.tables import Statement, metadata

LI = {"mbox": "mailto:li@desk.example"}
TOOL = {"mbox": "mailto:tool@desk.example"}
IMPORTER = {"objectType": "Agent", "account": {"homePage": "https://h.example", "name": "import"}}
BYTES = b"a recording"
SHA2 = hashlib.sha256(BYTES).hexdigest()
ATTACHED = {
    "usageType": "a:b",
    "display": {},
    "contentType": "text/plain",
    "length": 11,
    "sha2": SHA2.upper(),
}
EVERYTHING = StatementQuery()


def said(**given: Any) -> dict[str, Any]:
    about = {"id": "https://o.example/1"}
    return {"id": str(uuid4()), "actor": LI, "verb": {"id": "https://v.example/did"}, "object": about} | given


@pytest.fixture
def store(database: Any) -> Callable[..., list[str]]:
    def put(*statements: dict[str, Any], attachments: tuple[Kept, ...] = ()) -> list[str]:
        with database.writing() as session:
            return lrs.store_statements(
                session,
                statements,
                authority=TOOL,
                now=database.clock(),
                new_id=database.new_id,
                attachments=attachments,
            )

    return put


@pytest.fixture
def bring(database: Any) -> Callable[..., tuple[Imported, list[tuple[int, str]]]]:
    def run(file: Path, *, as_is: bool = False) -> tuple[Imported, list[tuple[int, str]]]:
        refused: list[tuple[int, str]] = []
        done = Import(
            writing=database.writing,
            clock=database.clock,
            new_id=database.new_id,
            files=database.files,
            authority=IMPORTER,
            refuse=lambda number, reason: refused.append((number, reason)),
            as_is=as_is,
        ).run(file)
        return done, refused

    return run


def empty(database: Any) -> None:
    with database.writing() as session:
        for table in reversed(metadata.sorted_tables):
            session.execute(table.delete())


def payloads(database: Any) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Statement.payload).order_by(Statement.seq)))


def lines_of(file: Path) -> list[dict[str, Any]]:
    raw = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return [json.loads(line) for line in raw.splitlines()]


def write(file: Path, *lines: dict[str, Any] | bytes) -> Path:
    file.write_bytes(
        b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    )
    return file


@pytest.mark.parametrize("name", ["all.jsonl", "all.jsonl.gz"])
def test_an_own_export_comes_back_exactly_as_it_was(
    database: Any, store: Any, bring: Any, tmp_path: Path, name: str
) -> None:
    one = said(result={"score": {"raw": 1.10}}, attachments=[ATTACHED])
    void = said(verb={"id": "http://adlnet.gov/expapi/verbs/voided"})
    store(one, said(actor=TOOL), attachments=(kept(database.files, BYTES),))
    store(void | {"object": {"objectType": "StatementRef", "id": one["id"]}})
    before = payloads(database)
    folder = tmp_path / "out"
    folder.mkdir()

    assert export_statements(database.reading, folder / name, EVERYTHING, files=database.files) == 3
    empty(database)
    done, refused = bring(folder / name, as_is=True)

    assert (done, refused) == (Imported(stored=3), [])
    assert payloads(database) == before, "stored, authority and all"
    with database.reading() as session:
        assert session.scalar(select(Statement.voided).where(Statement.id == UUID(one["id"]))) is True
    assert content_of(database, database.files, SHA2) == BYTES
    assert sorted(path.name for path in folder.iterdir()) == ["all.attachments", name], "nothing left over"
    modes = {path.name: path.stat().st_mode & 0o077 for path in folder.iterdir()}
    assert set(modes.values()) == {0}, "for nobody but the operator"


def test_without_as_is_the_store_says_when_and_who_vouches(
    database: Any, store: Any, bring: Any, tmp_path: Path
) -> None:
    store(said(timestamp="2020-01-01T00:00:00Z"))
    export_statements(database.reading, tmp_path / "all.jsonl", EVERYTHING, files=database.files)
    [old] = lines_of(tmp_path / "all.jsonl")
    empty(database)
    database.clock.advance(days=1)

    bring(tmp_path / "all.jsonl")

    [new] = map(json.loads, payloads(database))
    assert new["authority"] == IMPORTER
    assert new["stored"] == "2026-03-03T09:30:00.000000Z"
    for name in ("id", "timestamp", "actor", "verb", "object", "version"):
        assert new[name] == old[name]


def test_importing_again_stores_nothing_twice(database: Any, bring: Any, tmp_path: Path) -> None:
    nameless = {name: value for name, value in said().items() if name != "id"}
    file = write(tmp_path / "x.jsonl", said(), nameless, b"\n", nameless, said())

    first, second = bring(file), bring(file)

    assert first == (Imported(stored=4), [])
    assert second == (Imported(skipped=4), [])
    assert len(payloads(database)) == 4


def test_a_broken_line_is_named_and_its_neighbours_go_in(
    database: Any, store: Any, bring: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_file, "LINE_BYTES", 4000)
    other = said()
    store(other)
    good = [said() for _ in range(4)]
    file = write(
        tmp_path / "x.jsonl",
        b"\xef\xbb\xbf" + json.dumps(good[0]).encode() + b"\n",
        b"{not json\n",
        said(result={"score": {"scaled": 2}}),
        good[1],
        other | {"actor": TOOL},
        b"\xff\xfe\n",
        b'{"a":1,"a":2}\n',
        said(result={"response": "x" * 9000}),
        good[2],
        said(attachments=[ATTACHED]),
        good[3],
        b"null",
    )

    done, refused = bring(file)

    assert done == Imported(stored=4, refused=8)
    reasons = dict(refused)
    assert sorted(reasons) == [2, 3, 5, 6, 7, 8, 10, 12]
    for number, reason in {
        2: "expected JSON",
        3: "result.score.scaled: ",
        5: other["id"],
        6: "UTF-8",
        7: "every key once",
        8: "4000 bytes",
        10: f"expected the file {SHA2}",
        12: "expected an object, got null",
    }.items():
        assert reason in reasons[number]
    assert {json.loads(text)["id"] for text in payloads(database)} == {one["id"] for one in [other, *good]}


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_attachments_come_from_a_folder_or_a_zip_and_must_be_what_they_say(
    database: Any, bring: Any, tmp_path: Path, kind: str
) -> None:
    file = write(tmp_path / "x.jsonl", said(attachments=[ATTACHED]))

    def beside(content: bytes) -> None:
        if kind == "folder":
            (tmp_path / "x.attachments").mkdir(exist_ok=True)
            (tmp_path / "x.attachments" / SHA2).write_bytes(content)
            return
        with zipfile.ZipFile(tmp_path / "x.attachments.zip", "w") as archive:
            archive.writestr(SHA2, content)

    beside(b"another one")
    done, refused = bring(file)
    assert done == Imported(refused=1) and "content that has the hash" in refused[0][1]
    beside(BYTES)
    assert bring(file) == (Imported(stored=1), [])

    assert content_of(database, database.files, SHA2) == BYTES
    assert len([path for path in (tmp_path / "attachments").rglob("*") if path.is_file()]) == 1


def test_a_damaged_gzip_file_says_from_which_line_on(database: Any, bring: Any, tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(json.dumps(said()).encode() + b"\n" for _ in range(50)), mtime=0)
    (tmp_path / "x.jsonl.gz").write_bytes(whole[: len(whole) // 2])

    done, refused = bring(tmp_path / "x.jsonl.gz")

    [(number, reason)] = refused
    assert "damaged from here on" in reason
    assert done.stored == number - 1 == len(payloads(database))


def test_as_is_goes_only_behind_what_is_stored(database: Any, store: Any, bring: Any, tmp_path: Path) -> None:
    """A reader with a cursor would never see a statement that is put in before it."""
    store(said())
    [stored] = map(json.loads, payloads(database))
    own = said(authority=TOOL)
    database.clock.advance(minutes=1)
    file = write(
        tmp_path / "x.jsonl",
        own | {"id": str(uuid4()), "stored": "2026-03-02T09:29:59Z"},
        own | {"id": str(uuid4()), "stored": stored["stored"]},
        own | {"id": str(uuid4()), "stored": "2026-03-02T09:30:30Z"},
        own | {"id": str(uuid4()), "stored": "2026-03-02T10:00:00Z"},
        own,
        said(stored="2026-03-02T09:30:40Z"),
        stored,
    )

    done, refused = bring(file, as_is=True)

    assert done == Imported(stored=1, skipped=1, refused=5)
    assert [number for number, _ in refused if "stored: expected a time after" in dict(refused)[number]] == [
        1,
        2,
        4,
    ]
    assert {n: r.partition(":")[0] for n, r in refused if n in (5, 6)} == {5: "stored", 6: "authority"}


@pytest.mark.parametrize("name", ["x.jsonl", "x.jsonl.gz"])
def test_an_export_goes_on_where_it_was_stopped(
    database: Any, store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(export_file, "BATCH", 3)
    ids = store(*(said() for _ in range(10)))
    folder = tmp_path / "out"
    folder.mkdir()
    file, reads = folder / name, 0

    def failing() -> Any:
        nonlocal reads
        reads += 1
        if reads == 4:
            with file.open("ab") as torn:
                torn.write(b'{"half')  # what a crash leaves behind the last note
            raise OSError("no room")
        return database.reading()

    with pytest.raises(OSError, match="no room"):
        export_statements(failing, file, EVERYTHING, files=database.files)
    late = store(said())
    with pytest.raises(ExportRefused, match="other filters"):
        export_statements(database.reading, file, StatementQuery(verb="a:b"), files=database.files)

    assert export_statements(database.reading, file, EVERYTHING, files=database.files) == 10

    assert [line["id"] for line in lines_of(file)] == ids, "each once, in order, without what came meanwhile"
    assert late[0] not in ids
    assert [path.name for path in folder.iterdir()] == [name]


def test_an_export_overwrites_nothing(database: Any, tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text("mine")

    with pytest.raises(ExportRefused, match="is there already"):
        export_statements(database.reading, tmp_path / "x.jsonl", EVERYTHING, files=database.files)
    with pytest.raises(ExportRefused, match=r"\.jsonl"):
        export_statements(database.reading, tmp_path / "x.txt", EVERYTHING, files=database.files)

    assert (tmp_path / "x.jsonl").read_text() == "mine"


def test_filters_leave_what_fits(database: Any, store: Any, tmp_path: Path) -> None:
    wang = {"mbox": "mailto:wang@desk.example"}
    ids = store(
        said(),
        said(actor=wang),
        said(verb={"id": "https://v.example/saw"}),
        said(object={"id": "https://o.example/2"}),
    )
    queries = {
        "agent": (StatementQuery(agent=agent_key(wang)), [ids[1]]),
        "verb": (StatementQuery(verb="https://v.example/saw"), [ids[2]]),
        "activity": (StatementQuery(activity="https://o.example/2"), [ids[3]]),
        "since": (StatementQuery(since=0), ids),
    }

    for name, (query, expected) in queries.items():
        export_statements(database.reading, tmp_path / f"{name}.jsonl", query, files=database.files)
        assert [line["id"] for line in lines_of(tmp_path / f"{name}.jsonl")] == expected
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Statement)) == 4
