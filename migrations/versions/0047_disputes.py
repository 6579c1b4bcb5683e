"""how much is disputed, and until when to answer"""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

TABLES = ("course_order", "consultation_payment")


def upgrade():
    for table in TABLES:
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("disputed_cents", sa.Integer(), nullable=False, server_default="0"))
            batch_op.add_column(sa.Column("dispute_due_at", sa.DateTime(), nullable=True))
            batch_op.add_column(sa.Column("dispute_asked_at", sa.DateTime(), nullable=True))
        # So far a dispute was taken to be about all that was left.
        op.execute(f"UPDATE {table} SET disputed_cents = paid_cents - refunded_cents WHERE dispute_status <> ''")
        with op.batch_alter_table(table) as batch_op:
            batch_op.alter_column("disputed_cents", server_default=None)


def downgrade():
    for table in reversed(TABLES):
        with op.batch_alter_table(table) as batch_op:
            for column in ("dispute_asked_at", "dispute_due_at", "disputed_cents"):
                batch_op.drop_column(column)
