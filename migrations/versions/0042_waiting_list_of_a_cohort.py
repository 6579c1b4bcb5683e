"""waiting list of a cohort"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "waitlist_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(), nullable=True),
        sa.Column("offered_at", sa.DateTime(), nullable=True),
        sa.Column("offer_until", sa.DateTime(), nullable=True),
        sa.Column("holds_seat", sa.Boolean(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.CheckConstraint("(ended_at IS NULL) = (outcome = '')", name=op.f("ck_waitlist_entry_outcome_at_the_end")),
        sa.CheckConstraint(
            "(offered_at IS NULL) = (offer_until IS NULL)", name=op.f("ck_waitlist_entry_offer_has_an_end")
        ),
        sa.CheckConstraint(
            "NOT holds_seat OR (offered_at IS NOT NULL AND order_id IS NULL AND ended_at IS NULL)",
            name=op.f("ck_waitlist_entry_holds_in_time"),
        ),
        sa.CheckConstraint(
            "offered_at IS NULL OR confirmed_at IS NOT NULL", name=op.f("ck_waitlist_entry_offered_to_the_confirmed")
        ),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohort.id"], name=op.f("fk_waitlist_entry_cohort_id")),
        sa.ForeignKeyConstraint(["order_id"], ["course_order.id"], name=op.f("fk_waitlist_entry_order_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_waitlist_entry_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waitlist_entry")),
    )
    with op.batch_alter_table("waitlist_entry", schema=None) as batch_op:
        batch_op.create_index("ix_waitlist_entry_listing", ["cohort_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_waitlist_entry_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_waitlist_entry_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "ix_waitlist_entry_waiting",
            ["cohort_id", "confirmed_at", "id"],
            unique=False,
            sqlite_where=sa.text("confirmed_at IS NOT NULL AND offered_at IS NULL AND ended_at IS NULL"),
            postgresql_where=sa.text("confirmed_at IS NOT NULL AND offered_at IS NULL AND ended_at IS NULL"),
        )
        batch_op.create_index(
            "uq_waitlist_entry_standing",
            ["person_id", "cohort_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )


def downgrade():
    with op.batch_alter_table("waitlist_entry", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_waitlist_entry_standing",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_waitlist_entry_waiting",
            sqlite_where=sa.text("confirmed_at IS NOT NULL AND offered_at IS NULL AND ended_at IS NULL"),
            postgresql_where=sa.text("confirmed_at IS NOT NULL AND offered_at IS NULL AND ended_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_waitlist_entry_person_id"))
        batch_op.drop_index(batch_op.f("ix_waitlist_entry_order_id"))
        batch_op.drop_index("ix_waitlist_entry_listing")

    op.drop_table("waitlist_entry")
