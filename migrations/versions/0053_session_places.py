"""session places"""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("session_news") as batch_op:
        batch_op.add_column(sa.Column("was_place", sa.String(500), nullable=False, server_default=""))
    with op.batch_alter_table("session_news") as batch_op:
        batch_op.alter_column("was_place", server_default=None)


def downgrade():
    with op.batch_alter_table("session_news") as batch_op:
        batch_op.drop_column("was_place")
