"""seats of a department"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

UNCLAIMED = sa.text("enrollment_id IS NULL")
# Until now the buyer of several seats had one of them, and the others could not be handed out.
BOUGHT = """
    SELECT course_order.id, course_order.seats, enrollment.id, enrollment.enrolled_at
    FROM course_order
    LEFT JOIN enrollment ON enrollment.order_id = course_order.id AND enrollment.person_id = course_order.person_id
    WHERE seats > 1 AND seats_held > 0 AND paid_at IS NOT NULL AND choose_by IS NULL
"""
SEAT = """
    INSERT INTO seat (order_id, position, claim_number, invited_email, invited_name, enrollment_id, claimed_at)
    VALUES (:order_id, :position, 1, '', '', :enrollment_id, :claimed_at)
"""


def upgrade():
    op.create_table(
        "seat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("claim_number", sa.Integer(), nullable=False),
        sa.Column("invited_email", sa.String(length=254), nullable=False),
        sa.Column("invited_name", sa.String(length=120), nullable=False),
        sa.Column("invited_at", sa.DateTime(), nullable=True),
        sa.Column("enrollment_id", sa.Integer(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(), nullable=True),
        sa.Column("reminded_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("(enrollment_id IS NULL) = (claimed_at IS NULL)", name=op.f("ck_seat_claimed_with_a_place")),
        sa.CheckConstraint("(invited_email = '') = (invited_at IS NULL)", name=op.f("ck_seat_invited_at_an_address")),
        sa.CheckConstraint(
            "invited_email <> '' OR invited_name = ''", name=op.f("ck_seat_invited_name_with_an_address")
        ),
        sa.CheckConstraint("claim_number >= 1", name=op.f("ck_seat_claim_number_positive")),
        sa.CheckConstraint("position >= 1", name=op.f("ck_seat_position_positive")),
        sa.ForeignKeyConstraint(["enrollment_id"], ["enrollment.id"], name=op.f("fk_seat_enrollment_id")),
        sa.ForeignKeyConstraint(["order_id"], ["course_order.id"], name=op.f("fk_seat_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat")),
        sa.UniqueConstraint("enrollment_id", name=op.f("uq_seat_enrollment_id")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_seat_order_id_position")),
    )
    op.create_index("ix_seat_invited_email", "seat", ["invited_email"])
    op.create_index("ix_seat_unclaimed", "seat", ["order_id"], sqlite_where=UNCLAIMED, postgresql_where=UNCLAIMED)
    with op.batch_alter_table("enrollment") as batch_op:
        batch_op.add_column(sa.Column("progress_shared_at", sa.DateTime(), nullable=True))
    _make_seats_of_what_was_bought()


def _make_seats_of_what_was_bought():
    connection = op.get_bind()
    for order_id, seats, enrollment_id, enrolled_at in connection.execute(sa.text(BOUGHT)).all():
        for position in range(1, seats + 1):
            place = (enrollment_id, enrolled_at) if position == 1 else (None, None)
            row = {"order_id": order_id, "position": position, "enrollment_id": place[0], "claimed_at": place[1]}
            connection.execute(sa.text(SEAT), row)


def downgrade():
    with op.batch_alter_table("enrollment") as batch_op:
        batch_op.drop_column("progress_shared_at")
    op.drop_index("ix_seat_unclaimed", "seat")
    op.drop_index("ix_seat_invited_email", "seat")
    op.drop_table("seat")
