"""What SQLAlchemy raises when the database cannot be reached, is busy, or has no room: later may help."""

from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError

OUTAGES: tuple[type[Exception], ...] = (OperationalError, InterfaceError, TimeoutError)
