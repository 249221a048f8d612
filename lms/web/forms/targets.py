"""Forms of forwarding: another record store, and what cannot be taken back."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, PasswordField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from lms.web.forms.base import Form
from lms.web.forms.records import IRI_MAX, NAME_MAX, Day
from xapi.spec.version import SUPPORTED

IRIS_MAX = 20_000
"""Characters of a list of IRIs."""


class TargetForm(Form):
    """Another record store. The secret is never filled in again, not even in a form that comes back."""

    name = StringField(
        _l("Name of the target"),
        [DataRequired(), Length(max=NAME_MAX)],
        description=_l("How it is called here."),
    )
    endpoint = StringField(
        _l("Address"),
        [DataRequired(), Length(max=IRI_MAX)],
        description=_l("What stands before /statements, such as https://lrs.example.com/xapi."),
        render_kw={"autocomplete": "off", "inputmode": "url", "spellcheck": "false"},
    )
    key = StringField(
        _l("Key"),
        [DataRequired(), Length(max=500)],
        description=_l("Of a credential over there that may store statements, and nothing else."),
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    secret = PasswordField(
        _l("Secret"),
        [DataRequired(), Length(max=500)],
        description=_l("It is never shown again."),
        render_kw={"autocomplete": "new-password"},
    )
    version = SelectField(
        _l("Version of xAPI"), choices=[SelectChoice(one, one) for one in SUPPORTED], default=SUPPORTED[0]
    )
    since = Day(
        _l("Only what is stored since"),
        description=_l("From the beginning of this day; empty for everything."),
    )
    verbs = TextAreaField(
        _l("Only with these verbs"),
        [Length(max=IRIS_MAX)],
        description=_l("Whole IRIs, one a line; empty for any."),
        render_kw={"rows": 3, "spellcheck": "false"},
    )
    activities = TextAreaField(
        _l("Only about these activities"),
        [Length(max=IRIS_MAX)],
        description=_l("Also where one stands in the context. Whole IRIs, one a line; empty for any."),
        render_kw={"rows": 3, "spellcheck": "false"},
    )
    allow_private = BooleanField(_l("The address may be in a private network or on this machine"))


class SecretForm(Form):
    """Another key and secret for a target; neither is filled in."""

    key = StringField(
        _l("Key"),
        [DataRequired(), Length(max=500)],
        description=_l("Of a credential over there that may store statements, and nothing else."),
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
    secret = PasswordField(
        _l("Secret"),
        [DataRequired(), Length(max=500)],
        description=_l("It is never shown again."),
        render_kw={"autocomplete": "new-password"},
    )


class RemoveForm(Form):
    """Whether a target is really to go."""

    sure = BooleanField(
        _l("I know that its place, its secret and its dead letters are lost"),
        [DataRequired(_l("Tick this when you are sure."))],
    )


class DropForm(Form):
    """Whether all dead letters of a target are really to go."""

    sure = BooleanField(
        _l("I know that these statements never reach this target"),
        [DataRequired(_l("Tick this when you are sure."))],
    )
