"""What is kept of a refused body tells nobody who it was about."""

import json

import pytest

from xapi.spec.redaction import HIDDEN, redacted, redacted_text

STATEMENT = {
    "actor": {
        "name": "Li Na",
        "mbox": "mailto:li@desk.example",
        "account": {"homePage": "a:b", "name": "42"},
    },
    "verb": {"id": "did", "display": {"en": "did"}},
    "object": {"id": "https://o.example/1", "definition": {"name": {"en": "Refunds"}}},
    "result": {"response": "my secret", "score": {"scaled": 2}},
    "context": {"team": {"member": [{"openid": "https://li.example"}]}, "platform": "write to x@y.example"},
}
WHOLE = json.dumps(STATEMENT).encode()
PERSONAL = ("Li Na", "li@desk", "my secret", "li.example", "x@y", '"42"')


@pytest.mark.parametrize(
    "body",
    [
        WHOLE,
        json.dumps([STATEMENT] * 2, indent=2).encode(),
        WHOLE[:-1],  # no longer JSON
        WHOLE.replace(b'"verb"', b'"verb": 1, verb'),
        b"--frontier\r\nContent-Type: application/json\r\n\r\n" + WHOLE + b"\r\n--frontier\r\n\r\nli@desk",
    ],
)
def test_names_identifiers_answers_and_addresses_are_hidden_and_the_rest_is_not(body):
    text = redacted(body)

    assert [word for word in PERSONAL if word in text] == []
    assert HIDDEN in text
    assert "https://o.example/1" in text and "Refunds" in text and '"scaled": 2' in text


@pytest.mark.parametrize("length", range(10, len(WHOLE), 7))
def test_wherever_a_body_ends_nothing_personal_is_left(length):
    text = redacted(WHOLE[:length])

    assert [word for word in PERSONAL if word in text] == []


@pytest.mark.parametrize(
    "body", [b"", b"\x00\xff\xfe", b"--", b"--x\r\n", b"[" * 100_000, b'"' * 1000, b'"\\ud800"']
)
def test_any_bytes_become_text_that_can_be_stored(body):
    text = redacted(body)

    assert "\x00" not in text
    text.encode()


def test_a_reason_shows_no_address():
    assert redacted_text("actor.mbox: got 'li@desk.example'") == f"actor.mbox: got '{HIDDEN}'"
