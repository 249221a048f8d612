"""What can go wrong in the record store.

XapiError
 ├─ Invalid           the request or a statement breaks a rule: names the property and what was expected
 ├─ Unauthorized      no credential, or a wrong one
 ├─ Forbidden         the credential may not do this
 ├─ NotFound          no such statement or document
 ├─ Conflict          a stored statement or document stands against it
 ├─ PreconditionFailed  If-Match or If-None-Match does not hold
 ├─ TooLarge          the body is over the limit
 ├─ TooManyAttempts   ten wrong secrets within a minute from one address
 └─ TooManyRequests   the credential's own limit is used up for this minute
"""


class XapiError(Exception):
    """The root of this tree; its text is shown to the client."""


class Invalid(XapiError):
    """A property breaks a rule of the specification; `path` is written as in `result.score.scaled`."""

    def __init__(self, path: str, expected: str) -> None:
        super().__init__(f"{path}: {expected}" if path else expected)
        self.path = path
        self.expected = expected


class Unauthorized(XapiError):
    """Nobody that we know is asking."""


class Forbidden(XapiError):
    """The credential's scope does not cover the request."""


class NotFound(XapiError):
    """Nothing is stored under that id."""


class Conflict(XapiError):
    """Something else is stored under that id."""


class PreconditionFailed(XapiError):
    """The document is not in the state that the client believes it to be in."""


class TooLarge(XapiError):
    """The body, or one of its parts, is over the limit."""


class TooManyAttempts(XapiError):
    """Too many wrong secrets came from one address."""


class TooManyRequests(XapiError):
    """The credential has a limit, and has used it up; `retry_after` is in seconds."""

    def __init__(self, limit: int, *, retry_after: int) -> None:
        super().__init__(f"this credential may ask {limit} times a minute; wait {retry_after} seconds")
        self.retry_after = retry_after
