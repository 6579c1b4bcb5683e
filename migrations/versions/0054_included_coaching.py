"""included coaching"""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("course") as batch_op:
        batch_op.add_column(sa.Column("coaching", sa.String(500), nullable=False, server_default=""))
    with op.batch_alter_table("course") as batch_op:
        batch_op.alter_column("coaching", server_default=None)


def downgrade():
    with op.batch_alter_table("course") as batch_op:
        batch_op.drop_column("coaching")
