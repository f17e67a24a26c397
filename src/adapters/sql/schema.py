"""The tables."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

HEAD = "0005"
"""The revision of the newest migration, known without loading Alembic; a test compares them."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC, on databases that know zones and on those that do not."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """The moment in UTC. Raises ValueError for one without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment needs a time zone; take it from the clock port.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """The moment, aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[tuple[str, ...]]):
    """Texts without blanks, such as scopes and addresses, in one."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, _dialect: Dialect) -> str | None:
        """The words, joined."""
        return None if value is None else " ".join(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> tuple[str, ...] | None:
        """The words."""
        return None if value is None else tuple(value.split())


Identity = BigInteger().with_variant(Integer, "sqlite")

users = Table(
    "users",
    metadata,
    Column("id", Identity, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("canonical_name", String(64), nullable=False, unique=True),
    Column("password_hash", String(255), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),
    Column("role", String(16)),
    # A token's sub names an id for as long as the token lives, so no id may ever come back.
    sqlite_autoincrement=True,
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", String(64), primary_key=True),
    Column("generation", Integer, nullable=False, unique=True),
    Column("alg", String(16), nullable=False),
    Column("use_from", UtcDateTime, nullable=False),
    Column("retire_at", UtcDateTime),
    Column("sealed_key", Text, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("user_id", Identity, ForeignKey(users.c.id, ondelete="CASCADE")),
    Column("client_id", String(64), nullable=False),
    Column("parent_id", String(64), ForeignKey("sessions.id", ondelete="SET NULL")),
    Column("scope", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("counter", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("rotated_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime, nullable=False),
    Column("user_agent", String(255)),
    Column("address", String(64)),
    Column("tokens_end", UtcDateTime, nullable=False),
    Column("idle_end", UtcDateTime, nullable=False),
    Column("absolute_end", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("authenticated_at", UtcDateTime),
)
Index("ix_sessions_user_id", sessions.c.user_id)
Index("ix_sessions_parent_id", sessions.c.parent_id)
Index("ix_sessions_idle_end", sessions.c.idle_end)
Index("ix_sessions_client_id", sessions.c.client_id)

clients = Table(
    "clients",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("secret_digest", String(64)),
    Column("redirect_uris", Words, nullable=False),
    Column("scopes", Words, nullable=False),
    Column("audiences", Words, nullable=False),
    Column("resource", Text),
    Column("acts_alone", Boolean, nullable=False),
    Column("is_trusted", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

consents = Table(
    "consents",
    metadata,
    Column("user_id", Identity, ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True),
    Column("client_id", String(64), ForeignKey(clients.c.id, ondelete="CASCADE"), primary_key=True),
    Column("scope", Text, nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
)
Index("ix_consents_client_id", consents.c.client_id)

authorization_codes = Table(
    "authorization_codes",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("client_id", String(64), ForeignKey(clients.c.id, ondelete="CASCADE"), nullable=False),
    Column("user_id", Identity, ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False),
    Column("parent_id", String(64), nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("code_challenge", String(128), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("session_id", String(64)),
)
for _column in ("client_id", "user_id", "expires_at"):
    Index(f"ix_authorization_codes_{_column}", authorization_codes.c[_column])

revocations = Table(
    "revocations",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("session_id", String(64), primary_key=True),
    Column("expires_at", UtcDateTime, nullable=False),
)
Index("ix_revocations_expires_at", revocations.c.expires_at)

feed = Table(
    "feed",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
    Column("keys_version", BigInteger, nullable=False),
)
"""One row: the position of the last revocations, and how often the signing keys have changed."""

housekeeping = Table(
    "housekeeping",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("next_at", UtcDateTime, nullable=False),
)
"""One row: when it is the next process's turn."""

throttles = Table(
    "throttles",
    metadata,
    Column("subject", String(80), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("recent", Integer, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
)
Index("ix_throttles_ends_at", throttles.c.ends_at)

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("event", String(64), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("subject", String(80)),
    Column("actor", String(80), nullable=False),
    Column("session_id", String(64)),
    Column("address", String(64)),
    Column("request_id", String(64)),
    Column("detail", String(255)),
    Column("seal", String(64), nullable=False),
    Column("sequence", BigInteger, unique=True),
    Column("link", String(64)),
)
"""Rows are added, given their place in the chain once, and removed in its order by their age."""
Index("ix_audit_entries_at", audit_entries.c.at)
Index("ix_audit_entries_subject", audit_entries.c.subject)

audit_chain = Table(
    "audit_chain",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("link", String(64), nullable=False),
    Column("seal", String(64), nullable=False),
    Column("checkpoint_sequence", BigInteger, nullable=False),
    Column("checkpoint_link", String(64), nullable=False),
    Column("checkpoint_seal", String(64), nullable=False),
)
"""One row: where the chain ends, and what it was at the last entry that was removed."""
