"""A PostgreSQL cluster of a test's own, in a temporary folder: to be stopped, killed, halted and copied."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from benchmarks.instance import free_port

USER = "postgres"
START_SECONDS = 30
ROOM = 2 * 2**30
"""Bytes."""


@dataclass
class Cluster:
    """A cluster, running or not."""

    folder: Path
    """Holds `data`, the socket and the log; belongs to the user that runs it."""
    port: int
    options: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)
    """Environment of the server."""

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"

    @property
    def url(self) -> str:
        """Its database for administration."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it and wait until it lets somebody in. Raises AssertionError."""
        settings = (
            "listen_addresses=127.0.0.1", f"port={self.port}", f"unix_socket_directories={self.folder}",
            "shared_buffers=32MB", "max_connections=60", *self.options,
        )  # fmt: skip
        arguments = " ".join(f"-c {setting}" for setting in settings)
        log = self.folder / "log"
        try:
            self._run("pg_ctl", "-D", str(self.data), "-o", arguments, "-l", str(log), "start", "-w")
        except subprocess.CalledProcessError as error:
            said = log.read_text(encoding="utf-8", errors="replace")[-3000:] if log.exists() else ""
            raise AssertionError(f"PostgreSQL did not start:\n{said}") from error

    def stop(self, mode: str = "fast") -> None:
        """Stop it: smart, fast or immediate."""
        self._run("pg_ctl", "-D", str(self.data), "-m", mode, "stop", "-w")

    def processes(self) -> list[int]:
        """Answer the server and all its children, the server first."""
        try:
            head = int((self.data / "postmaster.pid").read_text(encoding="ascii").split()[0])
            children = Path(f"/proc/{head}/task/{head}/children").read_text(encoding="ascii")
        except OSError:
            return []
        return [head, *(int(pid) for pid in children.split())]

    def signal(self, number: int) -> None:
        """Send a signal to all of them."""
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill(self) -> None:
        """Kill -9 the server and its children, and see them gone."""
        found = self.processes()
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        while any(_lives(pid) for pid in found):
            time.sleep(0.01)
        # a process that nobody has reaped yet would count as running
        for lock in (self.data / "postmaster.pid", *self.folder.glob(".s.PGSQL.*")):
            lock.unlink(missing_ok=True)

    def query(self, statement: str) -> list[tuple[object, ...]]:
        """Run one statement on its own connection."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def _run(self, command: str, *arguments: str) -> None:
        _as_owner([str(programs() / command), *arguments], self.extra)


@contextmanager
def temporary_cluster() -> Iterator[Cluster]:
    """Make a cluster, not started; it is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="crossdesk-cluster-", dir=_memory()))
    cluster = Cluster(folder, free_port())
    try:
        if os.getuid() == 0:
            shutil.chown(folder, USER, USER)
        _as_owner(
            [
                str(programs() / "initdb"),
                "-D",
                str(cluster.data),
                "-A",
                "trust",
                "-U",
                USER,
                "--no-sync",
                "--wal-segsize=1",
            ],
            {},
        )
        yield cluster
    finally:
        cluster.signal(signal.SIGCONT)
        cluster.kill()
        shutil.rmtree(folder, ignore_errors=True)


def programs() -> Path:
    """Answer where PostgreSQL's programs lie; without them fail in CI, else skip."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is not None:
        return Path(on_path).resolve().parent
    reason = "initdb was not found: no cluster of the test's own"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _memory() -> str | None:
    """Answer a folder in memory where there is ample room, which makes copies quick; else None."""
    shared = Path("/dev/shm")
    if shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free > ROOM:
        return str(shared)
    return None


def _as_owner(command: list[str], extra: Mapping[str, str]) -> None:
    """Run a command as somebody whom PostgreSQL accepts: it refuses root."""
    plain = [f"{name}={value}" for name, value in extra.items()]
    prefix = ["runuser", "-u", USER, "--"] if os.getuid() == 0 else []
    subprocess.run(
        [*prefix, "env", *plain, *command],
        cwd="/",
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=START_SECONDS * 2,
    )


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
