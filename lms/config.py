"""The settings: one frozen table, read from the environment once. A bad value stops the start."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

Value = TypeVar("Value")

ROOT = Path(__file__).resolve().parent.parent
IRI_BASE = "https://crossdesk.invalid"
"""Where none is chosen; a name that is never anybody's (RFC 2606)."""
SECRET_MIN = 32
"""Characters; 128 bits in hexadecimal."""
SECRETS_REFUSED = ("change", "secret", "default", "password", "crossdesk", "example")


class Mode(StrEnum):
    """How strict the start is."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"
    TEST = "test"


class SettingError(Exception):
    """Settings are missing or wrong; each problem is a line that names one and says what was expected."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Settings:
    """What an installation can choose; `docs/operations.md` lists the same."""

    mode: Mode
    """CROSSDESK_MODE: production (default), development or test."""
    instance: Path
    """CROSSDESK_INSTANCE: the folder for the embedded database, generated secrets and files."""
    database_url: str
    """CROSSDESK_DATABASE_URL: SQLAlchemy's form; SQLite in the instance folder if absent."""
    secret_key: str
    """CROSSDESK_SECRET_KEY: at least 32 characters; generated in the instance folder outside production."""
    base_url: str
    """CROSSDESK_BASE_URL: the address that people use, for links in mail."""
    iri_base: str
    """CROSSDESK_IRI_BASE: the start of every IRI; kept in the database at the first start."""
    now_file: Path | None
    """CROSSDESK_NOW_FILE: a file holding an ISO time to use as now; refused in production."""
    redis_url: str | None
    """CROSSDESK_REDIS_URL: for Celery in production; the in-process worker serves without it."""
    proxies: int
    """CROSSDESK_PROXIES: how many trusted proxies set X-Forwarded-*; 0 if absent."""
    mail_url: str | None
    """CROSSDESK_MAIL_URL: smtp://user:password@host:port; mail goes to files in the instance if absent."""
    demonstration: bool
    """CROSSDESK_DEMO: 1 marks every page as demonstration whatever data is loaded."""
    attachments: str | None = None
    """CROSSDESK_ATTACHMENTS: a folder, or the address of a bucket, https://host/bucket[/prefix]; the folder
    `attachments` in the instance folder if absent."""
    attachments_mb: int = 64
    """CROSSDESK_ATTACHMENTS_MB: mebibytes of one request with attachments, 1 to 10,000; 64 if absent."""
    s3_key: str = ""
    """CROSSDESK_S3_KEY: of the bucket."""
    s3_secret: str = ""
    """CROSSDESK_S3_SECRET: of the bucket."""
    s3_region: str = "us-east-1"
    """CROSSDESK_S3_REGION: of the bucket; us-east-1 if absent, which stores of one's own take."""

    @property
    def secure_cookies(self) -> bool:
        """Whether the session cookie is sent over HTTPS only."""
        return self.base_url.startswith("https://")


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Answer the settings of an environment. Raises SettingError with all that is wrong.

    Makes the instance folder.
    """
    problems: list[str] = []

    def read(setting: Callable[..., Value], *given: object, instead: Value) -> Value:
        try:
            return setting(*given)
        except SettingError as error:
            problems.extend(error.problems)
            return instead

    mode = read(_mode, environ.get("CROSSDESK_MODE", "production"), instead=Mode.PRODUCTION)
    instance = _instance(environ.get("CROSSDESK_INSTANCE"))  # what follows may write there
    port = environ.get("PORT", "8000")
    base_url = environ.get(
        "CROSSDESK_BASE_URL", "" if mode is Mode.PRODUCTION else f"http://127.0.0.1:{port}"
    )
    iri_base = environ.get("CROSSDESK_IRI_BASE") or IRI_BASE
    settings = Settings(
        mode=mode,
        instance=instance,
        database_url=read(_database_url, environ.get("CROSSDESK_DATABASE_URL"), instance, instead=""),
        secret_key=read(_secret_key, environ.get("CROSSDESK_SECRET_KEY"), mode, instance, instead=""),
        base_url=read(_address, "CROSSDESK_BASE_URL", base_url, instead=""),
        iri_base=read(_address, "CROSSDESK_IRI_BASE", iri_base, instead=""),
        now_file=read(_now_file, environ.get("CROSSDESK_NOW_FILE"), mode, instead=None),
        redis_url=environ.get("CROSSDESK_REDIS_URL") or None,
        proxies=read(_count, "CROSSDESK_PROXIES", environ.get("CROSSDESK_PROXIES", "0"), instead=0),
        mail_url=environ.get("CROSSDESK_MAIL_URL") or None,
        demonstration=environ.get("CROSSDESK_DEMO", "") == "1",
        attachments=read(_attachments, environ, instead=None),
        attachments_mb=read(
            _count,
            "CROSSDESK_ATTACHMENTS_MB",
            environ.get("CROSSDESK_ATTACHMENTS_MB", "64"),
            1,
            10_000,
            instead=64,
        ),
        s3_key=environ.get("CROSSDESK_S3_KEY", ""),
        s3_secret=environ.get("CROSSDESK_S3_SECRET", ""),
        s3_region=environ.get("CROSSDESK_S3_REGION") or "us-east-1",
    )
    if problems:
        raise SettingError(*problems)
    return settings


def settings_from_environment() -> Settings:
    """Answer the settings of this process."""
    return read_settings(os.environ)


def clock(settings: Settings) -> Callable[[], datetime]:
    """Answer the clock that entries read: the system's, or the file's where one is named."""
    file = settings.now_file
    if file is None:
        return lambda: datetime.now(UTC)

    def from_file() -> datetime:
        try:
            now = datetime.fromisoformat(file.read_text(encoding="ascii").strip())
        except (OSError, ValueError) as error:
            raise SettingError(f"CROSSDESK_NOW_FILE: expected an ISO time in {file}: {error}") from error
        return now.replace(tzinfo=UTC) if now.tzinfo is None else now.astimezone(UTC)

    return from_file


def _mode(text: str) -> Mode:
    try:
        return Mode(text.strip())
    except ValueError:
        raise SettingError(f"CROSSDESK_MODE: expected one of {', '.join(Mode)}, found {text!r}") from None


def _instance(text: str | None) -> Path:
    instance = Path(text or ROOT / "instance").resolve()
    try:
        instance.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(
            f"CROSSDESK_INSTANCE: cannot make the folder {instance}: {error.strerror}"
        ) from error
    return instance


def _database_url(text: str | None, instance: Path) -> str:
    url = text or f"sqlite:///{instance / 'crossdesk.sqlite3'}"
    if url.startswith(("postgresql://", "postgres://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise SettingError("CROSSDESK_DATABASE_URL: expected sqlite:///FILE or postgresql://…")
    return url


def _secret_key(text: str | None, mode: Mode, instance: Path) -> str:
    if text:
        if len(text) < SECRET_MIN or len(set(text)) < 8 or text.lower().startswith(SECRETS_REFUSED):
            raise SettingError(f"CROSSDESK_SECRET_KEY: expected at least {SECRET_MIN} random characters")
        return text
    if mode is Mode.PRODUCTION:
        raise SettingError("CROSSDESK_SECRET_KEY: missing; set at least 32 random characters")
    file = instance / "secret-key"
    if not file.exists():
        # written whole under another name first: two processes starting at once agree on one key
        fresh = instance / f"secret-key.{secrets.token_hex(4)}"
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32), encoding="ascii")
        try:
            os.link(fresh, file)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return file.read_text(encoding="ascii").strip()


def _address(name: str, text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise SettingError(f"{name}: expected an address like https://learn.example.com, found {text!r}")
    return text.rstrip("/")


def _now_file(text: str | None, mode: Mode) -> Path | None:
    if not text:
        return None
    if mode is Mode.PRODUCTION:
        raise SettingError("CROSSDESK_NOW_FILE: refused in production")
    return Path(text)


def _attachments(environ: Mapping[str, str]) -> str | None:
    text = environ.get("CROSSDESK_ATTACHMENTS") or None
    if text is None or "://" not in text:
        return text
    address = _address("CROSSDESK_ATTACHMENTS", text)
    if not urlsplit(address).path.strip("/"):
        raise SettingError(f"CROSSDESK_ATTACHMENTS: expected the bucket in the address, found {text!r}")
    missing = [name for name in ("CROSSDESK_S3_KEY", "CROSSDESK_S3_SECRET") if not environ.get(name)]
    if missing:
        raise SettingError(*(f"{name}: missing; the bucket of attachments needs it" for name in missing))
    return address


def _count(name: str, text: str, least: int = 0, most: int = 10) -> int:
    if not text.isascii() or not text.isdigit() or not least <= int(text[:9]) <= most:
        raise SettingError(f"{name}: expected a whole number {least} to {most}, found {text!r}")
    return int(text)
