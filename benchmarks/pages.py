"""How fast the pages are that everybody uses daily: today, a lesson, an answer to a quiz.

    make bench                                  or: python -m benchmarks.pages --seconds 5

Serves a temporary installation with 2 gunicorn workers on SQLite, and on PostgreSQL where a server lets us
in, and loads it over 8 connections. Before each page a bare Flask template is measured in the same run: on
another machine, or a busy one, compare the ratio to it. Writes benchmarks/results/pages-*.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from typing import Any

from flask import Flask, render_template
from jinja2 import DictLoader
from sqlalchemy import func, select, text

from benchmarks.instance import Instance, Server, find_postgres, served, served_bare, temporary_instance
from benchmarks.learners import Quiz, Session, answers_of, make_answerers, make_readers, sign_in
from benchmarks.load import Measured, Unexpected, get, measure
from lms.db.quizzes import Answer

RESULTS = Path(__file__).resolve().parent / "results"
WORKERS = 2
CONNECTIONS = 8
WARM_UP_SECONDS = 1.5
WARM_UP_LEARNERS = CONNECTIONS
LONGEST_SECONDS = 60.0
MOST_LEARNERS = 2_000
GOALS = {"today": 500.0, "lesson": 500.0, "answer": 200.0}
"""Requests a second to reach on 2 cores."""
GOAL_P95_MS = 50.0
GOAL_WORKER_MB = 120.0
BARE_PAGE = """<!doctype html><html lang="en"><head><title>{{ title }}</title></head><body>
<h1>{{ title }}</h1><ul>{% for line in lines %}<li><a href="/{{ line }}">{{ line }}</a></li>{% endfor %}</ul>
</body></html>"""


@dataclass(frozen=True)
class Line:
    """One page as it was measured, with the bare template measured just before it."""

    page: str
    measured: Measured
    bare: Measured

    @property
    def ratio(self) -> float:
        """How fast it is against the bare template, 1 being as fast."""
        return self.measured.per_second / self.bare.per_second

    @property
    def reached(self) -> bool:
        """Whether both goals are."""
        return (
            self.measured.per_second >= GOALS[self.page] and self.measured.percentile_ms(0.95) <= GOAL_P95_MS
        )


@dataclass(frozen=True)
class Run:
    """What was measured on one database."""

    database: str
    lines: tuple[Line, ...]
    worker_mb: tuple[float, ...]
    answers_posted: int
    answers_stored: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table, write the results; 0 unless something was wrong, goals reached or not."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # and so give back what is temporary
    postgres = None if options.database == "sqlite" else find_postgres()
    databases: list[str | None] = [] if options.database == "postgresql" else [None]
    if postgres is not None:
        databases.append(postgres)
    elif options.database != "sqlite":
        print("PostgreSQL: not measured, no server on loopback lets this user in", file=sys.stderr)
    load_before = os.getloadavg()[0]
    runs = []
    for url in databases:
        with temporary_instance(postgres=url) as instance:
            try:
                runs.append(_run(instance, seconds=options.seconds, learners=options.learners))
            except Unexpected:
                print(instance.log.read_text(encoding="utf-8", errors="replace")[-4000:], file=sys.stderr)
                raise
    print(_table(runs, load_before=load_before, seconds=options.seconds))
    file = _write(runs, load_before=load_before, seconds=options.seconds)
    print(f"\nwritten to {file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}")
    return 0 if runs and all(run.answers_posted == run.answers_stored for run in runs) else 1


def bare_application() -> Flask:
    """Answer a Flask application of one template: what the framework alone costs here."""
    app = Flask("bare")
    app.jinja_loader = DictLoader({"page.html": BARE_PAGE})

    @app.get("/")
    def page() -> str:
        return render_template("page.html", title="Bare", lines=range(20))

    return app


# One database


def _run(instance: Instance, *, seconds: float, learners: int) -> Run:
    instance.flask("prepare")
    parts = instance.parts()
    readers = make_readers(parts, CONNECTIONS)
    quizzes = make_answerers(parts, learners + WARM_UP_LEARNERS)
    version = _version(parts.database.engine)
    with (
        served_bare("benchmarks.pages:bare_application()", folder=instance.folder, workers=WORKERS) as bare,
        served(instance, workers=WORKERS) as server,
    ):
        sessions = _sign_in(server.port, [reader.email for reader in readers])
        lines = [
            _read(page, path, server.port, bare.port, sessions, seconds=seconds)
            for page, path in (("today", "/"), ("lesson", readers[0].lesson_path))
        ]
        line, posted = _answer(server.port, bare.port, quizzes, parts.settings.secret_key, seconds=seconds)
        worker_mb = _worker_mb(server)
    with parts.database.reading() as session:
        ids = [quiz.person_id for quiz in quizzes]
        stored = session.scalar(select(func.count()).where(Answer.person_id.in_(ids))) or 0
    parts.database.close()
    return Run(version, (*lines, line), worker_mb, posted, stored)


def _read(page: str, path: str, port: int, bare: int, sessions: Sequence[Session], *, seconds: float) -> Line:
    streams = [repeat(get(path, cookie=session.cookie)) for session in sessions]
    measure(port, streams, status=200, seconds=WARM_UP_SECONDS)
    before = _bare(bare, seconds=seconds)
    return Line(page, measure(port, streams, status=200, seconds=seconds), before)


def _answer(
    port: int, bare: int, quizzes: Sequence[Quiz], secret: str, *, seconds: float
) -> tuple[Line, int]:
    """Post every answer of many learners' quizzes once; answer how many that were, warming up included."""
    sessions = _sign_in(port, [quiz.email for quiz in quizzes])
    learners = list(zip(quizzes, sessions, strict=True))
    warming, measured = learners[:WARM_UP_LEARNERS], learners[WARM_UP_LEARNERS:]
    first = measure(port, _streams(warming, secret), status=303, seconds=LONGEST_SECONDS)
    before = _bare(bare, seconds=seconds)
    streams = _streams(measured, secret)
    found = measure(port, streams, status=303, seconds=LONGEST_SECONDS)
    # once more what is answered already: it must be taken as it was, and not counted again
    measure(port, [stream[:1] for stream in streams], status=303, seconds=LONGEST_SECONDS)
    return Line("answer", found, before), first.answered + found.answered


