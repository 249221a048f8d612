"""What the security tests share: the people and things of the matrix of rights."""

from __future__ import annotations

from tests.functional.test_access_matrix import world as world
