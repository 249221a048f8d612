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
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
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
AUDITED = (
    "delete",
    "export",
    "retention",
    "import",
    "target_add",
    "target_secret",
    "target_pause",
    "target_resume",
    "target_remove",
)
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
    """An attachment, once for every hash; its bytes lie in a file."""

    __tablename__ = "xapi_attachments"

    sha2: Mapped[str] = mapped_column(String(128), primary_key=True)
    content_type: Mapped[str] = mapped_column(Text)
    length: Mapped[int] = mapped_column(BigInteger)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The bytes of attachments from before there were files, until they are moved."""
    received: Mapped[datetime] = mapped_column(UTCDateTime)
    file: Mapped[str | None] = mapped_column(String(100), index=True)
    """Its name in the store of files (`xapi.store.files`), None while the bytes lie in `content`."""


class RemovedFile(Base):
    """A file whose attachment was forgotten: it is to be removed, and then this row."""

    __tablename__ = "xapi_removed_files"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)


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
    counted_minute: Mapped[int | None] = mapped_column(BigInteger)
    """The minute since 1970 in which `counted` requests came; written only where there is a limit."""
    counted: Mapped[int | None] = mapped_column(Integer)
    previous_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    """Of the secret before the last rotation, good until `previous_until`."""
    previous_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    expires: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """From then on it is refused; None for never."""
    agent_key: Mapped[bytes | None] = mapped_column(Key)
    """A token's: the only agent that it may speak of. The three are set together, or none."""
    activity: Mapped[str | None] = mapped_column(Text)
    """The activity that a token is about, with all that lies below its IRI."""
    registration: Mapped[UUID | None] = mapped_column(Uuid)


class WrongAttempt(Base):
    """A wrong secret came from an address; rows older than a minute are of no use."""

    __tablename__ = "xapi_wrong_attempts"
    __table_args__ = (Index("ix_xapi_wrong_attempts_address", "address_key", "at"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    address_key: Mapped[bytes] = mapped_column(Key)
    at: Mapped[datetime] = mapped_column(UTCDateTime)


class RetentionRule(Base):
    """Statements that have been stored for so long are to be deleted."""

    __tablename__ = "xapi_retention_rules"
    __table_args__ = (CheckConstraint("age_days > 0", name="age_days"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    age_days: Mapped[int] = mapped_column(Integer)
    """Days since *stored*."""
    verb: Mapped[str | None] = mapped_column(Text)
    """Only statements with this verb, None for any."""
    activity: Mapped[str | None] = mapped_column(Text)
    """Only statements about this activity, None for any."""
    created: Mapped[datetime] = mapped_column(UTCDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    applied: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When it was last applied, to the end or not."""


class AuditEntry(Base):
    """Somebody deleted statements, took them out, or changed where they go; it names nobody whose statements
    they were."""

    __tablename__ = "xapi_audit"
    __table_args__ = (
        CheckConstraint("action IN ('" + "', '".join(AUDITED) + "')", name="action"),
        CheckConstraint("statements >= 0", name="statements"),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    who: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(String(16))
    rule: Mapped[str] = mapped_column(Text)
    """JSON text: which statements were meant."""
    statements: Mapped[int] = mapped_column(BigInteger)
    """How many there were; counted up in the transactions that delete."""


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
    """The first bytes of what was sent, without personal data."""


class Target(Base):
    """Another record store that statements are forwarded to. The statements are its outbox: it keeps its
    place alone."""

    __tablename__ = "xapi_targets"
    __table_args__ = (CheckConstraint("version IN ('1.0.3', '2.0.0')", name="version"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    endpoint: Mapped[str] = mapped_column(Text)
    """The address before `/statements`, without a slash at its end."""
    key: Mapped[str] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(Text)
    """As it is sent, because it must be sent: never answered again by anything of ours."""
    version: Mapped[str] = mapped_column(String(16))
    verbs: Mapped[str | None] = mapped_column(Text)
    """JSON array of IRIs, None for all."""
    activities: Mapped[str | None] = mapped_column(Text)
    """JSON array of IRIs, the object or in the context; None for all."""
    since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Only what was stored after it."""
    allow_private: Mapped[bool] = mapped_column(default=False)
    """Whether the address may be one of a private network or of this machine."""
    enabled: Mapped[bool] = mapped_column(default=True)
    cursor: Mapped[int] = mapped_column(BigInteger)
    """The `seq` up to which everything is delivered, left out by the filter, or a dead letter."""
    created: Mapped[datetime] = mapped_column(UTCDateTime)
    last_success: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)
    """Why the last attempt failed; None after one that did not."""
    last_error_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    """Attempts that failed since the last one that did not."""
    next_try: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lease_owner: Mapped[str | None] = mapped_column(String(64))
    """The process that forwards to it now, until `lease_until`."""
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)


class DeadLetter(Base):
    """A statement that a target refused, or that cannot be sent to it."""

    __tablename__ = "xapi_dead_letters"
    __table_args__ = (
        UniqueConstraint("target_id", "seq"),
        Index("ix_xapi_dead_letters_due", "target_id", "next_try"),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    target_id: Mapped[UUID] = mapped_column(ForeignKey(Target.id, ondelete="CASCADE"))
    seq: Mapped[int] = mapped_column(BigInteger, index=True)
    statement_id: Mapped[UUID] = mapped_column(Uuid)
    status: Mapped[int | None] = mapped_column(Integer)
    """What the target answered; None where it was not asked."""
    reason: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer)
    first_failed: Mapped[datetime] = mapped_column(UTCDateTime)
    last_failed: Mapped[datetime] = mapped_column(UTCDateTime)
    next_try: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """None when only an administrator can try again."""
