"""waiting list"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

IN_LINE = sa.text("confirmed_at IS NOT NULL AND ended_at IS NULL")
UNPROVEN = sa.text("confirmed_at IS NULL AND ended_at IS NULL")


def upgrade():
    op.create_table(
        "waiting_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind_id", sa.Integer(), nullable=False),
        sa.Column("coach_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column("day_parts", sa.JSON(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("also_at_night", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(), nullable=True),
        sa.Column("unanswered", sa.Integer(), nullable=False),
        sa.Column("paused_at", sa.DateTime(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "paused_at IS NULL OR confirmed_at IS NOT NULL", name=op.f("ck_waiting_entry_paused_in_line")
        ),
        sa.CheckConstraint("unanswered BETWEEN 0 AND 3", name=op.f("ck_waiting_entry_few_unanswered")),
        sa.ForeignKeyConstraint(["coach_id"], ["coach.id"], name=op.f("fk_waiting_entry_coach_id")),
        sa.ForeignKeyConstraint(["kind_id"], ["consultation_kind.id"], name=op.f("fk_waiting_entry_kind_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_waiting_entry_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_entry")),
    )
    with op.batch_alter_table("waiting_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_waiting_entry_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "uq_waiting_entry_in_line",
            ["person_id", "kind_id"],
            unique=True,
            postgresql_where=IN_LINE,
            sqlite_where=IN_LINE,
        )
        batch_op.create_index(
            "uq_waiting_entry_unproven",
            ["person_id", "kind_id"],
            unique=True,
            postgresql_where=UNPROVEN,
            sqlite_where=UNPROVEN,
        )

    op.create_table(
        "slot_offer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("reserved_time_id", sa.Integer(), nullable=True),
        sa.Column("coach_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("ends_at", sa.DateTime(), nullable=False),
        sa.Column("offered_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("taken_at", sa.DateTime(), nullable=True),
        sa.Column("declined_at", sa.DateTime(), nullable=True),
        sa.Column("lapsed_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "(taken_at IS NULL AND declined_at IS NULL) OR (taken_at IS NULL AND lapsed_at IS NULL) OR (declined_at IS NULL AND lapsed_at IS NULL)",
            name=op.f("ck_slot_offer_one_answer"),
        ),
        sa.CheckConstraint(
            "offered_at < expires_at AND expires_at <= starts_at AND starts_at < ends_at",
            name=op.f("ck_slot_offer_in_order"),
        ),
        sa.ForeignKeyConstraint(["coach_id"], ["coach.id"], name=op.f("fk_slot_offer_coach_id")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["waiting_entry.id"], name=op.f("fk_slot_offer_entry_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["reserved_time_id"], ["reserved_time.id"], name=op.f("fk_slot_offer_reserved_time_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot_offer")),
        sa.UniqueConstraint("entry_id", "starts_at", name=op.f("uq_slot_offer_entry_id_starts_at")),
        sa.UniqueConstraint("reserved_time_id", name=op.f("uq_slot_offer_reserved_time_id")),
    )
    with op.batch_alter_table("slot_offer", schema=None) as batch_op:
        batch_op.create_index("ix_slot_offer_expires", ["expires_at"], unique=False)


def downgrade():
    with op.batch_alter_table("slot_offer", schema=None) as batch_op:
        batch_op.drop_index("ix_slot_offer_expires")

    op.drop_table("slot_offer")
    with op.batch_alter_table("waiting_entry", schema=None) as batch_op:
        batch_op.drop_index("uq_waiting_entry_unproven", postgresql_where=UNPROVEN, sqlite_where=UNPROVEN)
        batch_op.drop_index("uq_waiting_entry_in_line", postgresql_where=IN_LINE, sqlite_where=IN_LINE)
        batch_op.drop_index(batch_op.f("ix_waiting_entry_person_id"))

    op.drop_table("waiting_entry")
