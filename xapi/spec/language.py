"""Choosing one language from a map by Accept-Language (RFC 2616 14.4; xAPI 1.0.3 part 3, 2.1.3)."""

from collections.abc import Mapping, Sequence

from xapi.errors import Invalid


def accepted_languages(header: str) -> list[str]:
    """Answer the language ranges of an Accept-Language header in lower case, the most wanted first."""
    ranges = []
    for place, item in enumerate(part.strip() for part in header.split(",")):
        tag, _, parameters = item.partition(";")
        quality = _quality(parameters)
        if tag.strip() and quality > 0:
            ranges.append((-quality, place, tag.strip().lower()))
    return [tag for _, _, tag in sorted(ranges)]


def choose_language(texts: Mapping[str, str], accepted: Sequence[str]) -> dict[str, str]:
    """Answer the one entry that fits best: the range itself or a part of it, else a wider one, else the
    first."""
    by_tag = {tag.lower(): tag for tag in texts}
    for wanted in accepted:
        if wanted == "*":
            break
        if wanted in by_tag:
            return _only(texts, by_tag[wanted])
        narrower = next((tag for low, tag in by_tag.items() if low.startswith(f"{wanted}-")), None)
        if narrower is not None:
            return _only(texts, narrower)
        while "-" in wanted:
            wanted = wanted.rpartition("-")[0]
            if wanted in by_tag:
                return _only(texts, by_tag[wanted])
    return _only(texts, next(iter(texts))) if texts else {}


def _only(texts: Mapping[str, str], tag: str) -> dict[str, str]:
    return {tag: texts[tag]}


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError as error:
        raise Invalid("Accept-Language", "expected q to be a number") from error
