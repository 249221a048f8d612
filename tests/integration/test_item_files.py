"""`flask items`: a bank goes out, comes back as a file of a course folder, or nothing does."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

from courses.library import SHIPPED
from courses.reader import read_course
from lms.bootstrap import Parts
from lms.cli import register
from lms.domain.csv_cells import csv_bytes
from lms.services import authoring, item_files
from tests.conftest import MONDAY as NOW
from tests.practice_course import SLUG, practice_course

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

GIFT = """::one::Which reply counts?{=The first by a person ~The automatic one ####Only a person's counts.}

::two::Why?{}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "courses" / "service-desk"
    shutil.copytree(SHIPPED / "service-desk", copy)
    return copy


@pytest.fixture
def published(parts: Parts) -> str:
    with parts.database.writing() as session:
        authoring.import_course(session, practice_course(), now=parts.now())
    return SLUG


def run(app: Flask, *words: str) -> Result:
    if "items" not in app.cli.commands:
        register(app)
    return app.test_cli_runner().invoke(args=["items", *words])


@pytest.mark.parametrize("kind", item_files.OUT)
def test_a_bank_is_written_and_what_a_format_does_not_carry_is_said(
    app: Flask, published: str, tmp_path: Path, kind: str
) -> None:
    out = tmp_path / "bank"

    done = run(app, "export", published, "--format", kind, "--out", str(out))

    assert done.exit_code == 0, done.output
    assert out.stat().st_size > 0 and not out.with_name("bank.part").exists()
    left_out = sum("left out" in line for line in done.stderr.splitlines())
    assert (left_out == 0) == (kind == "csv")


@pytest.mark.parametrize("kind", item_files.IN)
def test_what_went_out_comes_back_into_a_course_folder(
    app: Flask, parts: Parts, folder: Path, tmp_path: Path, kind: str
) -> None:
    with parts.database.writing(seconds=60) as session:
        authoring.import_course(session, folder, now=parts.now())
    file = tmp_path / "bank"
    assert run(app, "export", "service-desk", "--format", kind, "--out", str(file)).exit_code == 0
    before = {item.id: item for item in read_course(folder).module("tools").items}
    only = _of_module(file, folder, kind, set(before))
    for old in (folder / "quizzes").glob("*.yaml"):
        if old.name.startswith("tools"):
            old.unlink()
    out = folder / "quizzes" / "tools-new.yaml"
    words = ["import", str(only), "--format", kind, "--module", "tools", "--out", str(out)]

    dry = run(app, *words, "--dry-run")
    assert dry.exit_code == 0 and "would be imported" in dry.output and not out.exists(), dry.output
    done = run(app, *words)

    assert done.exit_code == 0, done.output
    again = {item.id: item for item in _items_of(out)}
    assert again and again == {id: item for id, item in before.items() if id in again}


def _of_module(file: Path, folder: Path, kind: str, ids: set[str]) -> Path:
    """The same file with the items of one module only."""
    items = [item for item in read_course(folder).items if item.id in ids]
    kept = file.with_name("only")
    carried = item_files.carried(items, kind)
    kept.write_bytes(item_files.written(read_course(folder), carried, kind, "all", NOW))
    return kept


def _items_of(file: Path) -> list[object]:
    from courses.yaml_source import read_yaml
    from quizzes.parse import parse_item

    return [parse_item(raw, at="item") for raw in read_yaml(file.read_text(encoding="utf-8")).value["items"]]


def test_one_fault_keeps_all_of_a_file_out(app: Flask, folder: Path, tmp_path: Path) -> None:
    file, out = tmp_path / "bank.txt", folder / "quizzes" / "new.yaml"
    file.write_text(GIFT, encoding="utf-8")

    done = run(
        app,
        *("import", str(file), "--format", "gift", "--module", "foundation", "--point", "frt-definition"),
        *("--out", str(out)),
    )

    assert done.exit_code == 1 and "1 errors; nothing was imported" in done.output
    assert "question 2, line 3: an essay question" in done.stderr
    assert not out.exists() and not out.with_name("new.yaml.part").exists()


def test_words_in_one_language_come_in_with_a_warning(app: Flask, folder: Path, tmp_path: Path) -> None:
    file, out = tmp_path / "bank.txt", folder / "quizzes" / "new.yaml"
    file.write_text(GIFT.partition("\n\n")[0], encoding="utf-8")

    done = run(
        app,
        *("import", str(file), "--format", "gift", "--module", "foundation", "--point", "frt-definition"),
        *("--out", str(out)),
    )

    assert done.exit_code == 0, done.output
    assert "warning: question 1, line 1: one: is in one language only" in done.stderr
    assert read_course(folder).item("one").point == "frt-definition"


@pytest.mark.parametrize(
    ("module", "id", "point", "said"),
    [
        ("foundation", "frt-definition-1", "frt-definition", "row 2: id: 'frt-definition-1' is in quizzes/"),
        ("foundation", "new", "none", "row 2: point: 'none' is no point of the module 'foundation'"),
        ("tools", "new", "frt-definition", "row 2: point: 'frt-definition' is no point of the module"),
        ("none", "new", "frt-definition", "the course has no module 'none'"),
    ],
)
def test_what_does_not_fit_the_course_is_refused(
    app: Flask, folder: Path, tmp_path: Path, module: str, id: str, point: str, said: str
) -> None:
    file, out = tmp_path / "bank.csv", folder / "quizzes" / "new.yaml"
    both = ["问", "Ask", "18", "因为", "Because"]
    header = [
        "id",
        "type",
        "form",
        "point",
        "stem.zh-CN",
        "stem.en",
        "answer.value",
        "explanation.zh-CN",
        "explanation.en",
    ]
    file.write_bytes(csv_bytes(header, [[id, "numeric", "practice", point, *both]]))

    done = run(app, "import", str(file), "--format", "csv", "--module", module, "--out", str(out))

    assert done.exit_code == 1 and said in done.stderr, done.output
    assert not out.exists()


@pytest.mark.parametrize("name", ["quizzes/foundation-1.yaml", "quizzes/new.txt", "new.yaml", "../new.yaml"])
def test_only_a_new_file_of_a_course_folder_is_written(
    app: Flask, folder: Path, tmp_path: Path, name: str
) -> None:
    file, out = tmp_path / "bank.txt", folder / name
    file.write_text(GIFT, encoding="utf-8")
    before = out.read_bytes() if out.exists() else None

    done = run(app, "import", str(file), "--format", "gift", "--module", "tools", "--out", str(out))

    assert done.exit_code == 1 and done.stderr.startswith("Error: out: ")
    assert (out.read_bytes() if out.exists() else None) == before


def test_options_that_are_not_there_are_refused(app: Flask, published: str, tmp_path: Path) -> None:
    out = str(tmp_path / "bank")

    assert run(app, "export", "none", "--format", "csv", "--out", out).exit_code == 1
    assert run(app, "export", published, "--format", "gift", "--language", "fr", "--out", out).exit_code == 1
    assert not Path(out).exists()


@pytest.mark.parametrize("kind", item_files.OUT)
def test_a_trainer_downloads_the_same(parts: Parts, published: str, sign_in: object, kind: str) -> None:
    assert callable(sign_in)
    client: FlaskClient = sign_in("trainer")
    with parts.database.reading() as session:
        expected = item_files.export_items(session, parts.courses, published, format=kind, now=parts.now())

    answer = client.get(f"/author/{published}/export/{kind}")

    assert answer.status_code == 200 and answer.data == expected.content
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{expected.name}"'
    assert f"/author/{published}/export/{kind}" in client.get(f"/author/{published}").text
    assert client.get(f"/author/{published}/export/none").status_code == 404
