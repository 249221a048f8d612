"""Files of attachments on disk: whole and durable under their name, or not there."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from xapi.store import files as module
from xapi.store.files import DiskFiles, FileMissing, FilesAway

NOW = datetime.now(UTC)


def keep(files: DiskFiles, *chunks: bytes) -> str:
    with closing(files.spool()) as spool:
        for chunk in chunks:
            spool.write(chunk)
        return files.keep(spool)


def under(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_what_is_kept_is_read_back_under_a_name_that_begins_with_its_hash(tmp_path: Path) -> None:
    files = DiskFiles(tmp_path / "a")
    content = b"x" * (module.CHUNK + 1)

    name = keep(files, content[:10], content[10:])

    assert name.startswith(sha256(content).hexdigest())
    assert [len(chunk) for chunk in files.read(name)] == [module.CHUNK, 1]
    [place] = under(tmp_path)
    assert place == tmp_path / "a" / name[:2] / name
    assert place.stat().st_mode & 0o077 == 0 and place.parent.stat().st_mode & 0o077 == 0


def test_the_same_bytes_get_a_name_of_their_own_each_time(tmp_path: Path) -> None:
    files = DiskFiles(tmp_path)
    first, second = keep(files, b"same"), keep(files, b"same")

    files.remove(first)

    assert first != second and b"".join(files.read(second)) == b"same"


def test_bytes_and_names_are_on_the_disk_before_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def note_sync(handle: int) -> None:
        synced = Path(f"/proc/self/fd/{handle}").readlink()
        done.append(f"sync {synced.relative_to(tmp_path)}")
        fsync(handle)

    def note_rename(source: Path, target: Path) -> Path:
        done.append(f"rename {Path(target).relative_to(tmp_path)}")
        return rename(source, target)

    monkeypatch.setattr(os, "fsync", note_sync)
    monkeypatch.setattr(Path, "rename", note_rename)

    name = keep(DiskFiles(tmp_path / "a"), b"content")

    assert done[0].startswith("sync a/incoming/"), "the bytes first: a name must not lead to half of them"
    assert done[1:] == [f"rename a/{name[:2]}/{name}", f"sync a/{name[:2]}", "sync a", "sync ."]


def test_what_was_not_kept_leaves_nothing(tmp_path: Path) -> None:
    files = DiskFiles(tmp_path)
    with closing(files.spool()) as spool:
        spool.write(b"given up")
        assert len(under(tmp_path)) == 1

    assert under(tmp_path) == []
    spool.close()


def test_a_missing_file_says_so_and_removing_it_is_no_fault(tmp_path: Path) -> None:
    files = DiskFiles(tmp_path)
    name = keep(files, b"x")
    files.remove(name)
    files.remove(name)

    with pytest.raises(FileMissing):
        list(files.read(name))


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("place", ["fsync", "write"])
def test_a_disk_that_is_full_or_broken_says_so_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, place: str
) -> None:
    files = DiskFiles(tmp_path)

    def fail(*_: Any) -> None:
        raise OSError(code, os.strerror(code))

    spool = files.spool()
    if place == "write":
        spool._file.close()
        spool._file = type("Full", (), {"write": fail, "close": lambda self: None, "closed": False})()  # type: ignore[assignment]
    else:
        monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(FilesAway) as raised, closing(spool):
        spool.write(b"x")
        files.keep(spool)

    assert raised.value.full is (code != errno.EIO)
    assert under(tmp_path) == []


def test_a_write_that_takes_only_some_bytes_is_gone_on_with(tmp_path: Path) -> None:
    with closing(DiskFiles(tmp_path).spool()) as spool:
        whole = spool._file
        write: Callable[[Any], int | None] = whole.write
        few = type("Few", (), {"write": lambda self, data: write(data[:3]), "closed": False})()
        spool._file = few
        spool.write(b"0123456789")
        spool._file = whole
        spool.finish()
        assert spool.content() == b"0123456789"
        assert spool.sha256 == sha256(b"0123456789").hexdigest()


def test_files_are_told_apart_by_their_age(tmp_path: Path) -> None:
    files = DiskFiles(tmp_path)
    assert list(files.older(NOW)) == [] and files.clear_spools(NOW) == 0, "before there is a folder"
    old, fresh = keep(files, b"old"), keep(files, b"fresh")
    given_up, going_on = files.spool(), files.spool()
    day = (NOW - timedelta(days=1)).timestamp()
    for path in (tmp_path / old[:2] / old, given_up.path):
        os.utime(path, (day, day))

    assert list(files.older(NOW - timedelta(hours=1))) == [old]
    assert files.clear_spools(NOW - timedelta(hours=1)) == 1
    assert going_on.path.exists() and not given_up.path.exists()
    assert b"".join(files.read(fresh)) == b"fresh"
    for spool in (given_up, going_on):
        spool.close()
