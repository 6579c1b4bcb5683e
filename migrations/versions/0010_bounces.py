"""bounces"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lifted_at", sa.DateTime(), nullable=True))

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(sa.Column("bounce_kind", sa.String(length=4), nullable=True))
        batch_op.create_check_constraint(op.f("ck_delivery_known_bounce"), "bounce_kind IN ('hard', 'soft')")

    # Rows that are there already get the default; rows to come get theirs from the model.
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.add_column(sa.Column("bounced", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("complained", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.alter_column("bounced", server_default=None)
        batch_op.alter_column("complained", server_default=None)


def downgrade():
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.drop_column("complained")
        batch_op.drop_column("bounced")

    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_delivery_known_bounce"), type_="check")
        batch_op.drop_column("bounce_kind")

    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.drop_column("lifted_at")
