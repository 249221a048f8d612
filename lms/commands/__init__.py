"""Groups of commands that are too large for `lms/cli.py`, and what all commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from courses.errors import CourseError
from courses.packages.errors import PackageError
from lms.domain.errors import CrossdeskError
from xapi.errors import XapiError
from xapi.export_file import ExportRefused
from xapi.store.files import FilesAway

Command = TypeVar("Command", bound=Callable[..., Any])


def told(command: Command) -> Command:
    """Turn our errors into one line on stderr and exit 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except CourseError as error:
            for finding in error.findings:
                click.echo(str(finding), err=True)
            raise SystemExit(1) from error
        except (CrossdeskError, ExportRefused, FilesAway, PackageError, XapiError, OSError) as error:
            click.echo(f"Error: {error}", err=True)
            raise SystemExit(1) from error

    return run  # type: ignore[return-value]
