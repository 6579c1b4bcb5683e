"""told by which mail"""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("session_news") as batch_op:
        batch_op.add_column(sa.Column("email_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_session_news_email_id"), "email", ["email_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.create_index(batch_op.f("ix_session_news_email_id"), ["email_id"], unique=False)


def downgrade():
    op.execute(sa.text("DELETE FROM session_news WHERE email_id IS NOT NULL"))
    with op.batch_alter_table("session_news") as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_news_email_id"))
        batch_op.drop_constraint(batch_op.f("fk_session_news_email_id"), type_="foreignkey")
        batch_op.drop_column("email_id")
