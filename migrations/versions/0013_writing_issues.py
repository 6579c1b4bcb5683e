"""writing issues"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "picture",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_picture")),
    )
    op.add_column("issue", sa.Column("started_at", sa.DateTime(), nullable=True))
    op.add_column("person", sa.Column("time_zone", sa.String(length=64), nullable=True))
    op.create_index("ix_subscription_source", "subscription", ["source"])


def downgrade():
    op.drop_index("ix_subscription_source", table_name="subscription")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("time_zone")
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.drop_column("started_at")
    op.drop_table("picture")
