"""The base form: CSRF, and meaning errors from services shown beside their field."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import request
from flask_babel import get_locale
from flask_wtf import FlaskForm
from flask_wtf.form import SUBMIT_METHODS, _Auto
from wtforms.form import BaseForm
from wtforms.i18n import get_translations

from lms.domain.errors import Invalid


class Form(FlaskForm):  # type: ignore[misc]
    """Every form with fields; CSRF is checked by the application for all unsafe methods."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """What fills a form, and in which language it refuses."""

        def get_translations(self, form: FlaskForm) -> Any:
            """Answer WTForms' own texts, read once a language; the extension reads them for each request."""
            return _texts(str(get_locale() or "en"))

        def wrap_formdata(self, form: BaseForm, formdata: Any) -> Any:
            """Fill it from the fields of a form alone: a file or JSON in place of a text is no text."""
            if formdata is not _Auto:
                return formdata
            return (request.form or None) if request.method in SUBMIT_METHODS else None

    def refuse(self, error: Invalid, message: str) -> None:
        """Put a service's refusal beside its field, else above the form."""
        field = self._fields.get(error.field)
        if field is None:
            self.form_errors.append(message)
        else:
            field.errors = [*field.errors, message]


@lru_cache(maxsize=8)
def _texts(locale: str) -> Any:
    return get_translations([locale])
