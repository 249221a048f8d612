"""`flask memory`: a log of reviews in, the same rows with the predicted recall out."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import Result
from flask import Flask

from lms.cli import register
from quizzes import fsrs
from quizzes.fsrs import Rating

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
DAY_MS = 86_400_000
NOON = int(datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp() * 1000)
HEADER = "card_id,review_time,rating"
Run = Callable[..., Result]


@pytest.fixture
def predict(app: Flask, tmp_path: Path) -> Run:
    register(app)
    log = tmp_path / "log.csv"

    def run(text: str | bytes, *more: str) -> Result:
        log.write_bytes(text.encode() if isinstance(text, str) else text)
        args = ["memory", "predict", str(log), "--out", str(tmp_path / "pred.csv"), *more]
        return app.test_cli_runner().invoke(args=args)

    return run


def written(tmp_path: Path) -> list[dict[str, str]]:
    with (tmp_path / "pred.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def log_of(*rows: tuple[str, int, int]) -> str:
    return "\n".join([HEADER, *(f"{card},{time},{rating}" for card, time, rating in rows)]) + "\n"


@ON_SQLITE
def test_each_row_gets_the_recall_that_a_replay_predicts_just_before_it(predict: Run, tmp_path: Path) -> None:
    rows = [
        ("a", NOON, 3), ("b", NOON + 60_000, 1), ("b", NOON + 400_000, 3), ("a", NOON + 3 * DAY_MS, 2),
        ("b", NOON + 4 * DAY_MS, 4), ("a", NOON + 20 * DAY_MS, 1), ("a", NOON + 21 * DAY_MS, 3),
    ]  # fmt: skip

    done = predict(log_of(*rows))

    assert done.exit_code == 0, done.output
    found = written(tmp_path)
    assert [tuple(row.values())[:3] for row in found] == [(c, str(t), str(r)) for c, t, r in rows]
    memories: dict[str, fsrs.Memory] = {}
    for (card, time, rating), row in zip(rows, found, strict=True):
        at = datetime.fromtimestamp(time / 1000, UTC)
        day = fsrs.study_day(at, ZoneInfo("UTC"))
        if card in memories:
            assert float(row["p"]) == pytest.approx(fsrs.retrievability(memories[card], day=day), abs=1e-9)
        else:
            assert row["p"] == ""
        memories[card] = fsrs.review(memories.get(card), Rating(rating), at=at, day=day, zone=ZoneInfo("UTC"))
    assert float(found[2]["p"]) == 1, "the same study day"
    assert not (tmp_path / "pred.csv.part").exists()


@ON_SQLITE
def test_study_days_are_those_of_the_zone(predict: Run, tmp_path: Path) -> None:
    """03:30 and 04:30 in Shanghai are two study days; in UTC they are one evening."""
    first = int(datetime(2026, 3, 2, 19, 30, tzinfo=UTC).timestamp() * 1000)
    log = log_of(("a", first, 3), ("a", first + 3_600_000, 3))

    predict(log)
    in_utc = written(tmp_path)[1]["p"]
    predict(log, "--timezone", "Asia/Shanghai")
    in_shanghai = written(tmp_path)[1]["p"]

    assert float(in_utc) == 1
    assert 0.5 < float(in_shanghai) < 1


@ON_SQLITE
def test_other_columns_marks_and_line_ends_of_other_tools_are_borne(predict: Run, tmp_path: Path) -> None:
    log = f'deck,rating,card_id,review_time\r\n"x, y",3,a,{NOON}\r\n\r\nz,3,a,{NOON + DAY_MS}\r\n'

    done = predict(b"\xef\xbb\xbf" + log.encode())

    assert done.exit_code == 0, done.output
    found = written(tmp_path)
    assert list(found[0]) == ["deck", "rating", "card_id", "review_time", "p"]
    assert found[0]["deck"] == "x, y" and 0 < float(found[1]["p"]) < 1


@ON_SQLITE
@pytest.mark.parametrize(
    ("log", "place"),
    [
        ("", "row 1: "),
        ("card_id,rating\na,3\n", "row 1, review_time: "),
        (f"{HEADER},rating\n", "row 1, rating: "),
        (f"{HEADER},p\n", "row 1, p: "),
        (f"{HEADER}\na,{NOON}\n", "row 2: expected 3 columns, found 2"),
        (f"{HEADER}\n,{NOON},3\n", "row 2, card_id: "),
        (f"{HEADER}\na,yesterday,3\n", "row 2, review_time: "),
        (f"{HEADER}\na,-5,3\n", "row 2, review_time: "),
        (f"{HEADER}\na,1e12,3\n", "row 2, review_time: "),
        (f"{HEADER}\na,{10**19},3\n", "row 2, review_time: "),
        (f"{HEADER}\na,{NOON},3\na,{NOON},5\n", "row 3, rating: expected 1, 2, 3 or 4, found '5'"),
        (f"{HEADER}\na,{NOON},\n", "row 2, rating: "),
        (f"{HEADER}\na,{NOON},3\na,{NOON - 1},3\n", "row 3, review_time: expected rows in time order"),
        (f'{HEADER}\n"a,{NOON},3\n', "row 2: is not CSV"),
        (f"{HEADER}\n\xff,1,1\n".encode("latin-1"), "is not UTF-8"),
    ],
)
def test_what_is_wrong_is_said_with_its_row_and_column_and_nothing_is_written(
    predict: Run, tmp_path: Path, log: str | bytes, place: str
) -> None:
    done = predict(log)

    assert done.exit_code == 1
    assert done.stderr.startswith("Error: ") and place in done.stderr
    assert done.stdout == ""
    assert [file.name for file in tmp_path.glob("*pred*")] == []


@ON_SQLITE
def test_a_zone_that_does_not_exist_is_refused(predict: Run) -> None:
    done = predict(log_of(), "--timezone", "Mars/Olympus")

    assert done.exit_code == 1 and "timezone" in done.stderr


def test_the_experiment_is_switched(app: Flask) -> None:
    register(app)
    runner = app.test_cli_runner()

    printed = [
        runner.invoke(args=["memory", "experiment", *state]).stdout.strip()
        for state in ([], ["off"], [], ["on"])
    ]

    assert printed == ["on", "off", "off", "on"]
