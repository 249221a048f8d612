"""For whoever runs the installation: is the process alive, is it ready to serve."""

from __future__ import annotations

from flask import Blueprint, Response

from lms.bootstrap import Parts
from lms.domain.errors import Unavailable
from lms.web.access import public


def create_blueprint(parts: Parts) -> Blueprint:
    """Answer the routes."""
    blueprint = Blueprint("operations", __name__)

    @blueprint.get("/healthz")
    @public
    def healthz() -> Response:
        return Response("alive\n", mimetype="text/plain")

    @blueprint.get("/readyz")
    @public
    def readyz() -> Response:
        try:
            parts.database.ready()
        except Unavailable:
            return Response(
                "the database does not answer\n",
                status=503,
                mimetype="text/plain",
                headers={"Retry-After": "5"},
            )
        return Response("ready\n", mimetype="text/plain")

    return blueprint
