"""quiet hours"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade():
    # Rows that are there already get the default; rows to come get theirs from the model.
    with op.batch_alter_table("sign_up", schema=None) as batch_op:
        batch_op.add_column(sa.Column("career_stage", sa.String(length=20), nullable=False, server_default=""))
    with op.batch_alter_table("sign_up", schema=None) as batch_op:
        batch_op.alter_column("career_stage", server_default=None)

    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.add_column(sa.Column("quiet_from_hour", sa.SmallInteger(), nullable=True))
        batch_op.add_column(sa.Column("quiet_to_hour", sa.SmallInteger(), nullable=True))
        batch_op.add_column(sa.Column("time_zone", sa.String(length=64), nullable=False, server_default=""))
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.alter_column("time_zone", server_default=None)
        batch_op.create_check_constraint(
            batch_op.f("ck_subscription_quiet_hours_whole"), "(quiet_from_hour IS NULL) = (quiet_to_hour IS NULL)"
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_subscription_quiet_hours_of_a_day"),
            "quiet_from_hour BETWEEN 0 AND 23 AND quiet_to_hour BETWEEN 0 AND 23 AND quiet_from_hour <> quiet_to_hour",
        )


def downgrade():
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_subscription_quiet_hours_of_a_day"), type_="check")
        batch_op.drop_constraint(batch_op.f("ck_subscription_quiet_hours_whole"), type_="check")
        batch_op.drop_column("time_zone")
        batch_op.drop_column("quiet_to_hour")
        batch_op.drop_column("quiet_from_hour")

    with op.batch_alter_table("sign_up", schema=None) as batch_op:
        batch_op.drop_column("career_stage")
