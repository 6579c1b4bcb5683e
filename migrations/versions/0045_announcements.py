"""announcements"""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "announcement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohort.id"], name=op.f("fk_announcement_cohort_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
    )
    with op.batch_alter_table("announcement") as batch_op:
        batch_op.create_index(batch_op.f("ix_announcement_cohort_id"), ["cohort_id"], unique=False)

    op.create_table(
        "announcement_copy",
        sa.Column("announcement_id", sa.Integer(), nullable=False),
        sa.Column("enrollment_id", sa.Integer(), nullable=False),
        sa.Column("posted_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcement.id"],
            name=op.f("fk_announcement_copy_announcement_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["enrollment_id"], ["enrollment.id"], name=op.f("fk_announcement_copy_enrollment_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("announcement_id", "enrollment_id", name=op.f("pk_announcement_copy")),
    )
    with op.batch_alter_table("announcement_copy") as batch_op:
        batch_op.create_index(batch_op.f("ix_announcement_copy_enrollment_id"), ["enrollment_id"], unique=False)
        batch_op.create_index(
            "ix_announcement_copy_waiting",
            ["announcement_id"],
            unique=False,
            sqlite_where=sa.text("posted_at IS NULL"),
            postgresql_where=sa.text("posted_at IS NULL"),
        )


def downgrade():
    for table in ("announcement_copy", "announcement"):
        op.drop_table(table)
