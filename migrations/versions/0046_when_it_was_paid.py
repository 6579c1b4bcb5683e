"""when it was paid"""

from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade():
    for table in ("course_order", "consultation_payment"):
        op.create_index(op.f(f"ix_{table}_paid_at"), table, ["paid_at"])


def downgrade():
    for table in ("consultation_payment", "course_order"):
        op.drop_index(op.f(f"ix_{table}_paid_at"), table)
