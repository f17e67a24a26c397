"""Throttles, and the audit trail with its chain."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Creates three tables, and fills the one that has one row."""
    op.create_table(
        "throttles",
        sa.Column("subject", sa.String(80), nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("recent", sa.Integer, nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_throttles"),
    )
    op.create_index("ix_throttles_ends_at", "throttles", ["ends_at"])
    _create_audit_trail()
    _create_chain()


def _create_audit_trail() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(80)),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("session_id", sa.String(64)),
        sa.Column("address", sa.String(64)),
        sa.Column("request_id", sa.String(64)),
        sa.Column("detail", sa.String(255)),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.Column("sequence", sa.BigInteger),
        sa.Column("link", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entries"),
        sa.UniqueConstraint("sequence", name="uq_audit_entries_sequence"),
    )
    for column in ("at", "subject"):
        op.create_index(f"ix_audit_entries_{column}", "audit_entries", [column])


def _create_chain() -> None:
    chain = op.create_table(
        "audit_chain",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("link", sa.String(64), nullable=False),
        sa.Column("seal", sa.String(64), nullable=False),
        sa.Column("checkpoint_sequence", sa.BigInteger, nullable=False),
        sa.Column("checkpoint_link", sa.String(64), nullable=False),
        sa.Column("checkpoint_seal", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_chain"),
    )
    empty = {"checkpoint_sequence": 0, "checkpoint_link": "", "checkpoint_seal": ""}
    op.bulk_insert(chain, [{"id": 1, "sequence": 0, "link": "", "seal": "", **empty}])


def downgrade() -> None:
    """Drops the tables, and with them what they remember."""
    for table in ("audit_chain", "audit_entries", "throttles"):
        op.drop_table(table)
