"""What the first start writes."""

from __future__ import annotations

from lms.db.database import Database
from lms.services import accounts


def first_start(database: Database, *, iri_base: str) -> None:
    """Set up the organisation, or refuse a changed IRI base. Raises Conflict."""
    with database.writing() as session:
        accounts.set_up_organisation(session, iri_base=iri_base)
