"""An installation in real processes that tests may kill: gunicorn as shipped, in its own process group."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException

from benchmarks.instance import ROOT, Instance, temporary_instance
from tests.durability.statements import Credential
from xapi.store.credentials import create_credential

START_SECONDS = 60
STOP_SECONDS = 20


@dataclass
class Server:
    """One gunicorn on the same address, whichever process serves it."""

    instance: Instance
    application: str = "wsgi:app"
    extra: Mapping[str, str] = field(default_factory=dict)
    """Environment beside the installation's own."""
    process: subprocess.Popen[bytes] | None = None

    def start(self, *, ready: str | None = "/readyz") -> None:
        """Start it; wait until it is ready, unless `ready` is None."""
        environment = {**self.instance.environment, **self.extra}
        environment["CROSSDESK_BIND"] = f"127.0.0.1:{self.instance.port}"
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installation keeps its bytecode between starts
        command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "deploy" / "gunicorn.conf.py")]
        with self.instance.log.open("ab") as output:
            self.process = subprocess.Popen(
                [*command, self.application],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if ready is not None:
            self.wait(ready)

    def wait(self, path: str, *, status: int = 200, seconds: float = START_SECONDS) -> None:
        """Wait until a page answers with a status. Raises AssertionError with the log's end."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process is not None and self.process.poll() is not None:
                break
            if self.status(path) == status:
                return
            time.sleep(0.05)
        raise AssertionError(f"{path} did not answer {status} in {seconds} s:\n{self.log()[-4000:]}")

    def status(self, path: str, *, seconds: float = 10) -> int | None:
        """Answer the status of a page, None where nobody answers."""
        connection = HTTPConnection("127.0.0.1", self.instance.port, timeout=seconds)
        try:
            connection.request("GET", path)
            with connection.getresponse() as answer:
                return answer.status
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()

    def kill(self) -> None:
        """Kill -9 the master and its workers at once, and see them gone."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        while True:
            try:
                os.killpg(self.process.pid, 0)
            except ProcessLookupError:
                break
            time.sleep(0.002)
        self.process = None

    def stop(self) -> None:
        """Stop it as an administrator does."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    def log(self) -> str:
        """What the servers wrote."""
        return self.instance.log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def installation(postgres: str | None, *, mode: str = "production") -> Iterator[Server]:
    """Make an installation, ready to serve, on SQLite or on a new database of a PostgreSQL server."""
    with temporary_instance(postgres=postgres, mode=mode) as instance:
        instance.flask("prepare")
        server = Server(instance)
        try:
            yield server
        finally:
            server.stop()


def credential_of(instance: Instance, scope: str = "all") -> Credential:
    """Make a credential of the record store."""
    parts = instance.parts()
    with parts.database.writing() as session:
        key, secret = create_credential(
            session, "writer", scope, now=parts.now(), secrets=secrets.token_urlsafe
        )
    parts.database.close()
    return Credential(instance.port, key, secret)
