"""A temporary installation on loopback: its own folder, database and gunicorn, all gone afterwards."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import psycopg

from lms.bootstrap import Parts, build
from lms.config import read_settings

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60
STOP_SECONDS = 20
BARE_CONFIG = """
worker_class = "gthread"
threads = 12
keepalive = 5
worker_tmp_dir = "/dev/shm" if __import__("os").path.isdir("/dev/shm") else None
control_socket_disable = True
"""


@dataclass(frozen=True)
class Instance:
    """An installation that nothing else uses."""

    folder: Path
    port: int
    environment: Mapping[str, str]

    @property
    def address(self) -> str:
        """Where its pages are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """What its servers wrote."""
        return self.folder / "server.log"

    def flask(self, *arguments: str) -> str:
        """Run a command of the product and answer what it printed. Raises CalledProcessError."""
        return subprocess.run(
            [sys.executable, "-m", "flask", *arguments],
            cwd=ROOT,
            env=dict(self.environment),
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        ).stdout

    def parts(self) -> Parts:
        """Answer its parts, for preparing data through the services."""
        return build(read_settings(self.environment))


@dataclass(frozen=True)
class Server:
    """A gunicorn that runs."""

    port: int
    master: int

    def workers(self) -> list[int]:
        """Answer the ids of the worker processes."""
        children = Path(f"/proc/{self.master}/task/{self.master}/children")
        return [int(pid) for pid in children.read_text(encoding="ascii").split()]

    def worker_megabytes(self) -> list[float]:
        """Answer the resident memory of each worker."""
        return [_resident_kib(pid) / 1024 for pid in self.workers()]


@contextmanager
def temporary_instance(*, postgres: str | None = None, mode: str = "production") -> Iterator[Instance]:
    """Make an installation on SQLite, or on a new database of the PostgreSQL server at `postgres`."""
    with tempfile.TemporaryDirectory(prefix="crossdesk-") as folder, _database(folder, postgres) as url:
        port = free_port()
        # nothing of the caller's own settings: this must never touch another installation
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CROSSDESK_")}
        yield Instance(
            folder=Path(folder),
            port=port,
            environment=kept
            | {
                "CROSSDESK_MODE": mode,
                "CROSSDESK_INSTANCE": folder,
                "CROSSDESK_DATABASE_URL": url,
                "CROSSDESK_SECRET_KEY": secrets.token_hex(32),
                "CROSSDESK_BASE_URL": f"http://127.0.0.1:{port}",
                "CROSSDESK_IRI_BASE": "https://crossdesk.invalid",
                "FLASK_APP": "wsgi",
            },
        )


@contextmanager
def served(instance: Instance, *, workers: int = 2) -> Iterator[Server]:
    """Serve an installation as `make run` does."""
    environment = {
        **instance.environment,
        "CROSSDESK_BIND": f"127.0.0.1:{instance.port}",
        "CROSSDESK_WORKERS": str(workers),
    }
    arguments = ["--config", str(ROOT / "deploy" / "gunicorn.conf.py"), "wsgi:app"]
    with _gunicorn(arguments, environment, instance.port, instance.log, "/readyz") as server:
        yield server


@contextmanager
def served_bare(application: str, *, folder: Path, workers: int = 2) -> Iterator[Server]:
    """Serve another application with the same processes and threads, to compare with."""
    port = free_port()
    config = folder / "bare.conf.py"
    config.write_text(BARE_CONFIG, encoding="utf-8")
    arguments = ["--config", str(config), "--bind", f"127.0.0.1:{port}", "--workers", str(workers)]
    with _gunicorn([*arguments, application], os.environ, port, folder / "bare.log", "/") as server:
        yield server


def find_postgres() -> str | None:
    """Answer the PostgreSQL server to use: the one named for tests, else one on loopback that lets us in."""
    named = os.environ.get("CROSSDESK_TEST_POSTGRES_URL")
    if named:
        return named
    found = subprocess.run(
        [ROOT / "deploy" / "find-postgres"], check=False, stdout=subprocess.PIPE, text=True
    ).stdout.strip()
    return found or None


def free_port() -> int:
    """Answer a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _database(folder: str, postgres: str | None) -> Iterator[str]:
    if postgres is None:
        yield f"sqlite:///{folder}/crossdesk.sqlite3"
        return
    name = f"crossdesk_bench_{secrets.token_hex(6)}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield f"{postgres.rsplit('/', 1)[0]}/{name}"
    finally:
        with psycopg.connect(postgres, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def _gunicorn(
    arguments: list[str], environment: Mapping[str, str], port: int, log: Path, ready: str
) -> Iterator[Server]:
    command = [sys.executable, "-m", "gunicorn", *arguments]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=dict(environment), stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _wait(process, port, ready, log)
            yield Server(port, process.pid)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=2)
        with suppress(OSError):
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        connection.close()
        time.sleep(0.1)
    raise RuntimeError(
        f"the server did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-4000:]}"
    )


def _resident_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise RuntimeError(f"/proc/{pid}/status: expected a line VmRSS")
