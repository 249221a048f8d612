"""What can keep a course from becoming a package.

PackageError
├── UnknownOption   no such format, edition, scope or language; or one that is not available yet
└── TooLarge        what the format keeps for a learner could be outgrown
"""

from __future__ import annotations


class PackageError(Exception):
    """The root: the message says what to do about it."""


class UnknownOption(PackageError):
    """An option that no package can be made with."""


class TooLarge(PackageError):
    """The learner's state could grow beyond what the format keeps."""
