"""What can be wrong with a question or an answer.

QuizError
├── ItemError       an item as written breaks the format; `path` says where
└── ResponseError   an answer has not the shape that its item asks for
"""

from __future__ import annotations


class QuizError(Exception):
    """The root: anything that this package refuses."""


class ItemError(QuizError):
    """An item cannot be read: `path` (such as `items[3].choices[0].text.en`) and what was expected."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


class ResponseError(QuizError):
    """A response has the wrong shape for its item (not: is a wrong answer)."""
