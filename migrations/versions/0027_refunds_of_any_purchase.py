"""refunds of any purchase"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

OF_THE_ORDER = "UPDATE refund SET reference = (SELECT public_id FROM course_order WHERE course_order.id = order_id)"
OF_THE_REFERENCE = "UPDATE refund SET order_id = (SELECT id FROM course_order WHERE public_id = reference)"


def upgrade():
    with op.batch_alter_table("refund", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reference", sa.String(length=32), nullable=True))
    op.execute(OF_THE_ORDER)
    with op.batch_alter_table("refund", schema=None) as batch_op:
        batch_op.alter_column("reference", existing_type=sa.String(length=32), nullable=False)
        batch_op.create_index(batch_op.f("ix_refund_reference"), ["reference"], unique=False)
        batch_op.drop_constraint(batch_op.f("ck_refund_known_reason"), type_="check")
        batch_op.drop_index(batch_op.f("ix_refund_order_id"))
        batch_op.drop_constraint(batch_op.f("fk_refund_order_id"), type_="foreignkey")
        batch_op.drop_column("order_id")


def downgrade():
    with op.batch_alter_table("refund", schema=None) as batch_op:
        batch_op.add_column(sa.Column("order_id", sa.Integer(), nullable=True))
    op.execute(OF_THE_REFERENCE)
    with op.batch_alter_table("refund", schema=None) as batch_op:
        batch_op.alter_column("order_id", existing_type=sa.Integer(), nullable=False)
        batch_op.create_foreign_key(batch_op.f("fk_refund_order_id"), "course_order", ["order_id"], ["id"])
        batch_op.create_index(batch_op.f("ix_refund_order_id"), ["order_id"], unique=False)
        batch_op.create_check_constraint("known_reason", "reason IN ('no seat', 'paid twice')")
        batch_op.drop_index(batch_op.f("ix_refund_reference"))
        batch_op.drop_column("reference")
