"""The vectors, and a way to run the JavaScript twins in Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
VECTORS = HERE.parents[1] / "vectors"

Twins = Callable[..., Any]


@pytest.fixture(scope="session")
def vectors() -> Callable[[str], Any]:
    return lambda name: json.loads((VECTORS / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def twins() -> Twins:
    """Answer what the JavaScript twins make of a job (see twins.mjs), in one Node process a call."""
    node = shutil.which("node")
    assert node is not None, "node is required: the twins in courses/packages/player run in it"

    def run(job: str, **data: Any) -> Any:
        given = json.dumps({"job": job, **data})
        done = subprocess.run(
            [node, HERE / "twins.mjs"], input=given, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
