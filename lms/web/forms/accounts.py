"""Forms for signing in, passwords, one's own settings and people."""

from __future__ import annotations

from zoneinfo import available_timezones

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    IntegerField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
    widgets,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, EqualTo, Length, NumberRange

from lms.domain import accounts as rules
from lms.web.forms.base import Form

LANGUAGES = [SelectChoice("zh-CN", "简体中文"), SelectChoice("en", "English")]
WEEKDAYS = [
    SelectChoice("1", _l("Monday")),
    SelectChoice("2", _l("Tuesday")),
    SelectChoice("3", _l("Wednesday")),
    SelectChoice("4", _l("Thursday")),
    SelectChoice("5", _l("Friday")),
    SelectChoice("6", _l("Saturday")),
    SelectChoice("7", _l("Sunday")),
]
ROLES = [
    SelectChoice("learner", _l("Learner")),
    SelectChoice("manager", _l("Manager")),
    SelectChoice("trainer", _l("Trainer")),
    SelectChoice("admin", _l("Administrator")),
]
COMMON_ZONES = (
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Asia/Singapore",
    "Europe/Berlin",
    "Europe/London",
    "America/New_York",
)


def zones() -> list[SelectChoice]:
    """Every IANA zone, those that desks use first."""
    rest = sorted(name for name in available_timezones() if "/" in name and name not in COMMON_ZONES)
    return [SelectChoice(name, name.replace("_", " ")) for name in (*COMMON_ZONES, *rest)]


class SignInForm(Form):
    """E-mail and password."""

    email = EmailField(_l("E-mail"), [DataRequired(), Length(max=rules.EMAIL_MAX)])
    password = PasswordField(_l("Password"), [DataRequired(), Length(max=rules.PASSWORD_MAX)])
    next = HiddenField(validators=[Length(max=2000)])


class SetPasswordForm(Form):
    """The first password, from a one-time link."""

    new_password = PasswordField(
        _l("New password"),
        [DataRequired(), Length(max=rules.PASSWORD_MAX)],
        description=_l("At least 12 characters. Three unrelated words are easy to keep and hard to guess."),
    )
    repeat = PasswordField(
        _l("Repeat it"), [DataRequired(), EqualTo("new_password", _l("The two passwords differ."))]
    )


class ChangePasswordForm(SetPasswordForm):
    """A new password, with the current one."""

    current = PasswordField(_l("Current password"), [DataRequired(), Length(max=rules.PASSWORD_MAX)])


class SettingsForm(Form):
    """What a person chooses for themselves."""

    language = SelectField(_l("Language"), choices=LANGUAGES)
    timezone = SelectField(_l("Time zone"), choices=zones)
    working_days = SelectMultipleField(
        _l("Working days"),
        [DataRequired(_l("Choose at least one day."))],
        choices=WEEKDAYS,
        widget=widgets.ListWidget(prefix_label=False),
        option_widget=widgets.CheckboxInput(),
        description=_l("Reviews are planned for these days only."),
    )
    daily_minutes = IntegerField(
        _l("Minutes a day"),
        [NumberRange(*rules.DAILY_MINUTES, message=_l("Choose 1 to 60 minutes."))],
        description=_l("Today never asks for more than this."),
    )


class EditPersonForm(Form):
    """An account that is there already."""

    name = StringField(_l("Name"), [DataRequired(), Length(max=rules.NAME_MAX)])
    role = SelectField(_l("Role"), choices=ROLES)
    team = StringField(_l("Team"), [Length(max=rules.NAME_MAX)], description=_l("Empty for none."))
    active = BooleanField(_l("May sign in"))


class PersonForm(Form):
    """An account made by an administrator."""

    email = EmailField(_l("E-mail"), [DataRequired(), Length(max=rules.EMAIL_MAX)])
    name = StringField(_l("Name"), [DataRequired(), Length(max=rules.NAME_MAX)])
    role = SelectField(_l("Role"), choices=ROLES)
    team = StringField(_l("Team"), [Length(max=rules.NAME_MAX)], description=_l("Empty for none."))
