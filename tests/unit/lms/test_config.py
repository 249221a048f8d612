"""The settings table: what is read, generated and refused."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lms.config import Mode, SettingError, clock, read_settings

GOOD_KEY = "0f8a6b1c9d2e4f7a8b3c5d6e7f809112"


def production(tmp_path: Path, **given: str) -> dict[str, str]:
    return {
        "CROSSDESK_INSTANCE": str(tmp_path),
        "CROSSDESK_SECRET_KEY": GOOD_KEY,
        "CROSSDESK_BASE_URL": "https://learn.company.test",
        "CROSSDESK_IRI_BASE": "https://id.company.test/",
        **given,
    }


def test_production_is_the_default_and_reads_what_is_set(tmp_path: Path) -> None:
    settings = read_settings(production(tmp_path))

    assert settings.mode is Mode.PRODUCTION
    assert settings.secure_cookies
    assert settings.iri_base == "https://id.company.test"
    assert settings.database_url == f"sqlite:///{tmp_path / 'crossdesk.sqlite3'}"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("CROSSDESK_SECRET_KEY", "", "missing"),
        ("CROSSDESK_SECRET_KEY", "short", "32"),
        ("CROSSDESK_SECRET_KEY", "a" * 64, "random"),
        ("CROSSDESK_SECRET_KEY", "change-me-change-me-change-me-change-me", "random"),
        ("CROSSDESK_MODE", "debug", "development"),
        ("CROSSDESK_BASE_URL", "", "address"),
        ("CROSSDESK_BASE_URL", "learn.company.test", "address"),
        ("CROSSDESK_IRI_BASE", "urn:x", "address"),
        ("CROSSDESK_DATABASE_URL", "mysql://x", "postgresql"),
        ("CROSSDESK_NOW_FILE", "now.txt", "refused in production"),
        ("CROSSDESK_PROXIES", "many", "whole number"),
        ("CROSSDESK_ATTACHMENTS", "s3://bucket", "address"),
        ("CROSSDESK_ATTACHMENTS", "https://s3.company.test", "bucket"),
        ("CROSSDESK_S3_SECRET", "", "missing"),
        ("CROSSDESK_ATTACHMENTS_MB", "0", "1 to 10000"),
        ("CROSSDESK_ATTACHMENTS_MB", "9" * 20, "1 to 10000"),
    ],
)
def test_a_bad_value_stops_a_production_start_and_is_named(
    tmp_path: Path, name: str, value: str, said: str
) -> None:
    bucket = {"CROSSDESK_ATTACHMENTS": "https://s3.company.test/desk", "CROSSDESK_S3_KEY": "k"}
    given = bucket if name == "CROSSDESK_S3_SECRET" else {}

    with pytest.raises(SettingError, match=name) as caught:
        read_settings(production(tmp_path, **given, **{name: value}))

    assert said in str(caught.value)


def test_development_generates_one_secret_and_keeps_it_private(tmp_path: Path) -> None:
    environ = {"CROSSDESK_MODE": "development", "CROSSDESK_INSTANCE": str(tmp_path)}

    first, second = read_settings(environ), read_settings(environ)

    assert first.secret_key == second.secret_key
    assert len(first.secret_key) == 64
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


def test_the_clock_file_is_the_time_while_it_is_named(tmp_path: Path) -> None:
    file = tmp_path / "now"
    settings = read_settings(
        {"CROSSDESK_MODE": "test", "CROSSDESK_INSTANCE": str(tmp_path), "CROSSDESK_NOW_FILE": str(file)}
    )
    now = clock(settings)

    file.write_text("2026-11-30T08:00:00+08:00\n", encoding="ascii")
    assert now() == datetime(2026, 11, 30, tzinfo=UTC)
    file.write_text("soon", encoding="ascii")
    with pytest.raises(SettingError, match="ISO time"):
        now()
