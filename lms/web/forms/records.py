"""Forms of the record store's administrators: filters, credentials, a person's data, rules of retention."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, IntegerField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, NumberRange, Optional

from lms.services.records import PERSON_MAX
from lms.web.forms.base import Form
from xapi.store.audit import AGE_DAYS
from xapi.store.tables import SCOPES

IRI_MAX = 2000
NAME_MAX = 200
RATE_MAX = 1_000_000
"""Requests a minute; above it a limit limits nothing."""
KEEP_HOURS_MAX = 24 * 366
PERSON_HINT = _l(
    "An e-mail or a name from People; or mailto:…, “homePage name” of an account, an openid, a JSON agent."
)
SCOPE_WORDS = {
    "all": _l("All: read and write everything"),
    "read": _l("Read everything"),
    "write": _l("Write statements, without changing activity definitions"),
    "mine": _l("Read only the statements it stored itself"),
    "define": _l("Write statements and activity definitions"),
    "profile": _l("Agent and activity profiles"),
    "state": _l("State documents"),
}


class Day(DateField):  # type: ignore[misc]
    """A day that may be left empty."""

    def process_formdata(self, valuelist: list[str]) -> None:
        if valuelist and valuelist[0].strip():
            super().process_formdata(valuelist)


class FilterForm(Form):
    """Which statements to list; it comes with the address and changes nothing, so it needs no token."""

    class Meta:
        csrf = False

    person = StringField(_l("Actor"), [Length(max=PERSON_MAX)], description=PERSON_HINT)
    verb = StringField(_l("Verb"), [Length(max=IRI_MAX)], description=_l("The whole IRI."))
    activity = StringField(_l("Activity"), [Length(max=IRI_MAX)], description=_l("The whole IRI."))
    registration = StringField(_l("Registration"), [Length(max=40)])
    statement = StringField(_l("Statement id"), [Length(max=40)])
    since = Day(_l("Stored from"))
    until = Day(_l("Stored up to"))
    related = BooleanField(
        _l("With related: also where the actor or the activity stands in the context or the authority")
    )

    def given(self) -> dict[str, Any]:
        """Answer what was filled in, as parameters of an address."""
        found = {name: field.data for name, field in self._fields.items() if field.data}
        return {name: "y" if value is True else str(value) for name, value in found.items()}


class LimitForm(Form):
    """How often a credential may ask."""

    rate_limit = IntegerField(
        _l("Requests a minute"),
        [
            Optional(),
            NumberRange(1, RATE_MAX, message=_l("Choose 1 to 1,000,000, or leave it empty for no limit.")),
        ],
        description=_l("Empty for no limit. Over it a tool is told to wait for the next minute."),
    )


class RotateForm(Form):
    """A new secret for a credential."""

    keep_hours = IntegerField(
        _l("Hours for which the old secret stays good"),
        [NumberRange(0, KEEP_HOURS_MAX, message=_l("Choose 0 to 8,784 hours."))],
        default=24,
        description=_l("So that the tool can be changed without a gap; 0 ends it at once."),
    )


class CredentialForm(LimitForm):
    """A key for somebody's tool."""

    name = StringField(
        _l("Tool"), [DataRequired(), Length(max=NAME_MAX)], description=_l("Whose it is, and what for.")
    )
    scope = RadioField(
        _l("What it may do"),
        [DataRequired(_l("Choose what it may do."))],
        choices=[SelectChoice(scope, SCOPE_WORDS[scope]) for scope in SCOPES],
    )


class ExportForm(Form):
    """Whose data to take out."""

    person = StringField(_l("Person"), [DataRequired(), Length(max=PERSON_MAX)], description=PERSON_HINT)


class DeleteForm(ExportForm):
    """Whose data to delete."""

    sure = BooleanField(
        _l("I know that this cannot be taken back"),
        [DataRequired(_l("Tick this when you are sure: what is deleted does not come back."))],
    )


class RuleForm(Form):
    """A rule of retention."""

    age_days = IntegerField(
        _l("Delete after so many days"),
        [NumberRange(*AGE_DAYS, message=_l("Choose 1 to 36,500 days."))],
        description=_l("Counted from when a statement was stored."),
    )
    verb = StringField(_l("Only with this verb"), [Length(max=IRI_MAX)], description=_l("Empty for any."))
    activity = StringField(
        _l("Only about this activity"), [Length(max=IRI_MAX)], description=_l("Empty for any.")
    )
