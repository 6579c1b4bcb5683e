"""refunds in part"""

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

WAS_OWED = sa.text("sent_at IS NULL")
OWED = sa.text("sent_at IS NULL AND refused_at IS NULL")
IN_FULL = sa.text("amount_cents IS NULL")


def upgrade():
    with op.batch_alter_table("refund") as batch_op:
        batch_op.drop_index("ix_refund_owed", postgresql_where=WAS_OWED, sqlite_where=WAS_OWED)
        batch_op.drop_constraint(op.f("uq_refund_stripe_payment_intent_id"), type_="unique")
        batch_op.add_column(sa.Column("amount_cents", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("request_key", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("refused_at", sa.DateTime(), nullable=True))
        batch_op.create_check_constraint(op.f("ck_refund_amount_positive"), "amount_cents > 0")
        batch_op.create_unique_constraint(op.f("uq_refund_request_key"), ["request_key"])
    with op.batch_alter_table("refund") as batch_op:
        batch_op.create_index("ix_refund_owed", ["due_at"], postgresql_where=OWED, sqlite_where=OWED)
        batch_op.create_index("ix_refund_stripe_payment_intent_id", ["stripe_payment_intent_id"])
        batch_op.create_index(
            "uq_refund_in_full",
            ["stripe_payment_intent_id"],
            unique=True,
            postgresql_where=IN_FULL,
            sqlite_where=IN_FULL,
        )


def downgrade():
    if op.get_bind().execute(sa.text("SELECT count(*) FROM refund WHERE amount_cents IS NOT NULL")).scalar():
        raise CommandError(
            "0036 is not undone: parts of payments were given back, and an earlier step would give back all. Keep a copy "
            "of the table refund, delete those with an amount from it, and run this again."
        )
    with op.batch_alter_table("refund") as batch_op:
        batch_op.drop_index("uq_refund_in_full", postgresql_where=IN_FULL, sqlite_where=IN_FULL)
        batch_op.drop_index("ix_refund_stripe_payment_intent_id")
        batch_op.drop_index("ix_refund_owed", postgresql_where=OWED, sqlite_where=OWED)
        batch_op.drop_constraint(op.f("uq_refund_request_key"), type_="unique")
        batch_op.drop_constraint(op.f("ck_refund_amount_positive"), type_="check")
        batch_op.drop_column("refused_at")
        batch_op.drop_column("request_key")
        batch_op.drop_column("amount_cents")
        batch_op.create_unique_constraint(op.f("uq_refund_stripe_payment_intent_id"), ["stripe_payment_intent_id"])
    with op.batch_alter_table("refund") as batch_op:
        batch_op.create_index("ix_refund_owed", ["due_at"], postgresql_where=WAS_OWED, sqlite_where=WAS_OWED)
