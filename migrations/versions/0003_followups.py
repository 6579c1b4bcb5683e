"""followups"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "sequence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.CheckConstraint("purpose IN ('newsletter', 'coaching', 'course')", name=op.f("ck_sequence_known_purpose")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sequence")),
        sa.UniqueConstraint("name", name=op.f("uq_sequence_name")),
    )
    op.create_table(
        "sequence_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sequence_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("occasion", sa.String(length=80), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("next_step", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(), nullable=True),
        sa.Column("stop_reason", sa.String(length=80), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "(next_at IS NULL) = (stopped_at IS NOT NULL OR finished_at IS NOT NULL)",
            name=op.f("ck_sequence_run_runs_until_it_ends"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_sequence_run_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["sequence_id"], ["sequence.id"], name=op.f("fk_sequence_run_sequence_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sequence_run")),
        sa.UniqueConstraint(
            "sequence_id", "person_id", "occasion", name=op.f("uq_sequence_run_sequence_id_person_id_occasion")
        ),
    )
    with op.batch_alter_table("sequence_run", schema=None) as batch_op:
        batch_op.create_index(
            "ix_sequence_run_due",
            ["next_at"],
            unique=False,
            postgresql_where=sa.text("next_at IS NOT NULL"),
            sqlite_where=sa.text("next_at IS NOT NULL"),
        )
        batch_op.create_index("ix_sequence_run_person", ["person_id", "started_at"], unique=False)

    op.create_table(
        "sequence_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sequence_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("preview", sa.String(length=200), nullable=False),
        sa.Column("delay_hours", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.CheckConstraint("delay_hours >= 0", name=op.f("ck_sequence_step_delay_not_negative")),
        sa.ForeignKeyConstraint(
            ["sequence_id"], ["sequence.id"], name=op.f("fk_sequence_step_sequence_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sequence_step")),
        sa.UniqueConstraint("sequence_id", "slug", name=op.f("uq_sequence_step_sequence_id_slug")),
    )
    with op.batch_alter_table("sequence_step", schema=None) as batch_op:
        batch_op.create_index("ix_sequence_step_order", ["sequence_id", "position"], unique=False)

    op.create_table(
        "passed_step",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["sequence_run.id"], name=op.f("fk_passed_step_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "slug", name=op.f("pk_passed_step")),
    )


def downgrade():
    op.drop_table("passed_step")
    with op.batch_alter_table("sequence_step", schema=None) as batch_op:
        batch_op.drop_index("ix_sequence_step_order")

    op.drop_table("sequence_step")
    with op.batch_alter_table("sequence_run", schema=None) as batch_op:
        batch_op.drop_index("ix_sequence_run_person")
        batch_op.drop_index(
            "ix_sequence_run_due",
            postgresql_where=sa.text("next_at IS NOT NULL"),
            sqlite_where=sa.text("next_at IS NOT NULL"),
        )

    op.drop_table("sequence_run")
    op.drop_table("sequence")
