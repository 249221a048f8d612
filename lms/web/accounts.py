"""Signing in and out, passwords, one's own settings, people; the language switch that every page has."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from flask_login import current_user, logout_user
from sqlalchemy.orm import Session

from lms.adapters import passwords
from lms.bootstrap import Parts
from lms.db.accounts import Person
from lms.domain.access import Right
from lms.domain.accounts import LANGUAGES, clean_role
from lms.domain.errors import Conflict, Invalid
from lms.services import accounts, notices
from lms.web.access import allow, public, safe_target
from lms.web.forms.accounts import (
    ChangePasswordForm,
    EditPersonForm,
    PersonForm,
    SetPasswordForm,
    SettingsForm,
    SignInForm,
)
from lms.web.language import language
from lms.web.session import SignedIn, begin, current, load_person

PAGES_MAX = 10_000


def create_blueprint(parts: Parts) -> Blueprint:
    """Answer the routes."""
    blueprint = Blueprint("accounts", __name__)
    add_signing_in(blueprint, parts)
    add_own_settings(blueprint, parts)
    add_people(blueprint, parts)
    return blueprint


def add_signing_in(blueprint: Blueprint, parts: Parts) -> None:
    """Sign in, sign out, set a password by link, choose a language."""

    @blueprint.get("/sign-in")
    @public
    def sign_in() -> Any:
        if current_user.is_authenticated:
            return redirect(safe_target(request.args.get("next")))
        return render_template("accounts/sign_in.html", form=SignInForm(next=request.args.get("next", "")))

    @blueprint.post("/sign-in")
    @public
    def sign_in_post() -> Any:
        form = SignInForm()
        if not form.validate():
            return render_template("accounts/sign_in.html", form=form), 400
        person = _verify(parts, form.email.data or "", form.password.data or "")
        if person is None:
            form.password.errors = [_("The e-mail or the password is wrong. Check both and try again.")]
            return render_template("accounts/sign_in.html", form=form), 401
        _begin_session(person)
        return redirect(safe_target(form.next.data), code=303)

    @blueprint.post("/sign-out")
    @public
    def sign_out() -> Any:
        chosen = session.get("language")
        logout_user()
        session.clear()
        if chosen in LANGUAGES:
            session["language"] = chosen
        return redirect(url_for("accounts.sign_in"), code=303)

    @blueprint.route("/set-password/<secret>", methods=["GET", "POST"])
    @public
    def set_password(secret: str) -> Any:
        form = SetPasswordForm()
        with parts.database.reading() as db:
            person = accounts.person_of_link(db, secret, now=parts.now())
        if form.validate_on_submit():
            try:
                with parts.database.writing() as db:
                    accounts.set_password_by_link(
                        db, secret, new=form.new_password.data or "", now=parts.now()
                    )
            except Invalid as error:
                form.refuse(error, _password_advice(error))
            else:
                flash(_("Your password is set. Sign in with it."), "success")
                return redirect(url_for("accounts.sign_in"), code=303)
        status = 400 if form.errors else 200
        return render_template("accounts/set_password.html", form=form, email=person.email), status

    @blueprint.post("/language")
    @public
    def set_language() -> Any:
        wanted = request.form.get("language", "")
        if wanted not in LANGUAGES:
            raise Invalid("language", f"expected one of {', '.join(LANGUAGES)}")
        session["language"] = wanted
        if current_user.is_authenticated:
            with parts.database.writing() as db:
                accounts.set_language(db, current().person_id, wanted)
        return redirect(safe_target(request.form.get("next")), code=303)


def _verify(parts: Parts, email: str, password: str) -> SignedIn | None:
    """Check a password, count a wrong one. The hash takes as long for an unknown address."""
    now = parts.now()
    place = accounts.Place(address=request.remote_addr or "", email=email.strip().lower())
    with parts.database.reading() as db:
        accounts.check_attempts(db, place, now=now)
        person = accounts.person_by_email(db, email)
        found = (
            None if person is None else (person.id, person.password_hash, person.uuid, person.session_version)
        )
    right = passwords.password_matches(found[1] if found else None, password)
    with parts.database.writing() as db:
        if not right or found is None:
            accounts.record_failure(db, place, now=now)
            return None
        stale = passwords.needs_rehash(found[1] or "")
        accounts.signed_in(
            db, found[0], password_hash=passwords.hash_password(password) if stale else None, now=now
        )
    return load_person(parts, str(found[2]), str(found[3]))


def _begin_session(person: SignedIn) -> None:
    """Start a fresh session: nothing of the one before it survives but the language."""
    chosen = session.get("language")
    session.clear()
    session["id"] = secrets.token_hex(16)
    if chosen in LANGUAGES:
        session["language"] = chosen
    begin(person)


def add_own_settings(blueprint: Blueprint, parts: Parts) -> None:
    """The page /me: settings and password."""

    def show(form: SettingsForm, password: ChangePasswordForm, status: int = 200) -> tuple[str, int]:
        return (
            render_template(
                "accounts/settings.html",
                form=form,
                password_form=password,
                password_url=url_for("accounts.change_password"),
            ),
            status,
        )

    def chosen() -> SettingsForm:
        person = current()
        return SettingsForm(
            formdata=None,
            language=person.language or language(),
            timezone=person.timezone,
            working_days=list(person.working_days),
            daily_minutes=person.daily_minutes,
        )

    @blueprint.get("/me")
    @allow(Right.LEARN)
    def settings() -> Any:
        return show(chosen(), ChangePasswordForm(formdata=None))

    @blueprint.post("/me")
    @allow(Right.LEARN)
    def save_settings() -> Any:
        form = SettingsForm()
        if not form.validate():
            return show(form, ChangePasswordForm(formdata=None), 400)
        own = accounts.OwnSettings(
            language=form.language.data,
            timezone=form.timezone.data,
            working_days="".join(form.working_days.data or []),
            daily_minutes=form.daily_minutes.data or 0,
        )
        with parts.database.writing() as db:
            accounts.save_settings(db, current().person_id, own)
        session["language"] = own.language
        flash(_("Your settings are saved."), "success")
        return redirect(url_for("accounts.settings"), code=303)

    @blueprint.post("/me/password")
    @allow(Right.LEARN)
    def change_password() -> Any:
        form = ChangePasswordForm()
        person = current()
        if not form.validate():
            return show(chosen(), form, 400)
        place = accounts.Place(address=request.remote_addr or "", email=person.email)
        with parts.database.reading() as db:
            accounts.check_attempts(db, place, now=parts.now())
        try:
            with parts.database.writing() as db:
                version = accounts.change_password(
                    db, person.person_id, current=form.current.data or "", new=form.new_password.data or ""
                )
        except Invalid as error:
            if error.field == "current":
                with parts.database.writing() as db:
                    accounts.record_failure(db, place, now=parts.now())
            form.refuse(error, _password_advice(error))
            return show(chosen(), form, 400)
        renewed = load_person(parts, str(person.uuid), str(version))
        if renewed is not None:
            _begin_session(renewed)
        flash(_("Your password is changed. You are signed out everywhere else."), "success")
        return redirect(url_for("accounts.settings"), code=303)


def add_people(blueprint: Blueprint, parts: Parts) -> None:
    """The administrator's pages: people, and links to set a password."""

    @blueprint.get("/admin")
    @allow(Right.ADMINISTER)
    def admin() -> Any:
        return redirect(url_for("accounts.users"))

    @blueprint.get("/admin/people")
    @allow(Right.ADMINISTER)
    def users() -> Any:
        page = min(max(1, request.args.get("page", 1, type=int)), PAGES_MAX)
        search = request.args.get("q", "")[:100]
        with parts.database.reading() as db:
            found = accounts.list_people(db, search=search, page=page)
        return render_template(
            "accounts/users.html",
            rows=[
                replace(row, last_seen=format_date(row.last_seen, "medium") if row.last_seen else None)
                for row in found.people
            ],
            page=found.page,
            pages=found.pages,
            total=found.total,
            search=search,
        )

    @blueprint.route("/admin/people/new", methods=["GET", "POST"])
    @allow(Right.ADMINISTER)
    def add_user() -> Any:
        form = PersonForm()
        if form.validate_on_submit():
            try:
                with parts.database.writing() as db:
                    person = accounts.create_person(
                        db,
                        email=form.email.data or "",
                        name=form.name.data or "",
                        role=clean_role(form.role.data or ""),
                        team=form.team.data or None,
                        now=parts.now(),
                        new_id=parts.new_id,
                    )
                    link = _make_link(db, person)
            except Invalid as error:
                form.refuse(error, _person_advice(error))
            except Conflict:
                form.email.errors = [_("This e-mail has an account already.")]
            else:
                return _person_page(person.uuid, link)
        return render_template("accounts/user_form.html", form=form, user=None), 400 if form.errors else 200

    @blueprint.route("/admin/people/<uuid:user_id>", methods=["GET", "POST"])
    @allow(Right.ADMINISTER)
    def edit_user(user_id: UUID) -> Any:
        with parts.database.reading() as db:
            user = accounts.person_row(db, user_id)
        form = EditPersonForm(
            name=user.display_name, role=user.role.value, team=user.team_name, active=user.active
        )
        own = user_id == current().uuid
        if form.validate_on_submit():
            if own and (not form.active.data or form.role.data != user.role):
                form.role.errors = [_("You cannot close your own account or change your own role.")]
            else:
                try:
                    with parts.database.writing() as db:
                        accounts.change_person(
                            db,
                            user_id,
                            name=form.name.data or "",
                            role=clean_role(form.role.data or ""),
                            team=form.team.data or None,
                            active=bool(form.active.data),
                            new_id=parts.new_id,
                        )
                except Invalid as error:
                    form.refuse(error, _person_advice(error))
                else:
                    flash(_("The account is saved."), "success")
                    return redirect(url_for("accounts.users"), code=303)
        return render_template("accounts/user_form.html", form=form, user=user), 400 if form.errors else 200

    @blueprint.post("/admin/people/<uuid:user_id>/link")
    @allow(Right.ADMINISTER)
    def new_link(user_id: UUID) -> Any:
        with parts.database.writing() as db:
            link = _make_link(db, accounts.person_by_uuid(db, user_id))
        return _person_page(user_id, link)

    def _person_page(user_id: UUID, link: str) -> str:
        with parts.database.reading() as db:
            user = accounts.person_row(db, user_id)
        form = EditPersonForm(
            formdata=None,
            name=user.display_name,
            role=user.role.value,
            team=user.team_name,
            active=user.active,
        )
        return render_template("accounts/user_form.html", form=form, user=user, one_time_link=link)

    def _make_link(db: Session, person: Person) -> str:
        secret = accounts.make_link(db, person, now=parts.now(), new_secret=parts.new_secret)
        link = f"{parts.settings.base_url}/set-password/{secret}"
        notices.send_set_password(db, person, link=link, now=parts.now(), new_id=parts.new_id)
        return link


def _person_advice(error: Invalid) -> str:
    """Say in the page's language what is wrong with an account's field."""
    if error.field == "email":
        return str(_("Give an address like name@company.com."))
    return str(_("Give 1 to 120 characters on one line."))


def _password_advice(error: Invalid) -> str:
    """Say in the page's language how to mend a password."""
    if error.field == "current":
        return str(_("This is not your current password."))
    return str(_("Choose at least 12 characters, with at least 5 different ones, and not your e-mail."))
