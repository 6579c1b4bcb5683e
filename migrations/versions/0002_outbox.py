"""outbox"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "worker",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
    )
    op.create_table(
        "email",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("template", sa.String(length=120), nullable=False),
        sa.Column("to_address", sa.String(length=254), nullable=False),
        sa.Column("to_name", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=250), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("message_id", sa.String(length=250), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_tried_at", sa.DateTime(), nullable=True),
        sa.Column("claimed_by", sa.String(length=32), nullable=True),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("failed_at", sa.DateTime(), nullable=True),
        sa.Column("last_answer", sa.String(), nullable=False),
        sa.CheckConstraint("sent_at IS NULL OR failed_at IS NULL", name=op.f("ck_email_one_outcome")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_email_person_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_email")),
        sa.UniqueConstraint("message_id", name=op.f("uq_email_message_id")),
    )
    with op.batch_alter_table("email", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_email_claimed_by"), ["claimed_by"], unique=False)
        batch_op.create_index(
            "ix_email_due",
            ["due_at"],
            unique=False,
            postgresql_where=sa.text("sent_at IS NULL AND failed_at IS NULL"),
            sqlite_where=sa.text("sent_at IS NULL AND failed_at IS NULL"),
        )
        batch_op.create_index(
            "ix_email_failed",
            ["id"],
            unique=False,
            postgresql_where=sa.text("failed_at IS NOT NULL"),
            sqlite_where=sa.text("failed_at IS NOT NULL"),
        )
        batch_op.create_index(batch_op.f("ix_email_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_email_to_address"), ["to_address"], unique=False)


def downgrade():
    with op.batch_alter_table("email", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_email_to_address"))
        batch_op.drop_index(batch_op.f("ix_email_person_id"))
        batch_op.drop_index(
            "ix_email_failed",
            postgresql_where=sa.text("failed_at IS NOT NULL"),
            sqlite_where=sa.text("failed_at IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_email_due",
            postgresql_where=sa.text("sent_at IS NULL AND failed_at IS NULL"),
            sqlite_where=sa.text("sent_at IS NULL AND failed_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_email_claimed_by"))

    op.drop_table("email")
    op.drop_table("worker")
