"""Plain xAPI packages as archives, and the actors of launches old and new."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

Build = Callable[..., bytes]
Unzip = Callable[[bytes], dict[str, bytes]]
TINCAN = "{http://projecttincan.com/tincan.xsd}"
COURSE = "https://crossdesk.test/courses/service-desk"
ACCOUNT = {"homePage": "https://lms.test", "name": "4711"}


@pytest.mark.parametrize(
    ("scope", "iri", "kind"),
    [("course", COURSE, "course"), ("module:tools", f"{COURSE}/modules/tools", "module")],
)
def test_the_structure_names_one_activity_and_its_page(
    build: Build, unzip: Unzip, scope: str, iri: str, kind: str
) -> None:
    archive = build(format="xapi", scope=scope)
    files = unzip(archive)
    (activity,) = etree.fromstring(files["tincan.xml"]).iter(f"{TINCAN}activity")

    assert activity.get("id") == iri
    assert activity.get("type") == f"http://adlnet.gov/expapi/activities/{kind}"
    assert [child.tag for child in activity] == [
        f"{TINCAN}{name}" for name in ("name", "description", "launch")
    ]
    assert all(child.text and child.get("lang") == "zh-CN" for child in activity)
    page = files[str(activity.findtext(f"{TINCAN}launch"))].decode()
    assert all(name in files for name in re.findall(r'(?:src|href)="([^"]+)"', page))
    assert archive == build(format="xapi", scope=scope)


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        ({"mbox": "mailto:li@desk.test"}, {"mbox": "mailto:li@desk.test"}),
        ({"account": ACCOUNT, "name": "Li"}, {"account": ACCOUNT, "name": "Li"}),
        # The launches of 2011: every part is a list, an account has other names.
        ({"name": ["Li"], "mbox": ["mailto:li@desk.test"]}, {"name": "Li", "mbox": "mailto:li@desk.test"}),
        (
            {"account": [{"accountServiceHomePage": "https://lms.test", "accountName": "4711"}]},
            {"account": ACCOUNT},
        ),
        ({"mbox": "li@desk.test"}, {"mbox": "mailto:li@desk.test"}),
        # Only one of them may say who it is.
        ({"mbox": "mailto:li@desk.test", "account": ACCOUNT}, {"account": ACCOUNT}),
        ({"name": "nobody"}, None),
        ("not an object", None),
        (None, None),
    ],
)
def test_an_actor_of_any_launch_is_understood(
    player: Callable[..., Any], given: Any, understood: dict[str, Any] | None
) -> None:
    (agent,) = player("agents", texts=[json.dumps(given)])

    assert agent == (understood and {"objectType": "Agent", **understood})


def test_an_actor_that_is_no_json_is_none(player: Callable[..., Any]) -> None:
    assert player("agents", texts=["{", None]) == [None, None]
