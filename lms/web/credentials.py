"""The Credentials tab of /admin/xapi: keys for other people's tools; make, limit, rotate, revoke."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import format_datetime
from flask_babel import gettext as _

from lms.bootstrap import Parts
from lms.domain.access import Right
from lms.domain.errors import NotFound
from lms.web.access import allow
from lms.web.forms.records import SCOPE_WORDS, CredentialForm, LimitForm, RotateForm
from xapi import errors
from xapi.store import credentials as store
from xapi.store.tables import Credential


def add_credentials(blueprint: Blueprint, parts: Parts) -> None:
    """Add the routes of this tab to those of the record store."""
    add_list(blueprint, parts)
    add_one(blueprint, parts)


def add_list(blueprint: Blueprint, parts: Parts) -> None:
    """All credentials, and a form for another one."""

    def show(form: CredentialForm, made: tuple[str, str] | None = None, status: int = 200) -> Any:
        with parts.database.reading() as db:
            rows = store.list_credentials(db)
        return render_template(
            "records/credentials.html",
            rows=rows,
            form=form,
            made=made,
            scopes=SCOPE_WORDS,
            now=parts.now(),
            moment=_moment,
        ), status

    @blueprint.get("/credentials")
    @allow(Right.ADMINISTER)
    def credentials() -> Any:
        return show(CredentialForm(formdata=None))

    @blueprint.post("/credentials")
    @allow(Right.ADMINISTER)
    def add_credential() -> Any:
        form = CredentialForm()
        if not form.validate():
            return show(form, status=400)
        with parts.database.writing() as db:
            made = store.create_credential(
                db,
                form.name.data,
                form.scope.data,
                now=parts.now(),
                secrets=secrets.token_urlsafe,
                rate_limit=form.rate_limit.data,
            )
        return show(CredentialForm(formdata=None), made)


def add_one(blueprint: Blueprint, parts: Parts) -> None:
    """One credential, and what can be changed about it. None of it is a token's."""

    def find(key: str) -> Credential:
        with parts.database.reading() as db:
            found = store.find_credential(db, key)
        if found is None:
            raise NotFound("there is no such credential")
        return found

    def show(
        key: str,
        *,
        limit: LimitForm | None = None,
        rotate: RotateForm | None = None,
        made: tuple[str, str] | None = None,
        status: int = 200,
    ) -> Any:
        found = find(key)
        return render_template(
            "records/credential.html",
            credential=found,
            limit=limit or LimitForm(formdata=None, prefix="limit-", obj=found),
            rotate=rotate or RotateForm(formdata=None, prefix="rotate-"),
            made=made,
            scopes=SCOPE_WORDS,
            now=parts.now(),
            moment=_moment,
        ), status

    @blueprint.get("/credentials/<key>")
    @allow(Right.ADMINISTER)
    def credential(key: str) -> Any:
        return show(key)

    @blueprint.post("/credentials/<key>/limit")
    @allow(Right.ADMINISTER)
    def limit_credential(key: str) -> Any:
        find(key)
        form = LimitForm(prefix="limit-")
        if not form.validate():
            return show(key, limit=form, status=400)
        with parts.database.writing() as db:
            store.limit_credential(db, key, form.rate_limit.data)
        flash(_("The limit is changed. Within ten seconds it holds everywhere."), "success")
        return redirect(url_for("records.credential", key=key), code=303)

    @blueprint.post("/credentials/<key>/rotate")
    @allow(Right.ADMINISTER)
    def rotate_credential(key: str) -> Any:
        find(key)
        form = RotateForm(prefix="rotate-")
        if not form.validate():
            return show(key, rotate=form, status=400)
        try:
            with parts.database.writing() as db:
                secret = store.rotate_credential(
                    db,
                    key,
                    now=parts.now(),
                    keep=timedelta(hours=form.keep_hours.data),
                    secrets=secrets.token_urlsafe,
                )
        except errors.NotFound as error:  # it is revoked
            raise NotFound(str(error)) from error
        return show(key, made=(key, secret))

    @blueprint.post("/credentials/<key>/revoke")
    @allow(Right.ADMINISTER)
    def revoke(key: str) -> Any:
        with parts.database.writing() as db:
            if not store.revoke_credential(db, key, now=parts.now()):
                raise NotFound("there is no such credential, or it is revoked already")
        flash(_("The credential is revoked. Within ten seconds nothing takes it any more."), "success")
        return redirect(url_for("records.credentials"), code=303)


def _moment(moment: datetime) -> str:
    return str(format_datetime(moment, "medium"))
