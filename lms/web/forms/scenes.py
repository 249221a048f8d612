"""Forms of practice scenes: beginning a run, and the reply to a turn."""

from __future__ import annotations

from wtforms import HiddenField
from wtforms.validators import InputRequired, Length

from lms.web.forms.base import Form


class BeginForm(Form):
    """Begin or go on; `again` gives an open run up."""

    again = HiddenField(validators=[Length(max=1)])


class ReplyForm(Form):
    """One of the replies of the turn."""

    reply = HiddenField(validators=[InputRequired(), Length(max=120)])
