"""The power fails under load: what was acknowledged is on the disk, whatever became of what was not synced.

The server (SQLite) or the database's own processes (PostgreSQL) run on `disk.c`, noting writes and syncs;
twenty cuts of one run are made from the notes. A database told not to wait for the disk must be found out.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from tests.durability.cluster import Cluster, temporary_cluster
from tests.durability.disk import Disk, Left, Note, after_cut
from tests.durability.installation import Server, credential_of, installation
from tests.durability.statements import Batch, Credential, Writers

CUTS = 20
LOAD_SECONDS = 2.0
LEAST_BATCHES = 100
CARELESS = "tests.durability.careless:app"
LEFT = tuple(Left)


def test_twenty_power_cuts_on_sqlite_lose_nothing(
    tmp_path: Path, library: Path, figure: Callable[[str, object], None]
) -> None:
    lost, acknowledged, broken = cut_sqlite(tmp_path, library)

    figure("sqlite: acknowledged before the cuts", acknowledged)
    assert broken == [] and lost == 0 and acknowledged > 100


def test_sqlite_that_does_not_wait_for_the_disk_is_found_out(
    tmp_path: Path, library: Path, figure: Callable[[str, object], None]
) -> None:
    lost, acknowledged, broken = cut_sqlite(tmp_path, library, application=CARELESS)

    figure("sqlite synchronous=NORMAL: lost of acknowledged", f"{lost} of {acknowledged}")
    assert broken == [] and lost > 0


@pytest.mark.postgres
def test_twenty_power_cuts_on_postgresql_lose_nothing(
    library: Path, figure: Callable[[str, object], None]
) -> None:
    lost, acknowledged, broken = cut_postgresql(library, cuts=CUTS)

    figure("postgresql: acknowledged before the cuts", acknowledged)
    assert broken == [] and lost == 0 and acknowledged > 100


@pytest.mark.postgres
def test_postgresql_that_does_not_wait_for_the_disk_is_found_out(
    library: Path, figure: Callable[[str, object], None]
) -> None:
    lost, acknowledged, _ = cut_postgresql(library, cuts=4, application=CARELESS)

    figure("postgresql synchronous_commit=off: lost of acknowledged", f"{lost} of {acknowledged}")
    assert lost > 0


def cut_sqlite(folder: Path, library: Path, *, application: str = "wsgi:app") -> tuple[int, int, list[str]]:
    """Cut the power of a server on SQLite; answer how many ids are lost, of how many, and what is broken."""
    with installation(None) as server:
        file = server.instance.folder / "crossdesk.sqlite3"
        disk = Disk(str(file), folder / "notes", folder / "full", library)
        before = folder / "before"
        before.mkdir()
        credential = credential_of(server.instance)
        for one in server.instance.folder.glob(f"{file.name}*"):
            shutil.copy(one, before)
        server.application, server.extra = application, disk.environment
        batches, began = write(server, disk, credential)
        notes = disk.read()
        chance = random.Random(1)
        lost = acknowledged = 0
        broken: list[str] = []
        for number, cut in enumerate(cuts_of(notes, batches, after=began, count=CUTS, chance=chance)):
            into = folder / f"cut-{number}"
            shutil.copytree(before, into)
            left = LEFT[number % len(LEFT)]
            after_cut(notes, cut=cut, left=left, chance=chance, root=disk.root, before=before, into=into)
            (into / f"{file.name}-shm").unlink(missing_ok=True)  # shared memory does not outlive the machine
            connection = sqlite3.connect(into / file.name)
            broken += [row[0] for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
            ids = {str(UUID(row[0])) for row in connection.execute("SELECT id FROM xapi_statement_ids")}
            connection.close()
            shutil.rmtree(into)
            lost += _lost(ids, batches, cut)
            acknowledged += sum(len(one.ids) for one in batches if _acknowledged(one, cut))
            broken += _halves(ids, batches)
        return lost, acknowledged, broken


def cut_postgresql(library: Path, *, cuts: int, application: str = "wsgi:app") -> tuple[int, int, list[str]]:
    """Cut the power of a PostgreSQL server; answer how many ids are lost, of how many, and what is broken."""
    with temporary_cluster() as cluster:
        disk = Disk(f"{cluster.data}/", cluster.folder / "notes", cluster.folder / "full", library)
        cluster.options = ("synchronous_commit=on", "checkpoint_timeout=30s", "max_wal_size=32MB")
        cluster.start()
        with installation(cluster.url) as server:
            name = server.instance.environment["CROSSDESK_DATABASE_URL"].rsplit("/", 1)[1]
            server.instance.flask("db", "current")
            cluster.stop()
            before = cluster.folder / "before"
            subprocess.run(["cp", "-a", str(cluster.data), str(before)], check=True)
            cluster.extra = disk.environment
            cluster.start()
            server.application = application
            batches, began = write(server, disk, credential_of(server.instance))
            cluster.kill()
            cluster.extra, cluster.options = (
                {},
                ("fsync=off",),
            )  # what recovery itself syncs is not asked here
            notes = disk.read()
            chance = random.Random(2)
            lost = acknowledged = 0
            broken: list[str] = []
            for number, cut in enumerate(cuts_of(notes, batches, after=began, count=cuts, chance=chance)):
                left = LEFT[number % len(LEFT)]
                ids = after_recovery(cluster, notes, before, name, disk, cut=cut, left=left, chance=chance)
                lost += _lost(ids, batches, cut)
                acknowledged += sum(len(one.ids) for one in batches if _acknowledged(one, cut))
                broken += _halves(ids, batches)
            shutil.rmtree(cluster.data)
            shutil.move(before, cluster.data)
            _belongs(cluster)
            cluster.start()  # so that the installation's database can be dropped
        return lost, acknowledged, broken


def after_recovery(
    cluster: Cluster,
    notes: list[Note],
    before: Path,
    name: str,
    disk: Disk,
    *,
    cut: int,
    left: Left,
    chance: random.Random,
) -> set[str]:
    """Make the cluster's files as a cut left them, let the server recover, and answer the ids."""
    shutil.rmtree(cluster.data)
    subprocess.run(["cp", "-a", str(before), str(cluster.data)], check=True)
    after_cut(notes, cut=cut, left=left, chance=chance, root=disk.root, before=before, into=cluster.data)
    (cluster.data / "postmaster.pid").unlink(missing_ok=True)
    _belongs(cluster)
    cluster.start()
    with psycopg.connect(f"{cluster.url.rsplit('/', 1)[0]}/{name}") as connection:
        ids = connection.execute("SELECT id FROM xapi_statement_ids JOIN xapi_statements USING (id)")
        found = {str(row[0]) for row in ids}
    cluster.stop("immediate")
    return found


