"""sell and deliver"""

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

PURCHASES = ("course_order", "consultation_payment")
OF_A_PURCHASE = (
    ("discount_cents", sa.Integer(), "0"),
    ("tax_cents", sa.Integer(), "0"),
    ("paid_cents", sa.Integer(), "0"),
    ("promotion_code", sa.String(length=80), ""),
    ("billing", sa.JSON(), "{}"),
    ("dispute_status", sa.String(length=40), ""),
)
TOLD_LATER = (
    ("stripe_invoice_id", sa.String(length=255)),
    ("invoice_url", sa.String()),
    ("disputed_at", sa.DateTime()),
    ("dispute_ended_at", sa.DateTime()),
)
# An earlier step knows neither what these say, nor a cohort without dates.
WOULD_BE_LOST = """
    SELECT (SELECT count(*) FROM course_order WHERE paid_at IS NOT NULL AND paid_cents <> amount_cents)
        + (SELECT count(*) FROM consultation_payment WHERE paid_at IS NOT NULL AND paid_cents <> amount_cents)
        + (SELECT count(*) FROM course_order WHERE disputed_at IS NOT NULL OR missed_cohort_id IS NOT NULL)
        + (SELECT count(*) FROM enrollment WHERE moved_from_id IS NOT NULL)
        + (SELECT count(*) FROM cohort WHERE starts_on IS NULL OR ends_on IS NULL OR seats IS NULL)
"""


def upgrade():
    for table in PURCHASES:
        _add(table, OF_A_PURCHASE)
        with op.batch_alter_table(table) as batch_op:
            for name, kind in TOLD_LATER:
                batch_op.add_column(sa.Column(name, kind, nullable=True))
        op.execute(sa.text(f"UPDATE {table} SET paid_cents = amount_cents WHERE paid_at IS NOT NULL"))
        _bound_refunds(table, "paid_cents")

    _add("course", (("tax", sa.String(length=10), "none"), ("credit_statement", sa.String(length=500), "")))
    op.execute(sa.text("UPDATE course SET credit_statement = 'No CME credit is offered for this course.'"))
    with op.batch_alter_table("course") as batch_op:
        batch_op.create_check_constraint(op.f("ck_course_known_tax"), "tax IN ('none', 'exclusive', 'inclusive')")

    _add("module", (("opens_in_week", sa.Integer(), "1"),))
    op.execute(sa.text("UPDATE module SET opens_in_week = position"))

    _add(
        "cohort",
        (
            ("seats_awaited", sa.Integer(), "0"),
            ("early_taken", sa.Integer(), "0"),
            ("opens_weekly", sa.Boolean(), sa.false()),
        ),
    )
    with op.batch_alter_table("cohort") as batch_op:
        for name in ("sales_from", "sales_until", "early_until"):
            batch_op.add_column(sa.Column(name, sa.Date(), nullable=True))
        for name in ("price_cents", "early_price_cents", "early_seats"):
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=True))
        batch_op.alter_column("starts_on", existing_type=sa.Date(), nullable=True)
        batch_op.alter_column("ends_on", existing_type=sa.Date(), nullable=True)
        batch_op.alter_column("seats", existing_type=sa.Integer(), nullable=True)
        batch_op.create_check_constraint(op.f("ck_cohort_sales_end_after_start"), "sales_until >= sales_from")
        batch_op.create_check_constraint(op.f("ck_cohort_early_not_negative"), "early_taken >= 0")
        batch_op.create_check_constraint(op.f("ck_cohort_awaited_not_negative"), "seats_awaited >= 0")
        batch_op.create_check_constraint(op.f("ck_cohort_all_dates_or_none"), "(starts_on IS NULL) = (ends_on IS NULL)")

    _add("course_order", (("is_early", sa.Boolean(), sa.false()),))
    with op.batch_alter_table("course_order") as batch_op:
        batch_op.add_column(sa.Column("missed_cohort_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("choose_by", sa.DateTime(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_course_order_missed_cohort_id"), "cohort", ["missed_cohort_id"], ["id"])

    with op.batch_alter_table("enrollment") as batch_op:
        batch_op.add_column(sa.Column("moved_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("moved_from_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_enrollment_moved_from_id"), "cohort", ["moved_from_id"], ["id"])


def downgrade():
    if op.get_bind().execute(sa.text(WOULD_BE_LOST)).scalar():
        raise CommandError(
            "0033 is not undone: there are discounts, taxes, disputes, moved places or cohorts without dates, which would "
            "be lost. Keep a copy of course_order, consultation_payment, enrollment and cohort, and set these back first."
        )
    with op.batch_alter_table("enrollment") as batch_op:
        batch_op.drop_constraint(op.f("fk_enrollment_moved_from_id"), type_="foreignkey")
        batch_op.drop_column("moved_from_id")
        batch_op.drop_column("moved_at")

    with op.batch_alter_table("course_order") as batch_op:
        batch_op.drop_constraint(op.f("fk_course_order_missed_cohort_id"), type_="foreignkey")
        for name in ("choose_by", "missed_cohort_id", "is_early"):
            batch_op.drop_column(name)

    with op.batch_alter_table("cohort") as batch_op:
        for name in ("all_dates_or_none", "awaited_not_negative", "early_not_negative", "sales_end_after_start"):
            batch_op.drop_constraint(op.f(f"ck_cohort_{name}"), type_="check")
        batch_op.alter_column("seats", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("ends_on", existing_type=sa.Date(), nullable=False)
        batch_op.alter_column("starts_on", existing_type=sa.Date(), nullable=False)
        for name in ("opens_weekly", "early_taken", "early_seats", "early_until", "early_price_cents", "price_cents"):
            batch_op.drop_column(name)
        for name in ("sales_until", "sales_from", "seats_awaited"):
            batch_op.drop_column(name)

    with op.batch_alter_table("module") as batch_op:
        batch_op.drop_column("opens_in_week")

    with op.batch_alter_table("course") as batch_op:
        batch_op.drop_constraint(op.f("ck_course_known_tax"), type_="check")
        batch_op.drop_column("credit_statement")
        batch_op.drop_column("tax")

    for table in PURCHASES:
        _bound_refunds(table, "amount_cents")
        with op.batch_alter_table(table) as batch_op:
            for name, *_ in (*TOLD_LATER, *OF_A_PURCHASE):
                batch_op.drop_column(name)


def _add(table, columns):
    """Columns that may not be empty: rows that are there get the default, rows to come get theirs from the model."""
    with op.batch_alter_table(table) as batch_op:
        for name, kind, default in columns:
            batch_op.add_column(sa.Column(name, kind, nullable=False, server_default=default))
    with op.batch_alter_table(table) as batch_op:
        for name, _kind, _default in columns:
            batch_op.alter_column(name, server_default=None)


def _bound_refunds(table, most):
    name = op.f(f"ck_{table}_refund_in_bounds")
    with op.batch_alter_table(table) as batch_op:
        batch_op.drop_constraint(name, type_="check")
        batch_op.create_check_constraint(name, f"refunded_cents BETWEEN 0 AND {most}")
