"""when refunds were seen"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

PURCHASES = ("course_order", "consultation_payment")


def upgrade():
    for table in PURCHASES:
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("refund_noted_at", sa.DateTime(), nullable=True))
        op.execute(sa.text(f"UPDATE {table} SET refund_noted_at = refunded_at"))


def downgrade():
    for table in PURCHASES:
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column("refund_noted_at")
