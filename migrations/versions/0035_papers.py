"""papers"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "paper",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=True),
        sa.Column("enrollment_id", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("issued_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("(kind = 'letter') = (digest IS NOT NULL)", name=op.f("ck_paper_digest_of_letters")),
        sa.CheckConstraint("(kind = 'letter') = (order_id IS NULL)", name=op.f("ck_paper_of_an_order_unless_a_letter")),
        sa.CheckConstraint("kind IN ('receipt', 'certificate', 'letter')", name=op.f("ck_paper_known_kind")),
        sa.ForeignKeyConstraint(["enrollment_id"], ["enrollment.id"], name=op.f("fk_paper_enrollment_id")),
        sa.ForeignKeyConstraint(["order_id"], ["course_order.id"], name=op.f("fk_paper_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper")),
        sa.UniqueConstraint("digest", name=op.f("uq_paper_digest")),
        sa.UniqueConstraint("kind", "enrollment_id", name=op.f("uq_paper_kind_enrollment_id")),
        sa.UniqueConstraint("number", name=op.f("uq_paper_number")),
    )
    with op.batch_alter_table("paper", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_paper_enrollment_id"), ["enrollment_id"], unique=False)
        batch_op.create_index("ix_paper_listing", ["issued_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_paper_order_id"), ["order_id"], unique=False)
        batch_op.create_index(
            "uq_paper_whole_order",
            ["kind", "order_id"],
            unique=True,
            sqlite_where=sa.text("enrollment_id IS NULL AND order_id IS NOT NULL"),
            postgresql_where=sa.text("enrollment_id IS NULL AND order_id IS NOT NULL"),
        )


def downgrade():
    with op.batch_alter_table("paper", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_paper_whole_order",
            sqlite_where=sa.text("enrollment_id IS NULL AND order_id IS NOT NULL"),
            postgresql_where=sa.text("enrollment_id IS NULL AND order_id IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_paper_order_id"))
        batch_op.drop_index("ix_paper_listing")
        batch_op.drop_index(batch_op.f("ix_paper_enrollment_id"))

    op.drop_table("paper")
