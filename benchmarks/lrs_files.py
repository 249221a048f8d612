"""Export and import of statements: how fast, how much memory, at growing sizes; and /admin/xapi over them.

    python -m benchmarks.lrs_files --sizes 10000 100000

Every step runs in a process of its own on a temporary SQLite store, since a process's peak of memory never
goes down: flat means that the peak at the largest size is close to that at the smallest. Writes
benchmarks/results/lrs-files-*.json.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

RESULTS = Path(__file__).resolve().parent / "results"
SIZES = (10_000, 100_000)
FLAT = 1.2
"""The peak at the largest size may be this many times that at the smallest."""
PEOPLE, ITEMS = 200, 500
BASE = "https://bench.example"
IMPORTER = {"objectType": "Agent", "account": {"homePage": BASE, "name": "import"}}
PAGES = {
    "newest": "",
    "a later page": "?before={middle}",
    "an actor": f"?person={BASE}%20agent-7",
    "a verb": "?verb=http%3A%2F%2Fadlnet.gov%2Fexpapi%2Fverbs%2Fanswered",
    "verb and actor": f"?verb=http%3A%2F%2Fadlnet.gov%2Fexpapi%2Fverbs%2Fanswered&person={BASE}%20agent-7",
    "related activity": f"?activity={BASE}%2Fcourses%2Fdesk&related=y",
    "a time": "?since=2026-01-01&until=2026-12-31",
    "refusals": "/refusals",
    "privacy": "/privacy",
}
ASKED = 20


@dataclass(frozen=True)
class Step:
    """One step as it was measured."""

    name: str
    statements: int
    seconds: float
    peak_mb: float
    pages_ms: dict[str, float] | None = None
    """Server time of pages, the median of some."""


def statements(count: int) -> Iterator[dict[str, Any]]:
    """Yield statements of about 1.1 kB as JSON."""
    for number in range(count):
        yield {
            "id": str(UUID(int=number + 2**100)),
            "actor": {"account": {"homePage": BASE, "name": f"agent-{number % PEOPLE}"}, "name": "Somebody"},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/answered", "display": {"en": "answered"}},
            "object": {
                "id": f"{BASE}/courses/desk/items/{number % ITEMS}",
                "definition": {"name": {"en": "A question of the desk"}, "description": {"en": "Why? " * 60}},
            },
            "result": {"score": {"scaled": 0.5}, "success": True, "response": "a[,]b", "duration": "PT12.5S"},
            "context": {
                "registration": str(UUID(int=number % PEOPLE + 2**101)),
                "contextActivities": {"grouping": [{"id": f"{BASE}/courses/desk"}]},
                "platform": "Bench",
            },
            "timestamp": (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)).isoformat(),
        }


def write(file: Path, count: int) -> None:
    """Write a file to import."""
    with gzip.open(file, "wt", encoding="utf-8", compresslevel=1) as out:
        for statement in statements(count):
            out.write(json.dumps(statement) + "\n")


def run_step(name: str, folder: Path) -> tuple[int, dict[str, float] | None]:
    """Do one step in this process; answer how many statements, and page times."""
    from lms.db.database import Database
    from xapi.export_file import export_statements
    from xapi.import_file import Import
    from xapi.store.files import DiskFiles
    from xapi.store.query import StatementQuery

    database = Database(f"sqlite:///{folder / ('second' if name == 'restore' else 'first')}.sqlite3")
    files = DiskFiles(folder / "attachments")
    _make(database)
    if name == "pages":
        return _pages(database, folder)
    if name == "export":
        (folder / "out.jsonl.gz").unlink(missing_ok=True)
        out = folder / "out.jsonl.gz"
        return export_statements(database.reading, out, StatementQuery(), files=files), None
    done = Import(
        writing=database.writing,
        clock=lambda: datetime.now(UTC),
        new_id=uuid4,
        files=files,
        authority=IMPORTER,
        refuse=lambda number, reason: sys.exit(f"line {number}: {reason}"),
        as_is=name == "restore",
    ).run(folder / ("out.jsonl.gz" if name == "restore" else "in.jsonl.gz"))
    return done.stored + done.skipped, None


def _make(database: Any) -> None:
    from lms.db import migrate
    from lms.services import start

    if migrate.current(database) is None:
        migrate.upgrade(database)
        start.first_start(database, iri_base=BASE)


def _pages(database: Any, folder: Path) -> tuple[int, dict[str, float]]:
    from sqlalchemy import func, select

    from lms.app import create_app
    from lms.bootstrap import build
    from lms.config import Mode, Settings
    from lms.domain.accounts import Role
    from lms.services import accounts
    from lms.web.session import SINCE
    from xapi.store.tables import Statement

    settings = Settings(
        mode=Mode.TEST, instance=folder, database_url="", secret_key="x" * 40, base_url="http://localhost",
        iri_base=BASE, now_file=None, redis_url=None, proxies=0, mail_url=None, demonstration=False,
    )  # fmt: skip
    parts = build(settings, database=database, now=lambda: datetime.now(UTC))
    with database.writing() as session:
        boss = accounts.create_person(
            session,
            email="boss@bench.example",
            name="Boss",
            role=Role.ADMIN,
            password="correct horse battery",
            now=parts.now(),
            new_id=uuid4,
        )
        count, low, high = session.execute(
            select(func.count(), func.min(Statement.seq), func.max(Statement.seq)).select_from(Statement)
        ).one()
    client = create_app(parts).test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = f"{boss.uuid}.{boss.session_version}"
        cookie[SINCE] = int(time.time())
    found = {}
    for name, rest in PAGES.items():
        address = "/admin/xapi" + rest.format(middle=(low + high) // 2)
        taken = []
        for _ in range(ASKED):
            began = time.perf_counter()
            answer = client.get(address)
            taken.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, (address, answer.status_code)
        found[name] = round(statistics.median(taken), 1)
    return count, found


def measure(name: str, folder: Path) -> Step:
    """Run one step in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.lrs_files", "--step", name, "--folder", str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Step(**json.loads(done.stdout.splitlines()[-1]))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure at each size and print the table; 1 where memory grows with the size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--step", choices=("import", "export", "restore", "again", "pages"))
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args(arguments)
    if options.step:
        began = time.perf_counter()
        count, pages = run_step(options.step, options.folder)
        step = Step(options.step, count, round(time.perf_counter() - began, 2), round(_peak_mb(), 1), pages)
        print(json.dumps(asdict(step)))
        return 0
    peaks: dict[str, list[float]] = {}
    steps: list[Step] = []
    load_before = os.getloadavg()[0]
    print(f"{'step':<10}{'statements':>12}{'seconds':>10}{'a second':>10}{'peak MB':>10}")
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as name:
            write(Path(name) / "in.jsonl.gz", size)
            for kind in ("import", "again", "export", "restore", "pages"):
                step = measure(kind, Path(name))
                assert step.statements == size, step
                steps.append(step)
                rate = size / step.seconds
                if step.pages_ms is None:
                    peaks.setdefault(kind, []).append(step.peak_mb)
                    print(f"{kind:<10}{size:>12,}{step.seconds:>10.1f}{rate:>10,.0f}{step.peak_mb:>10.1f}")
                else:
                    said = " · ".join(f"{page} {ms}" for page, ms in step.pages_ms.items())
                    print(f"pages, ms: {said}")
    file = _write(steps, load_before=load_before)
    grown = {kind: found[-1] / found[0] for kind, found in peaks.items()}
    print(
        "peak, largest to smallest size: " + ", ".join(f"{kind} {ratio:.2f}" for kind, ratio in grown.items())
    )
    print(f"written to {file}")
    return 0 if all(ratio <= FLAT for ratio in grown.values()) else 1


def _peak_mb() -> float:
    """Answer the peak of this process's own memory; what getrusage says may be that of its parent."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


def _write(steps: Sequence[Step], *, load_before: float) -> Path:
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    file = RESULTS / f"lrs-files-{now:%Y%m%dT%H%M%SZ}.json"
    machine = {
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_average_before": load_before,
    }
    document = {
        "at": now.isoformat(timespec="seconds"),
        "machine": machine,
        "steps": list(map(asdict, steps)),
    }
    file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return file


if __name__ == "__main__":
    raise SystemExit(main())
