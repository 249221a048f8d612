"""The xAPI profile at its own IRI, and at the IRI of everything that it defines."""

from __future__ import annotations

from flask import Blueprint, Response

from lms.bootstrap import Parts
from lms.domain.errors import NotFound
from lms.web.access import public
from xapi.profile import MEDIA_TYPE, read_profile


def create_blueprint(parts: Parts) -> Blueprint:
    """Answer the routes."""
    blueprint = Blueprint("profile", __name__)
    base = parts.settings.iri_base
    profile = read_profile(base)

    @blueprint.get("/profile")
    @blueprint.get("/profile/<path:defined>")
    @public
    def show(defined: str = "") -> Response:
        if f"{base}/profile{'/' + defined if defined else ''}" not in profile.iris:
            raise NotFound("the profile defines nothing of this name")
        response = Response(profile.text, content_type=MEDIA_TYPE)
        response.headers["Access-Control-Allow-Origin"] = "*"  # profile servers and other tools read it
        return response

    return blueprint
