"""Input that no field or address may hold is refused before any view sees it."""

from __future__ import annotations

from flask import Flask, request

from lms.domain.errors import Invalid, NotFound

FIELDS_MAX = 500
"""Fields of one form; the longest of ours, a cloze with every gap, has some dozens."""
NUMBER_MAX = 2**31 - 1
"""What an integer column holds; a place or sequence above it is nobody's."""


def init_input(app: Flask) -> None:
    """Refuse NUL bytes (PostgreSQL stores none, and no person types one), endless forms and numbers."""

    @app.before_request
    def check() -> None:
        if request.blueprint == "xapi":
            return  # the record store names the property itself
        if "\x00" in request.path:
            raise Invalid("address", "holds a NUL byte")
        if any(isinstance(value, int) and value > NUMBER_MAX for value in (request.view_args or {}).values()):
            raise NotFound("there is nothing under this number")
        if sum(1 for _ in request.form.items(multi=True)) > FIELDS_MAX:
            raise Invalid("form", f"holds more than {FIELDS_MAX} fields")
        for source in (request.args, request.form):
            for name, value in source.items(multi=True):
                if "\x00" in value or "\x00" in name:
                    raise Invalid(name.replace("\x00", ""), "holds a NUL byte")
