"""preflight"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "outside_check",
        sa.Column("subject", sa.String(length=2000), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_outside_check")),
    )
    with op.batch_alter_table("outside_check", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outside_check_asked_at"), ["asked_at"], unique=False)


def downgrade():
    with op.batch_alter_table("outside_check", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outside_check_asked_at"))

    op.drop_table("outside_check")
