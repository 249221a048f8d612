"""Check dated rules (`rules/*.yaml`): shape, ids, dates, and whether the day of their review has come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from courses.errors import Finding, Severity
from courses.reader import read_yaml_file, yaml_names
from courses.yaml_source import YamlSource, path_text


def rule_findings(folder: Path, *, today: date) -> Iterator[Finding]:
    """Answer what is wrong with the rules of a course; expired ones are warnings."""
    first: dict[str, str] = {}
    for name in yaml_names(folder, "rules"):
        file = f"rules/{name}"
        source, findings = read_yaml_file(folder, file, "rules")
        yield from findings
        if source is None:
            continue
        for at, rule in enumerate(source.value["rules"]):
            place = f"{file}:{source.line(('rules', at, 'id'))}"
            if rule["id"] in first:
                message = f"rule `{rule['id']}` is there twice, first in {first[rule['id']]}"
                yield _finding(file, source, at, "id", message)
            first.setdefault(rule["id"], place)
            yield from _date_findings(file, source, at, rule, today=today)


def _date_findings(
    file: str, source: YamlSource, at: int, rule: dict[str, Any], *, today: date
) -> Iterator[Finding]:
    days = {key: _day(rule[key]) for key in ("checked", "review")}
    for key, day in days.items():
        if day is None:
            yield _finding(file, source, at, key, f"`{rule[key]}` is no day")
    checked, review = days["checked"], days["review"]
    if checked is None or review is None:
        return
    if review <= checked:
        yield _finding(file, source, at, "review", "is not after the day on which the rule was checked")
    elif checked > today:
        yield _finding(file, source, at, "checked", f"is after today, {today}")
    elif review <= today:
        message = f"rule `{rule['id']}` expired on {review}; check its source again"
        yield _finding(file, source, at, "review", message, Severity.WARNING)


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _finding(
    file: str, source: YamlSource, at: int, key: str, message: str, severity: Severity = Severity.ERROR
) -> Finding:
    path = ("rules", at, key)
    return Finding(file, source.line(path), path_text(path), message, severity)
