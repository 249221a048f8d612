"""Use cases: they take a session and the time, they flush and never commit."""
