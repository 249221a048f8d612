"""The shipped course as packages, and a way to run the player's modules in Node."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from courses.course import Course
from courses.library import SHIPPED
from courses.packages.build import build_package
from courses.reader import media_files, read_course

HERE = Path(__file__).parent
FOLDER = SHIPPED / "service-desk"
Build = Callable[..., bytes]


@pytest.fixture(scope="session")
def course() -> Course:
    return read_course(FOLDER)


@pytest.fixture(scope="session")
def build(course: Course) -> Build:
    """Build the shipped course, or another: `build(scope="module:foundation")`."""
    media = media_files(FOLDER)

    def make(of: Course | None = None, **options: Any) -> bytes:
        given = {
            "format": "scorm12",
            "scope": "course",
            "language": "all",
            "iri_base": "https://crossdesk.test",
            "reviews": True,
            "media": media,
        }
        return build_package(of or course, **{**given, **options})

    return make


@pytest.fixture(scope="session")
def unzip() -> Callable[[bytes], dict[str, bytes]]:
    def names(archive: bytes) -> dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            return {name: opened.read(name) for name in opened.namelist()}

    return names


@pytest.fixture(scope="session")
def player() -> Callable[..., Any]:
    """Answer what the player's modules make of a job (see state.mjs)."""
    node = shutil.which("node")
    assert node is not None, "node is required: the player's modules run in it"

    def run(job: str, **data: Any) -> Any:
        done = subprocess.run(
            [node, HERE / "state.mjs"],
            input=json.dumps({"job": job, **data}),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
