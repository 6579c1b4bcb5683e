"""mail pace"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "mail_pace",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.Double(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_mail_pace_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_pace")),
    )


def downgrade():
    op.drop_table("mail_pace")
