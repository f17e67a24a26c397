"""What users may do beyond their own account."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Adds a column, in which nobody has a role."""
    op.add_column("users", sa.Column("role", sa.String(16)))


def downgrade() -> None:
    """Drops it, and with it who was an admin."""
    op.drop_column("users", "role")