def write(server: Server, disk: Disk, credential: Credential) -> tuple[list[Batch], int]:
    """Let eight writers write for a while; answer what they sent, and where the notes began to count."""
    server.start()
    with Writers(credential, marker=disk.mark) as writers:
        writers.first_after(0.0)
        began = disk.mark()
        time.sleep(LOAD_SECONDS)
        while len(writers.acknowledged) < LEAST_BATCHES and not writers.wrong:
            time.sleep(0.1)
    server.kill()
    assert writers.wrong == []
    return writers.batches, began


def cuts_of(
    notes: list[Note], batches: list[Batch], *, after: int, count: int, chance: random.Random
) -> list[int]:
    """Answer places for cuts: half of them anywhere, half just when something was acknowledged."""
    ends = [note.end for note in notes if note.end > after]
    marks = [batch.mark for batch in batches if batch.acknowledged is not None and batch.mark > after]
    half = count // 2
    return [chance.choice(ends) for _ in range(count - half)] + [chance.choice(marks) for _ in range(half)]


def _acknowledged(batch: Batch, cut: int) -> bool:
    return batch.acknowledged is not None and batch.mark <= cut


def _lost(ids: set[str], batches: list[Batch], cut: int) -> int:
    return sum(id not in ids for batch in batches if _acknowledged(batch, cut) for id in batch.ids)


def _halves(ids: set[str], batches: list[Batch]) -> list[str]:
    return [
        f"half of a batch: {batch.ids}"
        for batch in batches
        if 0 < sum(id in ids for id in batch.ids) < len(batch.ids)
    ]


def _belongs(cluster: Cluster) -> None:
    """Give the files to the user that runs the cluster."""
    owner = cluster.folder.stat()
    subprocess.run(["chown", "-R", f"{owner.st_uid}:{owner.st_gid}", str(cluster.data)], check=True)
    cluster.data.chmod(0o700)
