"""consultations completed"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("consultation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("completed_at", sa.DateTime(), nullable=True))
    with op.batch_alter_table("consultation", schema=None) as batch_op:
        batch_op.create_check_constraint(
            batch_op.f("ck_consultation_one_end"), "cancelled_at IS NULL OR completed_at IS NULL"
        )


def downgrade():
    with op.batch_alter_table("consultation", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_consultation_one_end"), type_="check")
        batch_op.drop_column("completed_at")
