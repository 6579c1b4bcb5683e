"""live sessions"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "learners_calendar",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_learners_calendar_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_learners_calendar")),
    )
    op.create_table(
        "live_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=500), nullable=False),
        sa.CheckConstraint("duration_minutes >= 1", name=op.f("ck_live_session_takes_time")),
        sa.ForeignKeyConstraint(
            ["cohort_id"], ["cohort.id"], name=op.f("fk_live_session_cohort_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_session")),
        sa.UniqueConstraint("cohort_id", "title", name=op.f("uq_live_session_cohort_id_title")),
    )
    with op.batch_alter_table("live_session") as batch_op:
        batch_op.create_index(batch_op.f("ix_live_session_starts_at"), ["starts_at"], unique=False)

    op.create_table(
        "session_reminder",
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("enrollment_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrollment_id"], ["enrollment.id"], name=op.f("fk_session_reminder_enrollment_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["live_session.id"], name=op.f("fk_session_reminder_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", "enrollment_id", "starts_at", name=op.f("pk_session_reminder")),
    )
    with op.batch_alter_table("session_reminder") as batch_op:
        batch_op.create_index(batch_op.f("ix_session_reminder_enrollment_id"), ["enrollment_id"], unique=False)


def downgrade():
    for table in ("session_reminder", "learners_calendar", "live_session"):
        op.drop_table(table)
