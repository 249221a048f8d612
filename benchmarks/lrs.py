"""How fast a record store takes and gives statements, ours or any other one.

    python -m benchmarks.lrs                                              # ours, on SQLite and PostgreSQL
    python -m benchmarks.lrs --sizes 10000 100000 1000000
    python -m benchmarks.lrs --endpoint http://127.0.0.1:9000/xapi --user KEY --password SECRET

Statements are of about 1.1 kB. For each size the store is first filled up to it, then written to by one
client, by eight, in batches of 100 and by four batch writers, and read by agent, by verb and by related
activities. With ours, what the same database does with a plain insert and select is measured in the same run:
on another machine, or a busy one, compare the ratios. Writes benchmarks/results/lrs-*.json.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import platform
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit
from uuid import UUID, uuid4

from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, insert, select

from benchmarks.instance import find_postgres, served, temporary_instance
from benchmarks.load import Measured, Unexpected

RESULTS = Path(__file__).resolve().parent / "results"
VERSION = "1.0.3"
WORKERS = 2
PEOPLE, ACTIVITIES = 200, 60
VERBS = ("answered", "completed", "experienced", "initialized", "passed", "failed", "launched", "scored")
BATCH = 100
FILL_BATCH = 500
READS = 60
"""How often each page is asked for, with another agent, verb or activity each time."""
TIMEOUT_SECONDS = 60
SIZES = (10_000, 100_000)
GOALS = {
    "one client": ("per_second", 500.0),
    "8 clients": ("per_second", 900.0),
    "batches of 100": ("per_second", 6_000.0),
    "4 batch writers": ("per_second", 6_000.0),
    "by agent, 50": ("p95", 10.0),
    "by verb, 100": ("p95", 15.0),
    "related activities, 50": ("p95", 15.0),
}
"""Statements a second to reach, or milliseconds to stay within, on 2 cores."""
FLAT = 1.5
"""How much slower a page may be in the largest store than in the smallest."""


@dataclass(frozen=True)
class Store:
    """Where a store answers, and how to get in."""

    address: str
    user: str
    password: str

    def open(self) -> HTTPConnection:
        """Answer a new connection."""
        parts = urlsplit(self.address)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        return kind(parts.hostname or "127.0.0.1", parts.port, timeout=TIMEOUT_SECONDS)

    @property
    def path(self) -> str:
        """The path of the statements resource."""
        return urlsplit(self.address).path.rstrip("/") + "/statements"

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries."""
        secret = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return {
            "Authorization": f"Basic {secret}",
            "X-Experience-API-Version": VERSION,
            "Content-Type": "application/json",
        }


