"""Typed answers: what counts as the same text in a language, and which numbers a typed number can mean.

Twin of the same functions in courses/packages/player/grading.js, under tests/vectors/grading.json.
Lenient on what a keyboard or an input method does to an answer, strict on its words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from quizzes.errors import ResponseError

LONGEST_TYPED = 2000
"""Characters; a longer answer is refused before it costs time."""

_SPACES = re.compile("[\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_INVISIBLE = re.compile("[\xad\u200b-\u200f\u2060\ufeff]")
_APOSTROPHES = re.compile("[\u2018\u2019\u201b\u2032\u02bc`\xb4\uff07]")
_QUOTES = re.compile('["\xab\xbb\u201c-\u201f\u2039\u203a\u2033\uff02\u3008-\u300f\uff62\uff63]')
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_WAVES = re.compile("[\u301c\uff5e]")
_SPACE_BEFORE_POINT = re.compile(r" +([,.;:!?])")
_BEFORE = " ';:!?\xa1\xbf"
_AFTER = " '.,;:!?"
"""Outer punctuation. A leading point may belong to a number."""
_CJK_POINT = re.compile("[.,;:!?'()\\[\\]\xb7\u30fb]")
_MARKS = re.compile("[\u0300-\u036f]")
_KATAKANA = re.compile("[\u30a1-\u30f6\u30fd\u30fe]")
_KANA_SHIFT = 0x60
_KEPT_TILDE = "\ue000"
"""Stands for the tilde of ñ while accents are taken off."""

_GERMAN = {"ä": "ae", "ö": "oe", "ü": "ue"}
_LIGATURES = {"ß": "ss", "œ": "oe", "æ": "ae"}


def normalise(text: str, lang: str) -> str:
    """Reduce a typed text to what is compared, by the rules of its language.

    Everywhere: full width to half width, case, quotation marks, kinds of dash and apostrophe, outer
    punctuation, inner spaces, accents (é = e). German: ä = ae, ß = ss. Spanish: ñ stays a letter.
    Chinese and Japanese: spaces and punctuation do not count, except inside a number.
    Japanese: katakana = hiragana.
    """
    language = lang.split("-")[0].lower()
    plain = _plain(text).lower()
    plain = _replaced(plain, _GERMAN if language == "de" else {})
    plain = _replaced(plain, _LIGATURES)
    plain = _without_accents(plain, keep_enye=language == "es")
    if language == "ja":
        plain = _KATAKANA.sub(lambda kana: chr(ord(kana.group()) - _KANA_SHIFT), plain)
    if language in ("zh", "ja"):
        return _without_cjk_points(_trimmed(plain).replace(" ", ""))
    return _trimmed(_SPACE_BEFORE_POINT.sub(r"\1", plain))


def plausible_numbers(text: str, *, unit: str = "") -> tuple[float, ...]:
    """Answer every number that the text can mean: "1.500" is 1.5 in English and 1500 in German.

    A currency sign before it and a unit after it are read over; "80%" is also 0.8 unless `unit` is
    per cent itself. A known unit of time other than `unit` gives no number at all: 18 hours is not
    18 minutes. Raises ResponseError where the text is no number.
    """
    matched = _NUMBER.fullmatch(_plain(text).lower().replace("\u3002", "."))
    if matched is None:
        raise ResponseError("expected a number")
    values = _values(matched["body"].strip())
    if not values:
        raise ResponseError("expected a number")
    sign = -1.0 if matched["sign"] == "-" else 1.0
    signed = tuple(sign * value for value in values)
    typed, asked = _known_unit(matched["unit"]), _known_unit(unit)
    if typed and asked and typed != asked:
        return ()
    if typed == _PER_CENT and not asked:
        return signed + tuple(value / 100 for value in signed)
    return signed


_NUMBER = re.compile(
    r"(?:[$\u20ac\xa3\xa5]|us\$|rmb|cny|eur|usd|gbp|jpy)? ?"
    r"(?P<sign>[-+]?) ?(?:[$\u20ac\xa3\xa5] ?)?"
    r"(?P<body>[.,]?[0-9](?:[0-9., ']*[0-9])?) ?[.,]?"
    r"(?P<unit>[^0-9]{0,40})"
)
_WHOLE = re.compile(r"[0-9]+")
_DECIMAL = re.compile(r"([0-9]*)[.,]([0-9]+)")
_ONE_GROUP = re.compile(r"([1-9][0-9]{0,2})[.,]([0-9]{3})")
_GROUPED = re.compile(r"([0-9]{1,3}(?:([., '])[0-9]{3})(?:\2[0-9]{3})*)(?:([.,])([0-9]+))?")
_MOST_DIGITS = 40

_PER_CENT = "%"
_UNITS: Mapping[str, str] = {
    spelling: unit
    for unit, spellings in {
        _PER_CENT: "% percent prozent pourcent パーセント 百分之 个百分点",
        "s": "s sec secs second seconds 秒 秒钟 秒間 sek sekunde sekunden seconde secondes segundo segundos",
        "min": "m min mins minute minutes 分 分钟 分鐘 分間 minuten minuto minutos",
        "h": "h hr hrs hour hours 小时 小時 时 時間 std stunde stunden heure heures hora horas",
        "d": "d day days 天 日 日間 tag tage tagen jour jours dia dias",
        "w": "w wk week weeks 周 星期 週間 woche wochen semaine semaines semana semanas",
    }.items()
    for spelling in spellings.split()
}


def _plain(text: str) -> str:
    """Undo what keyboards add: widths, kinds of dash and quote, invisible marks, runs of spaces."""
    plain = _APOSTROPHES.sub("'", _DASHES.sub("-", _WAVES.sub("~", text)))
    plain = _INVISIBLE.sub("", _QUOTES.sub("", unicodedata.normalize("NFKC", plain)))
    return _SPACES.sub(" ", plain).strip(" ")


def _trimmed(text: str) -> str:
    return text.lstrip(_BEFORE).rstrip(_AFTER)


def _replaced(text: str, replacements: Mapping[str, str]) -> str:
    for old, new in replacements.items():
        text = text.replace(old, new)
    return text


def _without_accents(text: str, *, keep_enye: bool) -> str:
    """Take combining marks off Latin letters; kana keep theirs (U+3099 lies outside the range)."""
    apart = unicodedata.normalize("NFD", text)
    if keep_enye:
        apart = apart.replace("n\u0303", "n" + _KEPT_TILDE)
    bare = _MARKS.sub("", apart).replace(_KEPT_TILDE, "\u0303")
    return unicodedata.normalize("NFC", bare)


def _without_cjk_points(text: str) -> str:
    text = text.replace("\u3002", ".").replace("\u3001", ",")
    kept = []
    for index, character in enumerate(text):
        in_number = _is_digit(text[index - 1 : index]) and _is_digit(text[index + 1 : index + 2])
        if in_number or not _CJK_POINT.match(character):
            kept.append(character)
    return "".join(kept)


def _is_digit(character: str) -> bool:
    return "0" <= character <= "9"


def _values(body: str) -> list[float]:
    if len(body) > _MOST_DIGITS:
        return []
    if _WHOLE.fullmatch(body):
        return [float(body)]
    values = []
    if decimal := _DECIMAL.fullmatch(body):
        values.append(float(f"{decimal[1] or '0'}.{decimal[2]}"))
    if one_group := _ONE_GROUP.fullmatch(body):
        values.append(float(one_group[1] + one_group[2]))
    elif not values and (grouped := _GROUPED.fullmatch(body)) and grouped[2] != grouped[3]:
        whole = re.sub("[., ']", "", grouped[1])
        values.append(float(f"{whole}.{grouped[4] or '0'}"))
    return values


def _known_unit(words: str) -> str | None:
    return _UNITS.get(normalise(words, "en"))
