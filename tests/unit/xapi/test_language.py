"""One language from a map (RFC 2616 14.4)."""

import pytest

from xapi.errors import Invalid
from xapi.spec.language import accepted_languages, choose_language

TEXTS = {"zh-CN": "客服", "en-US": "desk", "de": "Tisch"}


@pytest.mark.parametrize(
    ("header", "tag"),
    [
        ("", "zh-CN"),
        ("de", "de"),
        ("DE-at", "de"),
        ("en", "en-US"),
        ("fr, en;q=0.5, de;q=0.8", "de"),
        ("en;q=0, de;q=0.1", "de"),
        ("fr", "zh-CN"),
        ("fr, *", "zh-CN"),
    ],
)
def test_the_most_wanted_language_is_chosen(header, tag):
    assert choose_language(TEXTS, accepted_languages(header)) == {tag: TEXTS[tag]}


def test_an_empty_map_stays_empty_and_a_wrong_weight_is_refused():
    assert choose_language({}, ["en"]) == {}
    with pytest.raises(Invalid):
        accepted_languages("en;q=high")
