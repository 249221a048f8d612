"""Check dated rules (`rules/*.yaml`): ids, dates, and whether the day of their review has come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from courses.errors import Finding
from courses.scan import Placed


def rule_findings(rules: Sequence[Placed]) -> Iterator[Finding]:
    """Answer ids that are there twice, and days that are none or in the wrong order."""
    for rule in rules:
        days = {key: _day(rule.value[key]) for key in ("checked", "review")}
        for key, day in days.items():
            if day is None:
                yield rule.error((key,), f"`{rule.value[key]}` is no day")
        checked, review = days["checked"], days["review"]
        if checked is not None and review is not None and review <= checked:
            yield rule.error(("review",), "is not after the day on which the rule was checked")


def dated_rule_findings(rules: Sequence[Placed], *, today: date) -> Iterator[Finding]:
    """Answer rules that were checked in the future (errors) and expired ones (warnings)."""
    for rule in rules:
        checked, review = _day(rule.value["checked"]), _day(rule.value["review"])
        if checked is None or review is None or review <= checked:
            continue
        if checked > today:
            yield rule.error(("checked",), f"is after today, {today}")
        elif review <= today:
            message = f"rule `{rule.value['id']}` expired on {review}; check its source again"
            yield rule.warning(("review",), message)


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None
