"""The xAPI profile of what the learning system says (`profile.jsonld`), under an installation's own IRIs."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("profile.jsonld")
WRITTEN_FOR = "https://crossdesk.invalid/"
"""The start of the file's own IRIs; an installation has its own in their place."""
MEDIA_TYPE = "application/ld+json"


@dataclass(frozen=True)
class Profile:
    """A profile as JSON text, and the IRIs of itself and all that it defines."""

    text: str
    iris: frozenset[str]


def read_profile(iri_base: str) -> Profile:
    """Answer the profile of an installation whose IRIs start with `iri_base`."""
    document = _moved(json.loads(FILE.read_text(encoding="utf-8")), f"{iri_base}/")
    return Profile(
        text=json.dumps(document, ensure_ascii=False, indent=2) + "\n", iris=frozenset(_defined(document))
    )


def _moved(value: Any, start: str) -> Any:
    if isinstance(value, str):
        return value.replace(WRITTEN_FOR, start)
    if isinstance(value, list):
        return [_moved(one, start) for one in value]
    if isinstance(value, dict):
        return {key: _moved(one, start) for key, one in value.items()}
    return value


def _defined(document: dict[str, Any]) -> Iterator[str]:
    yield document["id"]
    for name in ("versions", "concepts", "templates", "patterns"):
        for one in document[name]:
            yield one["id"]
