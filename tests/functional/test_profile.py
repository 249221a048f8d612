"""The profile where its IRIs say that it is."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient

from tests.conftest import IRI_BASE


@pytest.mark.parametrize(
    "path",
    ["", "/v1", "/verbs/assigned", "/extensions/study-day", "/templates/answered", "/patterns/learning"],
)
def test_the_profile_is_served_to_everybody_at_each_of_its_iris(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/profile{path}")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/ld+json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert json.loads(answer.data)["id"] == f"{IRI_BASE}/profile"
    assert f"{IRI_BASE}/profile{path}".encode() in answer.data


@pytest.mark.parametrize("path", ["/", "/v2", "/verbs", "/verbs/unknown"])
def test_what_the_profile_does_not_define_is_not_there(client: FlaskClient, path: str) -> None:
    assert client.get(f"/profile{path}").status_code == 404
