"""Sessions, the feed of revocations, housekeeping; users can be disabled."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def upgrade() -> None:
    """Creates four tables, fills the two that have one row, and adds a column."""
    op.add_column("users", sa.Column("disabled_at", sa.DateTime(timezone=True)))
    _create_sessions()
    op.create_table(
        "revocations",
        sa.Column("position", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("position", "session_id", name="pk_revocations"),
    )
    op.create_index("ix_revocations_expires_at", "revocations", ["expires_at"])
    feed = op.create_table(
        "feed",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("keys_version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feed"),
    )
    housekeeping = op.create_table(
        "housekeeping",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_housekeeping"),
    )
    op.bulk_insert(feed, [{"id": 1, "position": 0, "keys_version": 0}])
    op.bulk_insert(housekeeping, [{"id": 1, "next_at": LONG_AGO}])


def _create_sessions() -> None:
    identity = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    moments = ("created_at", "rotated_at", "used_at", "tokens_end", "idle_end", "absolute_end")
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("user_id", identity),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("parent_id", sa.String(64)),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("counter", sa.Integer, nullable=False),
        sa.Column("user_agent", sa.String(255)),
        sa.Column("address", sa.String(64)),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in moments),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_sessions_user_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["sessions.id"], name="fk_sessions_parent_id", ondelete="SET NULL"
        ),
    )
    for column in ("user_id", "parent_id", "idle_end"):
        op.create_index(f"ix_sessions_{column}", "sessions", [column])


def downgrade() -> None:
    """Drops the tables and the column; who was disabled is not any more."""
    for table in ("housekeeping", "feed", "revocations", "sessions"):
        op.drop_table(table)
    op.drop_column("users", "disabled_at")
