"""Installations in real processes, on both databases."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import POSTGRES
from tests.durability.disk import compiled
from tests.durability.installation import Server, installation


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """An installation that is ready and not yet served, once on each database."""
    with installation(postgres_server() if request.param == "postgresql" else None) as found:
        yield found


@pytest.fixture(scope="session")
def library() -> Iterator[Path]:
    """The disk that notes what is synced, compiled where other users may read and run it."""
    with tempfile.TemporaryDirectory(prefix="crossdesk-disk-") as folder:
        Path(folder).chmod(0o755)
        yield compiled(Path(folder))


def postgres_server() -> str:
    """Answer the PostgreSQL server for tests; without one fail in CI, else skip."""
    if POSTGRES:
        return POSTGRES
    reason = "CROSSDESK_TEST_POSTGRES_URL is not set: not run on PostgreSQL"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str, object], None]:
    """Note a figure that was measured: printed with `-rP` or `-s`, and in a JUnit file."""

    def note(name: str, value: object) -> None:
        record_property(name, value)
        print(f"{name}: {value}")

    return note
