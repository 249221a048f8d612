"""Jinja as pages use it: what every page would work out again is worked out once."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

from flask import Flask
from flask.templating import Environment
from jinja2.ext import Extension
from markupsafe import Markup

_ICON = re.compile(r"""\{\{ icon\("([a-z-]+)"(?:, "([a-z]+)")?\) \}\}""")


@lru_cache(maxsize=512)
def icon(name: str, size: str = "") -> Markup:
    """Answer an icon's markup; `size` is "" (20 px), "s" (16) or "l" (24); the names stand in icons.html."""
    classes = f"icon icon-{size}" if size else "icon"
    return Markup('<svg class="{}" aria-hidden="true" focusable="false"><use href="#i-{}"/></svg>').format(
        classes, name
    )


class DrawnIcons(Extension):
    """Puts an icon that a template names outright into its text when it is compiled."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Answer the source with `{{ icon("next", "s") }}` replaced by the icon."""
        return _ICON.sub(lambda found: icon(found[1], found[2] or ""), source)


class Templates(Environment):
    """Flask's environment. A page loads a dozen templates, each with the environment's hundred globals."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Answer the globals themselves where a template adds none: Jinja's ChainMap over them is copied and
        compared key by key in Python, at every include and import."""
        return super().make_globals(d) if d else self.globals


class Application(Flask):
    """Flask with these templates, all of them kept: a bounded cache searches its queue at each look."""

    jinja_environment = Templates
    jinja_options = {"cache_size": -1, "extensions": [DrawnIcons]}  # noqa: RUF012 - Flask's own attribute
