"""calendar files in mail"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("email", schema=None) as batch_op:
        batch_op.add_column(sa.Column("calendar", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("email", schema=None) as batch_op:
        batch_op.alter_column("calendar", server_default=None)


def downgrade():
    with op.batch_alter_table("email", schema=None) as batch_op:
        batch_op.drop_column("calendar")
