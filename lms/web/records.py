"""/admin/xapi for administrators: statements and refusals of the record store.

Credentials, targets and privacy, tabs of the same page, have files of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import format_datetime, format_decimal
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.bootstrap import Parts
from lms.domain.access import Right
from lms.domain.errors import Invalid, NotFound
from lms.services import records
from lms.services.tellings import Telling, actor_text, cut, tell
from lms.web.access import allow
from lms.web.credentials import add_credentials
from lms.web.forms.records import FilterForm
from lms.web.language import language
from lms.web.privacy import add_privacy
from lms.web.session import current
from lms.web.targets import add_targets
from xapi.errors import XapiError
from xapi.spec.datatypes import check_iri, check_uuid
from xapi.spec.mentions import agent_key
from xapi.spec.payload import indent_json
from xapi.spec.timestamp import microseconds
from xapi.store.attachments import find_attachments, read_attachment
from xapi.store.credentials import list_credentials
from xapi.store.files import FileMissing
from xapi.store.query import StatementQuery
from xapi.store.refusals import latest_refusals

PAGE = 25
JSON_SHOWN = 50_000
"""Characters of a statement's JSON on its page; the whole of it can be downloaded."""
REFUSED_SHOWN = 4_000
SEQ_MAX = 2**62

_SHA2 = re.compile(r"[0-9a-f]{56,128}\Z")
DOWNLOAD = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
"""Whatever somebody attached must not run as a page of ours."""


def create_blueprint(parts: Parts) -> Blueprint:
    """Answer the routes."""
    blueprint = Blueprint("records", __name__, url_prefix="/admin/xapi")
    add_statements(blueprint, parts)
    add_refusals(blueprint, parts)
    add_credentials(blueprint, parts)
    add_targets(blueprint, parts)
    add_privacy(blueprint, parts)
    blueprint.app_template_filter("cut")(cut)
    blueprint.app_template_test("web_address")(_is_web_address)
    return blueprint


def add_statements(blueprint: Blueprint, parts: Parts) -> None:
    """The list with its filters, one statement, its bytes."""
    iri_base = parts.settings.iri_base

    @blueprint.get("")
    @allow(Right.ADMINISTER)
    def statements() -> Any:
        form = FilterForm(request.args)
        listing, told = None, []
        if form.validate():
            with parts.database.reading() as db:
                try:
                    query = _query(db, form, iri_base=iri_base, before=_before())
                    if form.statement.data:
                        id = check_uuid(form.statement.data.strip(), at="statement")
                        records.show_statement(db, id)
                        return redirect(url_for("records.statement", statement_id=id))
                    listing = records.list_statements(db, query)
                    told = tell(db, listing.found, language=language(), iri_base=iri_base)
                except (Invalid, XapiError, NotFound) as error:
                    _refuse(form, error)
        return render_template(
            "records/statements.html",
            form=form,
            given=form.given(),
            told=told,
            before=_before(),
            after=listing and listing.after,
            moment=_moment,
            figure=_figure,
        ), 400 if form.errors else 200

    @blueprint.get("/statements/<uuid:statement_id>")
    @allow(Right.ADMINISTER)
    def statement(statement_id: UUID) -> Any:
        with parts.database.reading() as db:
            shown = records.show_statement(db, statement_id)
            told, *referring = tell(
                db, [shown.listed, *shown.referring], language=language(), iri_base=iri_base
            )
        pretty = indent_json(shown.payload)
        return render_template(
            "records/statement.html",
            told=told,
            statement=shown.listed.statement,
            authority=actor_text(shown.listed.statement["authority"], names={}, iri_base=iri_base),
            actor=_filter_of(shown.listed.statement["actor"]),
            attachments=shown.attachments,
            referring=referring,
            pretty=pretty[:JSON_SHOWN],
            raw=shown.payload[:JSON_SHOWN],
            is_cut=len(pretty) > JSON_SHOWN,
            moment=_moment,
            figure=_figure,
        )

    @blueprint.get("/statements/<uuid:statement_id>/raw")
    @allow(Right.ADMINISTER)
    def raw(statement_id: UUID) -> Any:
        with parts.database.reading() as db:
            payload = records.show_statement(db, statement_id).payload
        return _file(payload.encode(), f"{statement_id}.json", "application/json")

    @blueprint.get("/attachments/<sha2>")
    @allow(Right.ADMINISTER)
    def attachment(sha2: str) -> Any:
        if not _SHA2.match(sha2):
            raise NotFound("there is no such attachment")
        with parts.database.reading() as db:
            found = find_attachments(db, [sha2])
        if not found:
            raise NotFound("there is no such attachment")
        pieces = _begun(read_attachment(found[0], files=parts.files, reading=parts.database.reading))
        answer = _file(pieces, sha2, "application/octet-stream")
        answer.content_length = found[0].length
        return answer


