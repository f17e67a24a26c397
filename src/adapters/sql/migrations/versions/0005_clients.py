"""Applications, what users have let them do, and the codes by which they are told."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

IDENTITY = sa.BigInteger().with_variant(sa.Integer, "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Creates three tables; a session can tell when its user had logged in before it began."""
    op.add_column("sessions", sa.Column("authenticated_at", MOMENT))
    op.create_index("ix_sessions_client_id", "sessions", ["client_id"])
    op.create_table(
        "clients",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("secret_digest", sa.String(64)),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("redirect_uris", "scopes", "audiences")
        ),
        sa.Column("resource", sa.Text),
        sa.Column("acts_alone", sa.Boolean, nullable=False),
        sa.Column("is_trusted", sa.Boolean, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clients"),
    )
    op.create_table(
        "consents",
        sa.Column("user_id", IDENTITY, nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "client_id", name="pk_consents"),
        *_owners("consents", "user", "client"),
    )
    op.create_index("ix_consents_client_id", "consents", ["client_id"])
    _create_codes()


def _create_codes() -> None:
    op.create_table(
        "authorization_codes",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("user_id", IDENTITY, nullable=False),
        sa.Column("parent_id", sa.String(64), nullable=False),
        sa.Column("redirect_uri", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("code_challenge", sa.String(128), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("session_id", sa.String(64)),
        sa.PrimaryKeyConstraint("digest", name="pk_authorization_codes"),
        *_owners("authorization_codes", "client", "user"),
    )
    for column in ("client_id", "user_id", "expires_at"):
        op.create_index(f"ix_authorization_codes_{column}", "authorization_codes", [column])


def _owners(table: str, *owners: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [f"{owner}_id"], [f"{owner}s.id"], name=f"fk_{table}_{owner}_id", ondelete="CASCADE"
        )
        for owner in owners
    ]


def downgrade() -> None:
    """Drops the tables, and with them every application."""
    for table in ("authorization_codes", "consents", "clients"):
        op.drop_table(table)
    op.drop_index("ix_sessions_client_id", "sessions")
    op.drop_column("sessions", "authenticated_at")
