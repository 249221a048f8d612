"""The tables of the record store.

`seq` is *stored* in microseconds since 1970, strictly increasing: stored order, since, until and the `more`
cursor are
one index. A unique statement id cannot stand on a table partitioned by another column, so ids have a table
of their own.
"""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    Uuid,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)

PARTITIONED = {"postgresql_partition_by": "RANGE (seq)"}
CLUSTERED = {"sqlite_with_rowid": False}
"""On SQLite the primary key is then the table itself: one tree to write, not two."""

SCOPES = ("all", "read", "write", "mine", "define", "profile", "state")
Key = LargeBinary(16)
"""A digest from `xapi.spec.mentions`."""


class UTCDateTime(TypeDecorator[datetime]):
    """A moment with a zone, kept and answered in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("expected a moment with a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = metadata


class StatementId(Base):
    """Makes a statement's id unique, and leads from it to its place."""

    __tablename__ = "xapi_statement_ids"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, unique=True)


class Statement(Base):
    """A statement as it came, completed by id, stored, authority, timestamp and version, beside searched
    columns."""

    __tablename__ = "xapi_statements"
    __table_args__ = (PARTITIONED,)

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(Uuid)
    payload: Mapped[str] = mapped_column(Text)
    """JSON text: keys, their order and the value of every number as received."""
    version: Mapped[str] = mapped_column(String(16))
    verb: Mapped[str] = mapped_column(Text)
    actor_key: Mapped[bytes | None] = mapped_column(Key)
    registration: Mapped[UUID | None] = mapped_column(Uuid)
    occurred: Mapped[datetime] = mapped_column(UTCDateTime)
    """The statement's `timestamp`."""
    voided: Mapped[bool] = mapped_column(default=False)


class StatementAgent(Base):
    """A statement is found by this agent."""

    __tablename__ = "xapi_statement_agents"
    __table_args__ = ({**PARTITIONED, **CLUSTERED},)

    key: Mapped[bytes] = mapped_column(Key, primary_key=True)
    usage: Mapped[str] = mapped_column(String(16), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    source: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """The statement that mentions the agent: this one, or one that it refers to (part 3, StatementRef
    filters)."""


class StatementIri(Base):
    """A statement is found by this verb, activity or registration."""

    __tablename__ = "xapi_statement_iris"
    __table_args__ = ({**PARTITIONED, **CLUSTERED},)

    key: Mapped[bytes] = mapped_column(Key, primary_key=True)
    usage: Mapped[str] = mapped_column(String(16), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    source: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class StatementReference(Base):
    """A statement has another one as its object; the target may arrive later, or never."""

    __tablename__ = "xapi_statement_references"
    __table_args__ = (CLUSTERED,)

    target_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(Uuid)
    voids: Mapped[bool]


class Attachment(Base):
    """The bytes of an attachment, once for every hash."""

    __tablename__ = "xapi_attachments"

    sha2: Mapped[str] = mapped_column(String(128), primary_key=True)
    content_type: Mapped[str] = mapped_column(Text)
    length: Mapped[int] = mapped_column(BigInteger)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    """None when the bytes lie in an object store under their hash."""
    received: Mapped[datetime] = mapped_column(UTCDateTime)


class Activity(Base):
    """The canonical definition of an activity, merged from the statements that bring one."""

    __tablename__ = "xapi_activities"

    key: Mapped[bytes] = mapped_column(Key, primary_key=True)
    iri: Mapped[str] = mapped_column(Text)
    definition: Mapped[str | None] = mapped_column(Text)
    """JSON text."""


class Document(Base):
    """A document of the State, Agent Profile or Activity Profile resource, byte for byte."""

    __tablename__ = "xapi_documents"
    __table_args__ = (
        CheckConstraint("kind IN ('state', 'agent_profile', 'activity_profile')", name="kind"),
        Index("ix_xapi_documents_place", "kind", "activity_key", "agent_key", "updated"),
    )

    key: Mapped[bytes] = mapped_column(Key, primary_key=True)
    """Digest of kind, activity, agent, registration and document id."""
    kind: Mapped[str] = mapped_column(String(16))
    activity_key: Mapped[bytes | None] = mapped_column(Key)
    agent_key: Mapped[bytes | None] = mapped_column(Key)
    registration: Mapped[UUID | None] = mapped_column(Uuid)
    document_id: Mapped[str] = mapped_column(Text)
    content_type: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    etag: Mapped[str] = mapped_column(String(40))
    """SHA-1 of the content in hex, without quotes."""
    updated: Mapped[datetime] = mapped_column(UTCDateTime)


class Credential(Base):
    """A key and secret that a client shows; the secret itself is never kept."""

    __tablename__ = "xapi_credentials"
    __table_args__ = (
        CheckConstraint("scope IN ('" + "', '".join(SCOPES) + "')", name="scope"),
        CheckConstraint("rate_limit > 0", name="rate_limit"),
    )

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    """SHA-256: the secret has 256 random bits, so that a slow hash would add nothing."""
    scope: Mapped[str] = mapped_column(String(16))
    created: Mapped[datetime] = mapped_column(UTCDateTime)
    last_used: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """To within an hour."""
    revoked: Mapped[datetime | None] = mapped_column(UTCDateTime)
    rate_limit: Mapped[int | None] = mapped_column(Integer)
    """Requests a minute, None without a limit."""


class WrongAttempt(Base):
    """A wrong secret came from an address; rows older than a minute are of no use."""

    __tablename__ = "xapi_wrong_attempts"
    __table_args__ = (Index("ix_xapi_wrong_attempts_address", "address_key", "at"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    address_key: Mapped[bytes] = mapped_column(Key)
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class Refusal(Base):
    """Statements that were refused, with the reason, for an administrator to see."""

    __tablename__ = "xapi_refusals"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    credential_key: Mapped[str | None] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """The first bytes of what was sent."""
