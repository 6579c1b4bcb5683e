"""session news"""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "session_news",
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("enrollment_id", sa.Integer(), nullable=False),
        sa.Column("was_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrollment_id"], ["enrollment.id"], name=op.f("fk_session_news_enrollment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["live_session.id"], name=op.f("fk_session_news_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "enrollment_id", name=op.f("pk_session_news")),
    )
    with op.batch_alter_table("session_news") as batch_op:
        batch_op.create_index(batch_op.f("ix_session_news_enrollment_id"), ["enrollment_id"], unique=False)


def downgrade():
    op.drop_table("session_news")