def _streams(learners: Sequence[tuple[Quiz, Session]], secret: str) -> list[list[bytes]]:
    """Share learners among the connections; each connection goes round its own, question by question."""
    shares = [learners[n::CONNECTIONS] for n in range(CONNECTIONS)]
    return [
        [
            request
            for round in zip(*(answers_of(quiz, session, secret) for quiz, session in share), strict=True)
            for request in round
        ]
        for share in shares
    ]


def _bare(port: int, *, seconds: float) -> Measured:
    streams = [repeat(get("/")) for _ in range(CONNECTIONS)]
    measure(port, streams, status=200, seconds=0.5)
    return measure(port, streams, status=200, seconds=min(seconds, 3.0))


def _sign_in(port: int, emails: Iterable[str]) -> list[Session]:
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        return list(pool.map(lambda email: sign_in(port, email), emails))


def _worker_mb(server: Server) -> tuple[float, ...]:
    return tuple(round(megabytes, 1) for megabytes in server.worker_megabytes())


def _version(engine: Any) -> str:
    query = "SELECT sqlite_version()" if engine.dialect.name == "sqlite" else "SHOW server_version"
    with engine.connect() as connection:
        version = str(connection.execute(text(query)).scalar_one()).split()[0]
    return f"{'SQLite' if engine.dialect.name == 'sqlite' else 'PostgreSQL'} {version}"


# What is told


def _table(runs: Sequence[Run], *, load_before: float, seconds: float) -> str:
    rows = [
        f"{datetime.now(UTC):%Y-%m-%d} · {os.cpu_count()} cores · Python {platform.python_version()}"
        f" · {WORKERS} workers, {CONNECTIONS} connections, {seconds:g} s a page"
        f" · load average before: {load_before:.1f}",
        f"{'':<26}{'req/s':>8}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'of bare':>9}   goal",
    ]
    for run in runs:
        rows.append(run.database)
        for line in run.lines:
            rows.append(_row("bare template", line.bare))
            goal = f"{GOALS[line.page]:.0f}/s, p95 {GOAL_P95_MS:.0f} ms: {_said(line.reached)}"
            refused = f", {line.measured.refused} refused (503)" if line.measured.refused else ""
            rows.append(f"{_row(line.page, line.measured)}{line.ratio:>9.3f}   {goal}{refused}")
        memory = ", ".join(f"{megabytes:.0f}" for megabytes in run.worker_mb)
        reached = max(run.worker_mb) <= GOAL_WORKER_MB
        rows.append(f"  memory of a worker, MB: {memory} (goal {GOAL_WORKER_MB:.0f}: {_said(reached)})")
        rows.append(f"  answers posted {run.answers_posted}, stored {run.answers_stored}")
    return "\n".join(rows)


def _row(name: str, found: Measured) -> str:
    columns = (found.per_second, *(found.percentile_ms(share) for share in (0.5, 0.95, 0.99)))
    return f"  {name:<24}{columns[0]:>8.0f}" + "".join(f"{column:>9.1f}" for column in columns[1:])


def _said(reached: bool) -> str:
    return "reached" if reached else "missed"


def _write(runs: Sequence[Run], *, load_before: float, seconds: float) -> Path:
    RESULTS.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    file = RESULTS / f"pages-{now:%Y%m%dT%H%M%SZ}.json"
    document = {
        "at": now.isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "system": platform.platform(),
            "python": platform.python_version(),
            "load_average_before": load_before,
        },
        "workers": WORKERS,
        "connections": CONNECTIONS,
        "seconds": seconds,
        "runs": [_run_document(run) for run in runs],
    }
    file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return file


def _run_document(run: Run) -> dict[str, Any]:
    return {
        "database": run.database,
        "pages": {line.page: dict(_figures(line)) for line in run.lines},
        "worker_mb": run.worker_mb,
        "answers": {"posted": run.answers_posted, "stored": run.answers_stored},
    }


def _figures(line: Line) -> Iterator[tuple[str, Any]]:
    found = line.measured
    yield "per_second", round(found.per_second, 1)
    for share in (50, 95, 99):
        yield f"p{share}_ms", round(found.percentile_ms(share / 100), 2)
    yield "answered", found.answered
    yield "refused", found.refused
    yield "body_bytes", found.body_bytes
    yield "bare_per_second", round(line.bare.per_second, 1)
    yield "of_bare", round(line.ratio, 4)
    yield "reached", line.reached


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each page is read (1 to 60)")
    parser.add_argument("--learners", type=int, default=240, help="whose quizzes are answered (8 to 2000)")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    options = parser.parse_args(arguments)
    options.seconds = min(max(options.seconds, 1.0), LONGEST_SECONDS)
    options.learners = min(max(options.learners, CONNECTIONS), MOST_LEARNERS)
    options.learners -= options.learners % CONNECTIONS
    return options


if __name__ == "__main__":
    sys.exit(main())
