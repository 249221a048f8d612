"""The form of a question, built from its item: shape in, response JSON out. Services grade its meaning."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, InputRequired, Length, Optional, ValidationError

from lms.domain.identity import Same
from lms.web.forms.base import Form
from quizzes.item import Item, ItemType

PLACE, PAIR, GAP = "place-", "pair-", "gap-"
"""Beginnings of field names, as templates/macros.html writes them."""
ANSWER_MAX = 200
GAP_MAX = 100
NOTHING_CHOSEN = _l("Choose an answer first.")


class AnswerForm(Form):
    """What every question has: its token, and how sure somebody is."""

    token = HiddenField(validators=[Length(max=500)])
    sure = StringField(validators=[Optional(), AnyOf(("yes", "no"))])

    item: Item

    @property
    def response(self) -> Any:
        """The response JSON, once the form is valid; before that, as far as it goes."""
        match self.item.type:
            case ItemType.ORDER:
                places = self.draft
                return sorted(places, key=lambda line: places[line])
            case _:
                return self.draft

    @property
    def draft(self) -> Any:
        """What stands in the form, for showing it again: like the response, but order as line -> place."""
        match self.item.type:
            case ItemType.MULTIPLE:
                return list(self._fields["answer"].data or [])
            case ItemType.ORDER:
                return self._parts(PLACE, [line.id for line in self.item.choices])
            case ItemType.MATCH:
                return self._parts(PAIR, [pair.id for pair in self.item.pairs])
            case ItemType.CLOZE:
                return self._parts(GAP, [gap.id for gap in self.item.gaps])
            case _:
                return self._fields["answer"].data or ""

    def _parts(self, prefix: str, ids: list[str]) -> dict[str, Any]:
        values = {identifier: self._fields[prefix + identifier].data for identifier in ids}
        return {identifier: value for identifier, value in values.items() if value not in (None, "")}

    @property
    def message(self) -> str | None:
        """The first thing to mend, in words."""
        for name, field in self._fields.items():
            if field.errors and name != "csrf_token":
                return str(field.errors[0])
        return None


def answer_form(item: Item) -> AnswerForm:
    """Answer the form of one question, filled from the request."""
    return _form_class(Same(item))()


@lru_cache(maxsize=4096)
def _form_class(item: Same[Item]) -> type[AnswerForm]:
    """Answer the class of an item's form; kept, because making one takes longer than using it."""
    return type("AnswerForm", (AnswerForm,), {**_fields(item.part), "item": item.part})


def _fields(item: Item) -> dict[str, Any]:
    match item.type:
        case ItemType.SINGLE | ItemType.LISTEN:
            choices = [SelectChoice(choice.id) for choice in item.choices]
            return {"answer": RadioField(choices=choices, validators=[InputRequired(NOTHING_CHOSEN)])}
        case ItemType.MULTIPLE:
            choices = [SelectChoice(choice.id) for choice in item.choices]
            required = InputRequired(_l("Choose at least one answer first."))
            return {"answer": SelectMultipleField(choices=choices, validators=[required])}
        case ItemType.ORDER:
            return _place_fields([line.id for line in item.choices])
        case ItemType.MATCH:
            options = [SelectChoice(""), *(SelectChoice(pair.id) for pair in item.pairs)]
            required = InputRequired(_l("Choose a partner for each line first."))
            return {
                PAIR + pair.id: SelectField(choices=options, validators=[required]) for pair in item.pairs
            }
        case ItemType.CLOZE:
            return {GAP + gap.id: _text(_l("Fill each gap first."), GAP_MAX) for gap in item.gaps}
        case ItemType.NUMERIC:
            return {"answer": _text(_l("Write a number first."), ANSWER_MAX)}
        case ItemType.SHORT_TEXT:
            return {"answer": _text(_l("Write an answer first."), ANSWER_MAX)}
        case _:
            raise ValueError(f"no form for {item.type}")


def _text(message: Any, longest: int) -> StringField:
    too_long = _l("Write at most %(max)d characters.", max=longest)
    return StringField(validators=[InputRequired(message), Length(max=longest, message=too_long)])


def _place_fields(ids: list[str]) -> dict[str, Any]:
    places = [SelectChoice(place, str(place)) for place in range(1, len(ids) + 1)]
    message = _l("Give each line its own place.")

    def own_place(form: AnswerForm, field: Any) -> None:
        taken = [form._fields[PLACE + line].data for line in ids]
        if taken.count(field.data) > 1:
            raise ValidationError(str(message))

    return {
        PLACE + line: SelectField(
            choices=places, coerce=_number, validators=[InputRequired(message), own_place]
        )
        for line in ids
    }


def _number(value: Any) -> int:
    return int(value) if isinstance(value, int) or (str(value).isascii() and str(value).isdigit()) else 0
