"""archive"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.create_index(
            "ix_issue_archived",
            ["frozen_at", "id"],
            unique=False,
            postgresql_where=sa.text("frozen_at IS NOT NULL AND is_public"),
            sqlite_where=sa.text("frozen_at IS NOT NULL AND is_public"),
        )


def downgrade():
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_issue_archived",
            postgresql_where=sa.text("frozen_at IS NOT NULL AND is_public"),
            sqlite_where=sa.text("frozen_at IS NOT NULL AND is_public"),
        )
