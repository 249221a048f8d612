"""/admin/xapi over many statements: the time that each of its pages takes, at growing sizes.

    python -m benchmarks.lrs_admin --sizes 10000 100000
    python -m benchmarks.lrs_admin --sizes 100000 1000000 --database postgresql

Fills a temporary store on SQLite, and on PostgreSQL where a server lets us in, and asks for each page in one
process, so that what is measured is the server's own time. Beside the statements stand as many refusals,
credentials, targets and dead letters as there may be. Flat means that a page takes no longer in the largest
store than in the smallest, but for a few milliseconds. Writes benchmarks/results/lrs-admin-*.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote
from uuid import UUID, uuid4

from flask.testing import FlaskClient
from sqlalchemy import func, insert, select, text

from benchmarks.instance import find_postgres, temporary_instance
from benchmarks.lrs_files import statements
from lms.app import create_app
from lms.bootstrap import Parts
from lms.domain.accounts import Role
from lms.services import accounts
from lms.web.session import SINCE
from xapi import lrs
from xapi.store.audit import record_audit
from xapi.store.credentials import create_credential
from xapi.store.tables import DeadLetter, Refusal, Statement, Target
from xapi.store.targets import add_target

RESULTS = Path(__file__).resolve().parent / "results"
SIZES = (10_000, 100_000)
BATCH = 500
SECONDS = 60.0
"""A batch may take so long: nobody waits for it."""
ASKED = 15
FLAT, SLACK_MS = 1.5, 10.0
"""A page may take this many times as long in the largest store as in the smallest, or so much longer."""
BASE = "https://bench.example"
TOOL = {"objectType": "Agent", "account": {"homePage": BASE, "name": "import"}}
ANSWERED = quote("http://adlnet.gov/expapi/verbs/answered", safe="")
RARE = quote("https://bench.example/verbs/rare", safe="")
NEVER = quote("https://bench.example/verbs/never", safe="")
COURSE = quote(f"{BASE}/courses/desk", safe="")
ITEM = quote(f"{BASE}/courses/desk/items/7", safe="")
PERSON = quote(f"{BASE} agent-7", safe="")
LIST = "/admin/xapi"
PAGES = {
    "newest": LIST,
    "a page in the middle": f"{LIST}?before={{middle}}",
    "an actor": f"{LIST}?person={PERSON}",
    "an actor, anywhere": f"{LIST}?person={PERSON}&related=y",
    "a verb of all": f"{LIST}?verb={ANSWERED}",
    "a verb of few": f"{LIST}?verb={RARE}",
    "a verb of none": f"{LIST}?verb={NEVER}",
    "an activity": f"{LIST}?activity={ITEM}",
    "an activity of all": f"{LIST}?activity={COURSE}&related=y",
    "verb and actor": f"{LIST}?verb={ANSWERED}&person={PERSON}",
    "few and many": f"{LIST}?verb={RARE}&activity={COURSE}&related=y",
    "actor and few": f"{LIST}?verb={RARE}&person={PERSON}",
    "a registration": f"{LIST}?registration={{registration}}",
    "days": f"{LIST}?since={{day}}&until={{day}}",
    "one statement": f"{LIST}/statements/{{statement}}",
    "refusals": f"{LIST}/refusals",
    "credentials": f"{LIST}/credentials",
    "targets": f"{LIST}/targets",
    "one target": f"{LIST}/targets/{{target}}",
    "privacy": f"{LIST}/privacy",
}
REFUSALS, CREDENTIALS, TARGETS, LETTERS, TRAIL = 10_000, 100, 10, 900, 1_000
FEW_AMONG, FEW_EVERY = 10_000, 100
"""Of the first so many statements, one of so many has the verb of few."""


@dataclass(frozen=True)
class Line:
    """One page at one size."""

    database: str
    size: int
    page: str
    median_ms: float
    slowest_ms: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write the results; 1 where a page grows with the store."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="statements, growing")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), help="only this one")
    options = parser.parse_args(arguments)
    sizes = sorted(options.sizes)
    load_before = os.getloadavg()[0]
    postgres = find_postgres() if options.database != "sqlite" else None
    lines: list[Line] = []
    for url in ([None] if options.database != "postgresql" else []) + ([postgres] if postgres else []):
        lines += _measure(url, sizes)
    grown = _grown(lines, sizes)
    print(_table(lines, sizes))
    print(f"load before {load_before:.1f}, after {os.getloadavg()[0]:.1f}")
    print(f"written to {_write(lines, load_before=load_before)}")
    for line in grown:
        print(f"grows: {line.database}, {line.page}")
    return 1 if grown else 0


def _measure(postgres: str | None, sizes: Sequence[int]) -> list[Line]:
    lines = []
    with temporary_instance(postgres=postgres, mode="test") as instance:
        instance.flask("db", "upgrade")
        parts = instance.parts()
        client, stored = _beside(parts), 0
        for size in sizes:
            began = time.perf_counter()
            _fill(parts, stored, size)
            rate = (size - stored) / (time.perf_counter() - began)
            print(f"{parts.database.dialect}: {size:,} statements, {rate:,.0f} a second", file=sys.stderr)
            stored = size
            lines += [_page(client, parts, size, page) for page in PAGES]
        parts.database.close()
    return lines


def _fill(parts: Parts, first: int, last: int) -> None:
    made = _statements(first, last)
    while batch := [one for _, one in zip(range(BATCH), made, strict=False)]:
        with parts.database.writing(seconds=SECONDS) as session:
            lrs.store_statements(session, batch, authority=TOOL, now=parts.now(), new_id=parts.new_id)
    with parts.database.writing(seconds=SECONDS * 10) as session:
        session.execute(text("ANALYZE"))


def _statements(first: int, last: int) -> Iterator[dict[str, object]]:
    for number, one in enumerate(statements(last - first), start=first):
        is_rare = number < FEW_AMONG and number % FEW_EVERY == 0
        verb = {"id": "https://bench.example/verbs/rare"} if is_rare else one["verb"]
        yield one | {"id": str(uuid4()), "verb": verb}


def _beside(parts: Parts) -> FlaskClient:
    """Make what the other tabs show, and answer an administrator who is signed in."""
    now = parts.now()
    body = json.dumps(next(statements(1))).encode()
    with parts.database.writing(seconds=SECONDS) as session:
        boss = accounts.create_person(
            session,
            email="boss@bench.example",
            name="Boss",
            role=Role.ADMIN,
            password="correct horse battery",
            now=now,
            new_id=parts.new_id,
        )
        session.execute(
            insert(Refusal),
            [
                {"at": now, "address": "10.0.0.1", "status": 400, "reason": '{"error":"verb"}', "body": body}
                for _ in range(REFUSALS)
            ],
        )
        for number in range(CREDENTIALS):
            create_credential(
                session, f"tool {number}", "all", now=now, secrets=lambda _: uuid4().hex + uuid4().hex
            )
        for number in range(TARGETS):
            target = add_target(
                session,
                f"target {number}",
                "https://lrs.example.com/xapi",
                key="k",
                secret="s",
                now=now,
                new_id=parts.new_id,
            )
            session.execute(
                insert(DeadLetter),
                [
                    {
                        "target_id": target,
                        "seq": letter,
                        "statement_id": uuid4(),
                        "reason": "refused",
                        "attempts": 1,
                        "first_failed": now,
                        "last_failed": now,
                    }
                    for letter in range(LETTERS)
                ],
            )
        for _ in range(TRAIL):
            record_audit(session, "delete", {"age_days": 1}, who="boss", now=now, statements=1)
    client = create_app(parts).test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = f"{boss.uuid}.{boss.session_version}"
        cookie[SINCE] = int(time.time())
    return client


def _page(client: FlaskClient, parts: Parts, size: int, page: str) -> Line:
    with parts.database.reading() as session:
        low, high = session.execute(select(func.min(Statement.seq), func.max(Statement.seq))).one()
        newest = session.scalar(select(Statement.id).where(Statement.seq == high))
        target = session.scalar(select(Target.id).limit(1))
    address = PAGES[page].format(
        middle=(low + high) // 2,
        statement=newest,
        target=target,
        registration=UUID(int=7 + 2**101),
        day=f"{parts.now() - timedelta(days=0):%Y-%m-%d}",
    )
    taken: list[float] = []
    for _ in range(ASKED):
        with _timed(taken):
            answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")
    return Line(parts.database.dialect, size, page, round(statistics.median(taken), 1), round(max(taken), 1))


@contextmanager
def _timed(taken: list[float]) -> Iterator[None]:
    began = time.perf_counter()
    yield
    taken.append((time.perf_counter() - began) * 1000)


def _grown(lines: Sequence[Line], sizes: Sequence[int]) -> list[Line]:
    first = {(line.database, line.page): line.median_ms for line in lines if line.size == sizes[0]}
    return [
        line
        for line in lines
        if line.size == sizes[-1]
        and line.median_ms
        > max(first[line.database, line.page] * FLAT, first[line.database, line.page] + SLACK_MS)
    ]


def _table(lines: Sequence[Line], sizes: Sequence[int]) -> str:
    rows = [f"{'page, median ms (slowest)':<32}" + "".join(f"{size:>20,}" for size in sizes)]
    for database in dict.fromkeys(line.database for line in lines):
        rows.append(database)
        for page in PAGES:
            found = [line for line in lines if line.database == database and line.page == page]
            cells = "".join(f"{f'{line.median_ms} ({line.slowest_ms})':>20}" for line in found)
            rows.append(f"  {page:<30}{cells}")
    return "\n".join(rows)


def _write(lines: Sequence[Line], *, load_before: float) -> Path:
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    file = RESULTS / f"lrs-admin-{now:%Y%m%dT%H%M%SZ}.json"
    machine = {
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_average_before": load_before,
    }
    document = {
        "at": now.isoformat(timespec="seconds"),
        "machine": machine,
        "pages": [asdict(x) for x in lines],
    }
    file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return file


if __name__ == "__main__":
    raise SystemExit(main())