def add_refusals(blueprint: Blueprint, parts: Parts) -> None:
    """What the store refused, and why."""

    @blueprint.get("/refusals")
    @allow(Right.ADMINISTER)
    def refusals() -> Any:
        with parts.database.reading() as db:
            found = latest_refusals(db, before=_before(), limit=PAGE + 1)
            names = {one.key: one.name for one in list_credentials(db)}
        rows = [
            {
                "at": one.at,
                "status": one.status,
                "reason": _reason(one.reason),
                "credential": names.get(one.credential_key or "", one.credential_key),
                "address": one.address,
                "text": one.body.decode("utf-8", "replace")[:REFUSED_SHOWN],
                "is_cut": len(one.body) > REFUSED_SHOWN,
            }
            for one in found[:PAGE]
        ]
        after = found[PAGE - 1].id if len(found) > PAGE else None
        return render_template(
            "records/refusals.html", rows=rows, after=after, before=_before(), moment=_moment
        )


def _query(db: Session, form: FilterForm, *, iri_base: str, before: int | None) -> StatementQuery:
    """Answer the filters of the form; raises Invalid and XapiError that name the field."""
    agent = None
    if form.person.data:
        agent = agent_key(records.find_agents(db, form.person.data, iri_base=iri_base)[0])
    iris = {
        name: check_iri(form[name].data.strip(), at=name) if form[name].data else None
        for name in ("verb", "activity")
    }
    registration = form.registration.data
    return StatementQuery(
        agent=agent,
        related_agents=form.related.data,
        verb=iris["verb"],
        activity=iris["activity"],
        related_activities=form.related.data,
        registration=check_uuid(registration.strip(), at="registration") if registration else None,
        since=_day_begins(form.since.data, at="since") - 1 if form.since.data else None,
        until=_day_begins(form.until.data, at="until", later=1) - 1 if form.until.data else None,
        after=before,
        limit=PAGE,
        include_voided=True,
    )


def _day_begins(day: Any, *, at: str, later: int = 0) -> int:
    """Answer the place at which a day, or one so many days later, begins where the reader is."""
    try:
        day += timedelta(days=later)
        begins = datetime(day.year, day.month, day.day, tzinfo=current().zone).astimezone(UTC)
    except OverflowError as error:
        raise Invalid(at, "expected a day between the years 1 and 9999") from error
    return microseconds(begins)


def _refuse(form: FilterForm, error: Exception) -> None:
    """Put the refusal beside its field, in the page's language."""
    words = {
        "person": _("Nobody is found by this. Give an e-mail or a name from People, or a whole identifier."),
        "verb": _("Give the whole IRI, such as http://adlnet.gov/expapi/verbs/answered."),
        "activity": _("Give the whole IRI of the activity."),
        "registration": _("Give a UUID: 32 hexadecimal digits with four hyphens."),
        "statement": _("No statement has this id. An id is a UUID: 32 hexadecimal digits with four hyphens."),
        "since": _("Choose another day."),
        "until": _("Choose another day."),
    }
    name = getattr(error, "field", None) or getattr(error, "path", None) or "statement"
    form.refuse(Invalid(name, str(error)), words.get(name, str(error)))


def _filter_of(actor: Any) -> str | None:
    """Answer what finds the same actor in the filter, None for a group without identifier."""
    if "account" in actor:
        return f"{actor['account']['homePage']} {actor['account']['name']}"
    found = actor.get("mbox") or actor.get("openid") or actor.get("mbox_sha1sum")
    return None if found is None else str(found)


def _reason(kept: str) -> str:
    """Answer the sentence that the sender was given, out of the answer's JSON."""
    try:
        return str(json.loads(kept)["error"])
    except (ValueError, TypeError, KeyError):
        return kept


def _before() -> int | None:
    """Answer the place or number that a page of a list ends before; anything odd is no place."""
    text = request.args.get("before", "")
    return min(int(text), SEQ_MAX) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _begun(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Read the first piece, so that a file that cannot be read is known before the answer begins."""
    try:
        first = next(pieces, b"")
    except FileMissing as error:
        raise NotFound("the attachment is not there any more") from error
    return chain([first], pieces)


def _file(content: bytes | Iterator[bytes], name: str, mimetype: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', **DOWNLOAD}
    return Response(content, mimetype=mimetype, headers=headers)


def _is_web_address(iri: str) -> bool:
    """Tell whether an IRI may become a link: those of other schemes could run something."""
    return iri.lower().startswith(("http://", "https://"))


def _moment(moment: datetime | None) -> str:
    if moment is None:
        return "–"
    try:
        return str(format_datetime(moment, "medium"))
    except OverflowError:  # the first or last day that there is, which is none where the reader lives
        return moment.isoformat()


def _figure(told: Telling) -> str | None:
    """Answer the score as text."""
    if told.percent is not None:
        return f"{format_decimal(told.percent)}%"
    return told.raw
