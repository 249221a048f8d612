"""Check a course as a careful editor would: what breaks it (errors) and what weakens it (warnings)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from courses.check_bank import bank_findings
from courses.check_lessons import lesson_findings
from courses.check_rules import dated_rule_findings
from courses.check_shelf import run_out_findings
from courses.errors import Finding, Severity
from courses.reader import scan_course


def check_course(folder: Path, *, today: date) -> list[Finding]:
    """Answer every finding, errors first, then by file and line; `str(finding)` is its one line."""
    scan = scan_course(folder)
    findings = [
        *scan.findings,
        *bank_findings(scan),
        *lesson_findings(scan),
        *dated_rule_findings(scan.shelf.rules, today=today),
        *run_out_findings(scan.shelf.markets, today=today),
    ]
    return sorted(set(findings), key=_place)


def summary(findings: list[Finding]) -> str:
    """Answer the last line of a report: `2 errors, 1 warnings`."""
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    return f"{errors} errors, {len(findings) - errors} warnings"


def _place(finding: Finding) -> tuple[bool, str, int, str, str]:
    return (
        finding.severity is not Severity.ERROR,
        finding.file,
        finding.line,
        finding.path,
        finding.message,
    )
