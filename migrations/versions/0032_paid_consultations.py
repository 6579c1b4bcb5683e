"""paid consultations"""

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

# A refund that is not of an order is of a payment that goes: an earlier step would not know what to do with it.
WOULD_BE_LOST = """
    SELECT (SELECT count(*) FROM consultation_payment WHERE paid_at IS NOT NULL OR mismatched_at IS NOT NULL)
        + (SELECT count(*) FROM refund WHERE reference NOT IN (SELECT public_id FROM course_order))
"""


def upgrade():
    op.create_table(
        "consultation_payment",
        sa.Column("consultation_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("booked_at", sa.DateTime(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("refunded_cents", sa.Integer(), nullable=False),
        sa.Column("payment_method", sa.String(length=80), nullable=False),
        sa.Column("idempotency_key", sa.String(length=80), nullable=False),
        sa.Column("stripe_session_id", sa.String(length=255), nullable=True),
        sa.Column("stripe_payment_intent_id", sa.String(length=255), nullable=True),
        sa.Column("checkout_url", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("look_at", sa.DateTime(), nullable=True),
        sa.Column("paid_at", sa.DateTime(), nullable=True),
        sa.Column("failed_at", sa.DateTime(), nullable=True),
        sa.Column("expired_at", sa.DateTime(), nullable=True),
        sa.Column("refunded_at", sa.DateTime(), nullable=True),
        sa.Column("mismatched_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_consultation_payment_amount_positive")),
        sa.CheckConstraint(
            "booked_at IS NULL OR paid_at IS NOT NULL", name=op.f("ck_consultation_payment_paid_before_booked")
        ),
        sa.CheckConstraint(
            "refunded_cents BETWEEN 0 AND amount_cents", name=op.f("ck_consultation_payment_refund_in_bounds")
        ),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultation.id"],
            name=op.f("fk_consultation_payment_consultation_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(["kind_id"], ["consultation_kind.id"], name=op.f("fk_consultation_payment_kind_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_consultation_payment_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation_payment")),
        sa.UniqueConstraint("consultation_id", name=op.f("uq_consultation_payment_consultation_id")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_consultation_payment_idempotency_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_consultation_payment_public_id")),
        sa.UniqueConstraint("stripe_payment_intent_id", name=op.f("uq_consultation_payment_stripe_payment_intent_id")),
        sa.UniqueConstraint("stripe_session_id", name=op.f("uq_consultation_payment_stripe_session_id")),
    )
    with op.batch_alter_table("consultation_payment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consultation_payment_look_at"), ["look_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_consultation_payment_person_id"), ["person_id"], unique=False)

    with op.batch_alter_table("consultation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_unpaid", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("consultation", schema=None) as batch_op:
        batch_op.alter_column("is_unpaid", server_default=None)


def downgrade():
    if op.get_bind().execute(sa.text(WOULD_BE_LOST)).scalar():
        raise CommandError(
            "0032 is not undone: consultations were paid for, and the record of that money would be lost. Keep a copy of "
            "the tables consultation_payment and refund, delete from them what is not of the course, and run this again."
        )
    with op.batch_alter_table("consultation", schema=None) as batch_op:
        batch_op.drop_column("is_unpaid")

    with op.batch_alter_table("consultation_payment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consultation_payment_person_id"))
        batch_op.drop_index(batch_op.f("ix_consultation_payment_look_at"))

    op.drop_table("consultation_payment")
