"""Forms of learning: starting a course, opening the next step."""

from __future__ import annotations

from wtforms import HiddenField, IntegerField
from wtforms.validators import InputRequired, Length, NumberRange

from lms.web.forms.base import Form

STEPS_MAX = 99


class StartForm(Form):
    """Start a course; `lesson` names where to go on, the course's next part where it is empty."""

    lesson = HiddenField(validators=[Length(max=120)])


class StepForm(Form):
    """Open a step of a lesson, counted from 1."""

    step = IntegerField(validators=[InputRequired(), NumberRange(1, STEPS_MAX)])
