"""`flask course export`: the published version, whole or not at all."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from courses.library import SHIPPED
from lms.bootstrap import Parts
from lms.cli import register
from lms.services import authoring


@pytest.fixture
def runner(app: Flask, parts: Parts) -> CliRunner:
    with parts.database.writing(seconds=30) as session:
        authoring.import_course(session, SHIPPED / "service-desk", now=parts.now())
    register(app)
    return app.test_cli_runner()


@pytest.mark.parametrize(
    ("options", "structure"),
    [
        (["scorm12"], "imsmanifest.xml"),
        (["scorm2004"], "imsmanifest.xml"),
        (["scorm2004", "--edition", "3"], "imsmanifest.xml"),
        (["cmi5", "--iri-base", "https://elsewhere.test"], "cmi5.xml"),
        (["xapi"], "tincan.xml"),
    ],
)
def test_the_same_version_and_options_give_the_same_bytes(
    runner: CliRunner, tmp_path: Path, options: list[str], structure: str
) -> None:
    first, second = tmp_path / "a.zip", tmp_path / "b.zip"
    for file in (first, second):
        done = runner.invoke(
            args=["course", "export", "service-desk", "--format", *options, "--out", str(file)]
        )
        assert done.exit_code == 0, done.output

    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(io.BytesIO(first.read_bytes())) as archive:
        said = archive.read(structure).decode()
        assert ("2004 3rd Edition" in said) == ("3" in options)
        assert ("https://elsewhere.test" in said) == ("--iri-base" in options)
        assert any(name.startswith("media/") for name in archive.namelist())


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["no-such-course", "--format", "scorm12"], "no-such-course"),
        (
            ["service-desk", "--format", "cmi5", "--scope", "check:foundation"],
            "not available as packages yet",
        ),
        (["service-desk", "--format", "pdf"], "expected one of"),
        (["service-desk", "--format", "scorm12", "--scope", "module:nothing"], "nothing"),
        (["service-desk", "--format", "scorm12", "--language", "fr"], "fr"),
    ],
)
def test_what_cannot_be_built_says_why_and_leaves_no_file(
    runner: CliRunner, tmp_path: Path, args: list[str], said: str
) -> None:
    file = tmp_path / "a.zip"

    done = runner.invoke(args=["course", "export", *args, "--out", str(file)])

    assert done.exit_code == 1
    assert said in done.stderr
    assert list(tmp_path.glob("*.zip*")) == []
