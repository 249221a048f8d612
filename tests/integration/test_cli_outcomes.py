"""`flask kpi`: what it prints, and where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from lms.cli import register

VECTORS = Path(__file__).parents[1] / "vectors"


@pytest.fixture
def runner(app: Flask) -> CliRunner:
    register(app)
    return app.test_cli_runner()


def test_the_effect_is_one_json_object_on_stdout(runner: CliRunner) -> None:
    done = runner.invoke(args=["kpi", "effect", str(VECTORS / "kpi_panel.csv"), "--base-weeks", "1"])

    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found) == ["att_gt", "overall", "placebo", "verdict", "sentence"]
    assert len(found["att_gt"]) == 30
    assert found["att_gt"][0] == {"g": 6, "t": 6, "att": pytest.approx(-2.0359752286013517), "n": 10}
    assert set(found["overall"]) == {"att", "low", "high", "agents"}
    assert found["overall"]["low"] < -7.5 < found["overall"]["high"] < 0
    assert found["overall"]["agents"] == 60
    assert set(found["placebo"]) == {"att", "low", "high", "passed"} and found["placebo"]["passed"] is True
    assert found["verdict"] == "effect"


def test_numbers_are_printed_where_no_claim_can_be_made(runner: CliRunner) -> None:
    done = runner.invoke(args=["kpi", "effect", str(VECTORS / "kpi_panel.csv")])

    found = json.loads(done.stdout)
    assert (done.exit_code, found["verdict"]) == (0, "cannot_tell")
    assert "have 6, need 8" in found["sentence"]
    assert len(found["att_gt"]) == 30 and found["overall"]["high"] < 0


def test_what_cannot_be_computed_is_null(runner: CliRunner, tmp_path: Path) -> None:
    file = tmp_path / "panel.csv"
    file.write_text("agent,week,g,y\na,1,2,3\na,2,2,4\nb,1,,3\n", encoding="utf-8")

    done = runner.invoke(args=["kpi", "effect", str(file)])

    found = json.loads(done.stdout)
    assert (found["att_gt"], found["overall"], found["placebo"]) == ([], None, None)
    assert (done.exit_code, found["verdict"]) == (0, "cannot_tell")


def test_a_bad_panel_is_refused_on_stderr_with_row_and_column(runner: CliRunner, tmp_path: Path) -> None:
    file = tmp_path / "panel.csv"
    file.write_text("agent,week,g,y\na,1,2,3\na,2,2,four\n", encoding="utf-8")

    done = runner.invoke(args=["kpi", "effect", str(file)])

    assert (done.exit_code, done.stdout) == (1, "")
    assert "row 3, column y: expected a number, found 'four'" in done.stderr
    assert runner.invoke(args=["kpi", "effect", str(tmp_path / "none.csv")]).exit_code != 0
    assert runner.invoke(args=["kpi", "effect", str(file), "--base-weeks", "0"]).exit_code != 0
