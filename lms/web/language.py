"""Which language a page is in: what the person chose, else what the browser asks for, else Chinese."""

from __future__ import annotations

from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path

from babel.support import Translations
from flask import Flask, g, request, session
from flask_babel import Babel
from flask_login import current_user

from lms.domain.accounts import LANGUAGES

LOCALES = {"zh-CN": "zh_Hans_CN", "en": "en"}
OTHER = {"zh-CN": "en", "en": "zh-CN"}
DEFAULT = "zh-CN"
TRANSLATIONS = Path(__file__).parent / "translations"


def language() -> str:
    """Answer the language of this request, `zh-CN` or `en`."""
    if "language" not in g:
        g.language = _choose()
    found: str = g.language
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
    # templates ask for dozens of texts a page; the extension would look its context up for each of them
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: _catalogue(language()).gettext(text),
        ngettext=lambda one, many, count: _catalogue(language()).ngettext(one, many, count),
        newstyle=True,
    )


@lru_cache(maxsize=len(LOCALES))
def _catalogue(tag: str) -> NullTranslations:
    """The texts of one language, read once a process."""
    return Translations.load(TRANSLATIONS, [LOCALES[tag]])
