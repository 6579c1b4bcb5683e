"""sender names"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("email", schema=None) as batch_op:
        batch_op.add_column(sa.Column("from_name", sa.String(length=120), nullable=False, server_default=""))
    with op.batch_alter_table("email", schema=None) as batch_op:
        batch_op.alter_column("from_name", server_default=None)


def downgrade():
    with op.batch_alter_table("email", schema=None) as batch_op:
        batch_op.drop_column("from_name")
