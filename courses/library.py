"""Where course folders are: the ones that ship, and any other root."""

from __future__ import annotations

from pathlib import Path

SHIPPED = Path(__file__).resolve().parent / "content"
"""The courses that come with Crossdesk, one folder each."""

COURSE_FILE = "course.yaml"


def find_courses(root: Path) -> list[Path]:
    """Answer the course folders directly under a root, by name; none where there is no such root."""
    if not root.is_dir():
        return []
    return sorted(folder for folder in root.iterdir() if (folder / COURSE_FILE).is_file())
