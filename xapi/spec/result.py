"""Results and scores (xAPI 1.0.3 part 2, 2.4.5)."""

from typing import Any

from xapi.errors import Invalid
from xapi.spec.datatypes import (
    check_boolean,
    check_duration,
    check_extensions,
    check_number,
    check_object,
    check_string,
)

_RESULT = ("score", "success", "completion", "response", "duration", "extensions")


def check_result(value: Any, *, at: str) -> None:
    """Check a result."""
    result = check_object(value, at=at, allowed=_RESULT)
    if "score" in result:
        check_score(result["score"], at=f"{at}.score")
    for name in ("success", "completion"):
        if name in result:
            check_boolean(result[name], at=f"{at}.{name}")
    if "response" in result:
        check_string(result["response"], at=f"{at}.response")
    if "duration" in result:
        check_duration(result["duration"], at=f"{at}.duration")
    if "extensions" in result:
        check_extensions(result["extensions"], at=f"{at}.extensions")


def check_score(value: Any, *, at: str) -> None:
    """Check a score: scaled -1..1, min below max, raw between them (2.4.5.1)."""
    score = check_object(value, at=at, allowed=("scaled", "raw", "min", "max"))
    numbers = {name: check_number(number, at=f"{at}.{name}") for name, number in score.items()}
    scaled, raw, low, high = (numbers.get(name) for name in ("scaled", "raw", "min", "max"))
    if scaled is not None and not -1 <= scaled <= 1:
        raise Invalid(f"{at}.scaled", f"expected a number from -1 to 1, got {scaled}")
    if low is not None and high is not None and not low < high:
        raise Invalid(f"{at}.min", f"expected a number below max ({high}), got {low}")
    if raw is not None and low is not None and raw < low:
        raise Invalid(f"{at}.raw", f"expected a number from min ({low}) up, got {raw}")
    if raw is not None and high is not None and raw > high:
        raise Invalid(f"{at}.raw", f"expected a number up to max ({high}), got {raw}")
