"""failing busy feeds"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("coach", schema=None) as batch_op:
        batch_op.add_column(sa.Column("busy_feed_failing_since", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("busy_feed_told_at", sa.DateTime(), nullable=True))


def downgrade():
    with op.batch_alter_table("coach", schema=None) as batch_op:
        batch_op.drop_column("busy_feed_told_at")
        batch_op.drop_column("busy_feed_failing_since")
