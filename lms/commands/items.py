"""`flask items …`: the questions of a course as files of other programs, and back."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from lms.bootstrap import Parts
from lms.commands import told
from lms.domain.errors import Invalid
from lms.services import item_files


def item_commands(parts: Parts) -> AppGroup:
    """`flask items export` and `flask items import`."""
    group = AppGroup("items", help="Questions as files of other programs.")

    @group.command("export")
    @click.argument("slug")
    @click.option("--format", "kind", required=True, type=click.Choice(list(item_files.OUT)))
    @click.option("--language", default="all", help="zh-CN, en or all.")
    @click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
    @told
    def export(slug: str, kind: str, language: str, out: Path) -> None:
        """Write the questions of a published course to a file."""
        with parts.database.reading() as session:
            found = item_files.export_items(
                session, parts.courses, slug, format=kind, language=language, now=parts.now()
            )
        _write(out, found.content)
        for type, count in found.left_out.items():
            click.echo(f"left out: {count} of type {type}, which {kind} does not carry here", err=True)
        click.echo(f"{out} {found.written} items {len(found.content)} bytes")

    @group.command("import")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--format", "kind", required=True, type=click.Choice(item_files.IN))
    @click.option("--module", required=True, help="The module that the questions belong to.")
    @click.option("--point", default=None, help="The knowledge point of questions that name none.")
    @click.option(
        "--out",
        required=True,
        type=click.Path(dir_okay=False, path_type=Path),
        help="A new file quizzes/NAME.yaml of a course folder.",
    )
    @click.option("--dry-run", is_flag=True, help="Check and print; write nothing.")
    @told
    def import_file(file: Path, kind: str, module: str, point: str | None, out: Path, dry_run: bool) -> None:
        """Turn a file of questions into a file of a course folder: all of them, or none."""
        if file.stat().st_size > item_files.MAX_BYTES:
            raise Invalid("file", f"is larger than {item_files.MAX_BYTES // 1_000_000} MB")
        found = item_files.import_items(file.read_bytes(), format=kind, out=out, module=module, point=point)
        for fault in found.faults:
            click.echo(str(fault), err=True)
        if found.text is None:
            click.echo(f"{len(found.faults)} errors; nothing was imported")
            raise SystemExit(1)
        for warning in found.warnings:
            click.echo(f"warning: {warning}", err=True)
        if dry_run:
            click.echo(f"{found.count} items would be imported")
            return
        _write(out, found.text.encode("utf-8"))
        click.echo(f"{out} {found.count} items imported; publish them with flask course import")

    return group


def _write(out: Path, content: bytes) -> None:
    fresh = out.with_name(out.name + ".part")
    fresh.write_bytes(content)
    fresh.replace(out)  # whole, or not there
