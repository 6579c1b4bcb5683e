"""unanswered"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade():
    for table in ("email", "delivery"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("unanswered", sa.SmallInteger(), nullable=False, server_default="0"))
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column("unanswered", server_default=None)


def downgrade():
    for table in ("delivery", "email"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("unanswered")
