"""Which language a page is in: what the person chose, else what the browser asks for, else Chinese."""

from __future__ import annotations

from contextvars import ContextVar
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path
from typing import Any

from babel.support import Translations
from flask import Flask, g, request, session
from flask_babel import Babel
from flask_login import current_user
from markupsafe import Markup, escape

from lms.domain.accounts import LANGUAGES

LOCALES = {"zh-CN": "zh_Hans_CN", "en": "en"}
OTHER = {"zh-CN": "en", "en": "zh-CN"}
DEFAULT = "zh-CN"
TRANSLATIONS = Path(__file__).parent / "translations"


def language() -> str:
    """Answer the language of this request, `zh-CN` or `en`."""
    found: str | None = g.get("language")
    if found is None:
        found = g.language = _choose()
    return found


def _choose() -> str:
    chosen = session.get("language")
    if not g.get("error_page") and current_user and current_user.is_authenticated:
        chosen = current_user.language or chosen
    if chosen in LANGUAGES:
        return str(chosen)
    for tag, _quality in request.accept_languages:
        if tag.lower().startswith("zh"):
            return "zh-CN"
        if tag.lower().startswith("en"):
            return "en"
    return DEFAULT


def init_language(app: Flask) -> None:
    """Register Flask-Babel with the locale and the zone of the person."""

    def locale() -> str:
        return LOCALES[language()]

    def zone() -> str | None:
        if not g.get("error_page") and current_user and current_user.is_authenticated:
            return str(current_user.timezone)
        return None

    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", "web/translations")
    app.config.setdefault("BABEL_DEFAULT_LOCALE", "en")
    app.config.setdefault("BABEL_DEFAULT_TIMEZONE", "Asia/Shanghai")
    Babel(app, locale_selector=locale, timezone_selector=zone)
    _init_templates(app)


# Texts in templates. A page asks for dozens: the extension would look up its context for each of them, and
# ask three functions. These do the same as Jinja's new-style gettext: markup, and `%` with what is given.

TEXTS_KEPT = 4096
_spoken: ContextVar[str] = ContextVar("language of the page")


def _init_templates(app: Flask) -> None:
    @app.context_processor
    def speak() -> dict[str, Any]:
        _spoken.set(language())
        return {}

    app.jinja_env.globals.update(_=_text, gettext=_text, ngettext=_text_by_number)


def _text(message: str, /, **values: Any) -> Markup:
    return _filled(_words(_spoken.get(), message), values) if values else _plain(_spoken.get(), message)


def _text_by_number(one: str, many: str, number: int, /, **values: Any) -> Markup:
    return _filled(_words_by_number(_spoken.get(), one, many, number), {"num": number, **values})


def _filled(words: str, values: dict[str, Any]) -> Markup:
    """Put values into a text; what is not a number is escaped. `Markup % values` takes five times as long."""
    safe = {name: value if type(value) in (int, float) else escape(value) for name, value in values.items()}
    return Markup(words % safe)  # noqa: S704 - our own text, its values escaped


@lru_cache(maxsize=TEXTS_KEPT)
def _words(tag: str, message: str) -> str:
    return str(_catalogue(tag).gettext(message))


@lru_cache(maxsize=TEXTS_KEPT)
def _words_by_number(tag: str, one: str, many: str, number: int) -> str:
    return str(_catalogue(tag).ngettext(one, many, number))


@lru_cache(maxsize=TEXTS_KEPT)
def _plain(tag: str, message: str) -> Markup:
    return _filled(_words(tag, message), {})


@lru_cache(maxsize=len(LOCALES))
def _catalogue(tag: str) -> NullTranslations:
    """The texts of one language, read once a process."""
    return Translations.load(TRANSLATIONS, [LOCALES[tag]])
