"""Forms of managers: a cohort, its people, what is assigned to it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import DataRequired, Length, Optional

from lms.domain.accounts import NAME_MAX
from lms.web.forms.base import Form

PEOPLE_TEXT_MAX = 20_000


class CohortForm(Form):
    """A new cohort."""

    name = StringField(_l("Name"), [DataRequired(), Length(max=NAME_MAX)])
    starts_on = DateField(_l("Trained from"), [DataRequired(_l("Give a day."))])
    managers = TextAreaField(
        _l("Managers"),
        [Length(max=PEOPLE_TEXT_MAX)],
        description=_l("E-mails, one a line. A manager who makes a cohort is always on it."),
    )


class MembersForm(Form):
    """People for a cohort."""

    emails = TextAreaField(
        _l("People"), [Length(max=PEOPLE_TEXT_MAX)], description=_l("E-mails, one a line.")
    )
    team = StringField(
        _l("Or a whole team"),
        [Length(max=NAME_MAX)],
        description=_l("The team's name as it stands in People."),
    )


class ManagersForm(Form):
    """Managers for a cohort."""

    managers = TextAreaField(
        _l("Managers"),
        [DataRequired(), Length(max=PEOPLE_TEXT_MAX)],
        description=_l("E-mails of managers or administrators, one a line."),
    )


class AssignForm(Form):
    """A course for everybody in a cohort."""

    course = SelectField(_l("Course"), [DataRequired()])
    soft_due = DateField(
        _l("Suggested by"), [Optional()], description=_l("Nothing closes; a late one is said kindly.")
    )
    hard_due = DateField(
        _l("Due by"), [Optional()], description=_l("After this day it counts as late for the company.")
    )
    past = BooleanField(_l("A day in the past is meant"))


class WithdrawForm(Form):
    """Take a course back, or undo it."""

    course = HiddenField(validators=[DataRequired(), Length(max=80)])
    at = HiddenField(validators=[Length(max=40)])
