"""The base form: CSRF, and meaning errors from services shown beside their field."""

from __future__ import annotations

from flask_wtf import FlaskForm

from lms.domain.errors import Invalid


class Form(FlaskForm):  # type: ignore[misc]
    """Every form with fields; CSRF is checked by the application for all unsafe methods."""

    def refuse(self, error: Invalid, message: str) -> None:
        """Put a service's refusal beside its field, else above the form."""
        field = self._fields.get(error.field)
        if field is None:
            self.form_errors.append(message)
        else:
            field.errors = [*field.errors, message]
