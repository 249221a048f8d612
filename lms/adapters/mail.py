"""Mail: by SMTP where a server is set, else as files in the instance folder."""

from __future__ import annotations

import os
import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

TIMEOUT_SECONDS = 20


class Mailer(Protocol):
    """Sends one message; raises OSError or smtplib.SMTPException where it could not."""

    def send(self, *, key: str, to: str, subject: str, text: str) -> None:
        """`key` is the same each time the same message is tried."""


def _message(sender: str, key: str, to: str, subject: str, text: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = f"<{key}@crossdesk>"
    message.set_content(text)
    return message


class FileMailer:
    """Writes each message as a file; the same key overwrites its own file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, *, key: str, to: str, subject: str, text: str) -> None:
        """Write `<key>.eml`."""
        self._folder.mkdir(parents=True, exist_ok=True)
        message = _message("crossdesk@localhost", key, to, subject, text)
        fresh = self._folder / f"{key}.part"
        with fresh.open("wb") as file:  # whole and on the disk before it counts as sent
            file.write(message.as_bytes())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._folder / f"{key}.eml")


class SmtpMailer:
    """Sends by SMTP: `smtp://user:password@host:587` with STARTTLS, or `smtps://…:465`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or "localhost"
        self._tls = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._tls else 587)
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")

    def send(self, *, key: str, to: str, subject: str, text: str) -> None:
        """Send one message; STARTTLS is used wherever the server offers it, and required with a password."""
        context = ssl.create_default_context()
        with self._connect(context) as server:
            server.ehlo()
            if not self._tls and (server.has_extn("starttls") or self._user):
                server.starttls(context=context)
                server.ehlo()
            if self._user:
                server.login(self._user, self._password)
            sender = self._user if "@" in self._user else f"crossdesk@{self._host}"
            server.send_message(_message(sender, key, to, subject, text))

    def _connect(self, context: ssl.SSLContext) -> smtplib.SMTP:
        if self._tls:
            return smtplib.SMTP_SSL(self._host, self._port, timeout=TIMEOUT_SECONDS, context=context)
        return smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_SECONDS)