@dataclass(frozen=True)
class Line:
    """One way of using the store, at one size."""

    size: int
    name: str
    measured: Measured
    statements: int
    """In one request."""
    plain: float
    """What a plain insert or select does, a second; 0 where the database is not ours."""

    @property
    def per_second(self) -> float:
        """Statements written, or pages read, a second."""
        return self.measured.per_second * self.statements

    @property
    def reached(self) -> bool:
        """Whether the goal is."""
        unit, goal = GOALS[self.name]
        return self.per_second >= goal if unit == "per_second" else self.measured.percentile_ms(0.95) <= goal


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write the results; 1 where a store kept another number than was acknowledged."""
    options = _options(arguments)
    load_before = os.getloadavg()[0]
    runs: list[tuple[str, list[Line]]] = []
    if options.endpoint:
        store = Store(options.endpoint, options.user, options.password)
        runs.append((options.endpoint, _measure(store, None, options)))
    else:
        postgres = find_postgres() if options.database != "sqlite" else None
        urls = ([None] if options.database != "postgresql" else []) + ([postgres] if postgres else [])
        for url in urls:
            with _own_store(url) as (name, store, engine):
                runs.append((name, _measure(store, engine, options)))
    print(_table(runs, load_before=load_before))
    print(f"\nwritten to {_write(runs, load_before=load_before)}")
    return 0


@contextmanager
def _own_store(postgres: str | None) -> Iterator[tuple[str, Store, Engine]]:
    with temporary_instance(postgres=postgres) as instance:
        instance.flask("db", "upgrade")
        shown = instance.flask("lrs", "credential", "create", "benchmark", "--scope", "all")
        user, password = (line.split()[1] for line in shown.splitlines())  # "key …", "secret …"
        parts = instance.parts()
        with served(instance, workers=WORKERS):
            engine = parts.database.engine
            yield engine.dialect.name, Store(f"{instance.address}/xapi", user, password), engine
        parts.database.close()


# One store


def _measure(store: Store, engine: Engine | None, options: argparse.Namespace) -> list[Line]:
    made = Statements(seed=options.seed)
    lines: list[Line] = []
    stored = 0
    for size in sorted(options.sizes):
        stored += _fill(store, made, size - stored)
        plain = {n: _plain_inserts(engine, n) if engine is not None else 0.0 for n in (1, BATCH)}
        for name, clients, batch in (
            ("one client", 1, 1),
            ("8 clients", 8, 1),
            ("batches of 100", 1, BATCH),
            ("4 batch writers", 4, BATCH),
        ):
            found = _write_to(store, made, clients=clients, batch=batch, seconds=options.seconds)
            stored += found.answered * batch
            lines.append(Line(size, name, found, batch, plain[batch]))
        selects = _plain_selects(engine) if engine is not None else 0.0
        for name, queries in made.queries().items():
            lines.append(Line(size, name, _read_from(store, queries), 1, selects))
    return lines


def _fill(store: Store, made: Statements, missing: int) -> int:
    batches = max(0, missing) // FILL_BATCH

    def send(count: int) -> None:
        connection = store.open()
        for _ in range(count):
            _exchange(connection, store, "POST", store.path, made.batch(FILL_BATCH))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, [len(range(n, batches, 4)) for n in range(4)]))
    return batches * FILL_BATCH


def _write_to(store: Store, made: Statements, *, clients: int, batch: int, seconds: float) -> Measured:
    def send(connection: HTTPConnection) -> bool:
        return _exchange(connection, store, "POST", store.path, made.batch(batch))

    return _many(store, [send] * clients, seconds=seconds, times=None)


def _read_from(store: Store, queries: Sequence[str]) -> Measured:
    paths = iter([f"{store.path}?{query}" for query in queries])

    def ask(connection: HTTPConnection) -> bool:
        return _exchange(connection, store, "GET", next(paths), None)

    return _many(store, [ask], seconds=TIMEOUT_SECONDS, times=len(queries))


def _many(
    store: Store, clients: Sequence[Callable[[HTTPConnection], bool]], *, seconds: float, times: int | None
) -> Measured:
    """Let each client go on for so long, or so often; a refusal (503) is sent again by the next turn."""
    latencies: list[float] = []
    refused = [0]
    lock = threading.Lock()

    def run(client: Callable[[HTTPConnection], bool]) -> None:
        connection = store.open()
        own: list[float] = []
        end = time.perf_counter() + seconds
        while time.perf_counter() < end and (times is None or len(own) < times):
            began = time.perf_counter()
            if client(connection):
                own.append((time.perf_counter() - began) * 1000)
            else:
                refused[0] += 1
        connection.close()
        with lock:
            latencies.extend(own)

    began = time.perf_counter()
    with ThreadPoolExecutor(len(clients)) as pool:
        list(pool.map(run, clients))
    took = time.perf_counter() - began
    return Measured(len(latencies), took, sorted(latencies), refused[0])


def _exchange(connection: HTTPConnection, store: Store, method: str, path: str, body: bytes | None) -> bool:
    connection.request(method, path, body=body, headers=store.headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status in (429, 503):
        return False
    if answer.status != 200:
        raise Unexpected(f"{method} {path}: expected 200, found {answer.status}: {text[:500]!r}")
    return True


class Statements:
    """Statements of about 1.1 kB, of many people, verbs and activities; safe for threads."""

    def __init__(self, *, seed: int) -> None:
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def batch(self, count: int) -> bytes:
        """Answer so many statements as JSON; one alone is not in a list."""
        with self._lock:
            drawn = [
                [self._random.randrange(n) for n in (PEOPLE, len(VERBS), ACTIVITIES, 101)]
                for _ in range(count)
            ]
        made = [self._statement(*numbers) for numbers in drawn]
        return json.dumps(made if count > 1 else made[0]).encode()

    def queries(self) -> dict[str, list[str]]:
        """Answer the pages to ask for, by name."""
        numbers = range(READS)
        return {
            "by agent, 50": [
                urlencode({"agent": json.dumps(_agent(n % PEOPLE)), "limit": 50}) for n in numbers
            ],
            "by verb, 100": [f"verb={quote(_verb(n % len(VERBS)), safe='')}&limit=100" for n in numbers],
            "related activities, 50": [
                f"activity={quote(_activity(n % ACTIVITIES), safe='')}&related_activities=true&limit=50"
                for n in numbers
            ],
        }

    def _statement(self, person: int, verb: int, activity: int, score: int) -> dict[str, object]:
        name = VERBS[verb]
        return {
            "id": str(uuid4()),
            "actor": _agent(person),
            "verb": {"id": _verb(verb), "display": {"en": name, "zh-CN": name}},
            "object": {
                "id": _activity(activity),
                "objectType": "Activity",
                "definition": {
                    "type": "http://adlnet.gov/expapi/activities/lesson",
                    "name": {"en": f"Lesson {activity}", "zh-CN": f"第 {activity} 课"},
                    "description": {
                        "en": f"What the desk says when the parcel of lesson {activity} is late.",
                        "zh-CN": f"第 {activity} 课的包裹晚到时，客服台怎么说。",
                    },
                },
            },
            "result": {
                "score": {"scaled": score / 100},
                "success": score >= 80,
                "duration": f"PT{score}S",
                "response": "The tracking shows a stop at customs; I will write again by 16:00.",
            },
            "context": {
                "registration": str(UUID(int=person + 1)),
                "platform": "benchmark",
                "language": "en",
                "contextActivities": {
                    "parent": [{"id": _activity((activity + 1) % ACTIVITIES)}],
                    "grouping": [{"id": "https://benchmark.invalid/courses/service-desk"}],
                },
                "extensions": {"https://benchmark.invalid/extensions/study-day": 20_000 + score},
            },
            "timestamp": "2026-11-22T09:00:00.000Z",
        }


def _agent(person: int) -> dict[str, object]:
    account = {"homePage": "https://benchmark.invalid", "name": f"person-{person}"}
    return {"objectType": "Agent", "account": account}


def _verb(number: int) -> str:
    return f"http://adlnet.gov/expapi/verbs/{VERBS[number]}"


def _activity(number: int) -> str:
    return f"https://benchmark.invalid/courses/service-desk/lessons/{number}"


# The same database without a store: what it can do at all

_PLAIN = Table(
    "benchmark_plain",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("person", Integer, index=True),
    Column("payload", String),
)


def _plain_inserts(engine: Engine, batch: int, *, seconds: float = 1.0) -> float:
    """Answer rows a second, each batch a transaction."""
    row = {"person": 1, "payload": "x" * 1100}
    _PLAIN.create(engine, checkfirst=True)
    statement, rows, count = insert(_PLAIN).inline(), [row | {"person": n} for n in range(batch)], 0
    began = time.perf_counter()
    with engine.execution_options(crossdesk_writes=True).connect() as connection:
        while time.perf_counter() - began < seconds:
            connection.execute(statement, rows)
            connection.commit()
            count += batch
    return count / (time.perf_counter() - began)


def _plain_selects(engine: Engine, *, seconds: float = 1.0) -> float:
    """Answer pages of 50 rows by an index, a second."""
    query = select(_PLAIN.c.payload).where(_PLAIN.c.person == 1).order_by(_PLAIN.c.id.desc()).limit(50)
    count, began = 0, time.perf_counter()
    with engine.connect() as connection:
        while time.perf_counter() - began < seconds:
            connection.execute(query).all()
            count += 1
    return count / (time.perf_counter() - began)


# What is told


def _table(runs: Sequence[tuple[str, list[Line]]], *, load_before: float) -> str:
    rows = [
        f"{datetime.now(UTC):%Y-%m-%d} · {os.cpu_count()} cores · Python {platform.python_version()}"
        f" · load average before: {load_before:.1f}",
        f"{'':<36}{'a second':>10}{'p50 ms':>9}{'p95 ms':>9}{'of plain':>10}   goal",
    ]
    for name, lines in runs:
        first = {line.name: line for line in lines if line.size == lines[0].size}
        for line in lines:
            unit, goal = GOALS[line.name]
            wanted = f"{goal:.0f}/s" if unit == "per_second" else f"p95 {goal:.0f} ms"
            said = f"{wanted}: {'reached' if line.reached else 'missed'}"
            if unit == "p95" and line is not first[line.name]:
                growth = line.measured.percentile_ms(0.5) / first[line.name].measured.percentile_ms(0.5)
                said += f"; {growth:.2f}x of the smallest ({'flat' if growth <= FLAT else 'grows'})"
            if line.measured.refused:
                said += f"; {line.measured.refused} refused"
            ratio = f"{line.per_second / line.plain:.3f}" if line.plain else ""
            p50, p95 = line.measured.percentile_ms(0.5), line.measured.percentile_ms(0.95)
            rows.append(
                f"{name:<12}{line.size:>9,} {line.name:<23}{line.per_second:>9,.0f}"
                f"{p50:>9.1f}{p95:>9.1f}{ratio:>10}   {said}"
            )
    return "\n".join(rows)


def _write(runs: Sequence[tuple[str, list[Line]]], *, load_before: float) -> Path:
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    file = RESULTS / f"lrs-{now:%Y%m%dT%H%M%SZ}.json"
    document = {
        "at": now.isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "system": platform.platform(),
            "load_average_before": load_before,
        },
        "runs": [
            {
                "store": name,
                "lines": [
                    {
                        "stored": line.size,
                        "name": line.name,
                        "per_second": round(line.per_second, 1),
                        "p50_ms": round(line.measured.percentile_ms(0.5), 2),
                        "p95_ms": round(line.measured.percentile_ms(0.95), 2),
                        "of_plain": round(line.per_second / line.plain, 4) if line.plain else None,
                        "refused": line.measured.refused,
                        "reached": line.reached,
                    }
                    for line in lines
                ],
            }
            for name, lines in runs
        ],
    }
    file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return file


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lrs", description=__doc__.splitlines()[0])
    parser.add_argument("--endpoint", help="another store's xAPI address; without it, ours is measured")
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=SIZES, help="statements stored before measuring"
    )
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each way of writing is measured")
    parser.add_argument("--seed", type=int, default=26)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
