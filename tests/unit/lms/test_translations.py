"""Every text of the interface has its Chinese; a text that is added without one fails here."""

from __future__ import annotations

from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[3]
CATALOGUE = ROOT / "lms/web/translations/zh_Hans_CN/LC_MESSAGES/messages.po"
KEYWORDS = {"_": None, "_l": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}


def test_no_text_is_without_its_chinese() -> None:
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="zh_Hans_CN")

    missing = set()
    for name, line, found, *_ in extract_from_dir(str(ROOT), methods, options, keywords=KEYWORDS):
        key = found[0] if isinstance(found, tuple) else found
        entry = catalogue.get(key)
        words = entry.string if entry else ""
        if not (words[0] if isinstance(words, tuple) else words):
            missing.add(f"{name}:{line}: {key!r}")

    assert sorted(missing) == []
