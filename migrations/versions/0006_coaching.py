"""coaching"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "coaching_offer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("eyebrow", sa.String(length=200), nullable=False),
        sa.Column("lede", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("price_note", sa.String(), nullable=False),
        sa.Column("coach_name", sa.String(length=120), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("question_slugs", sa.JSON(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("career_stages", sa.JSON(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.CheckConstraint("duration_minutes > 0", name=op.f("ck_coaching_offer_takes_time")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coaching_offer")),
        sa.UniqueConstraint("slug", name=op.f("uq_coaching_offer_slug")),
    )
    op.create_table(
        "link_mailing",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("mailed_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_link_mailing")),
    )
    with op.batch_alter_table("link_mailing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_link_mailing_mailed_at"), ["mailed_at"], unique=False)

    op.create_table(
        "consultation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("career_stage", sa.String(length=40), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("goals", sa.String(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("no_preference", sa.Boolean(), nullable=False),
        sa.Column("requested_at", sa.DateTime(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(), nullable=True),
        sa.Column("cancel_reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_consultation_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultation")),
    )
    with op.batch_alter_table("consultation", schema=None) as batch_op:
        batch_op.create_index("ix_consultation_person_requested", ["person_id", "requested_at"], unique=False)
        batch_op.create_index("ix_consultation_requested", ["requested_at"], unique=False)

    op.create_table(
        "preferred_time",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(), nullable=False),
        sa.Column("wall_time", sa.String(length=16), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.CheckConstraint("position BETWEEN 1 AND 3", name=op.f("ck_preferred_time_few_positions")),
        sa.ForeignKeyConstraint(
            ["consultation_id"], ["consultation.id"], name=op.f("fk_preferred_time_consultation_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_preferred_time")),
        sa.UniqueConstraint("consultation_id", "position", name=op.f("uq_preferred_time_consultation_id_position")),
    )


def downgrade():
    op.drop_table("preferred_time")
    with op.batch_alter_table("consultation", schema=None) as batch_op:
        batch_op.drop_index("ix_consultation_requested")
        batch_op.drop_index("ix_consultation_person_requested")

    op.drop_table("consultation")
    with op.batch_alter_table("link_mailing", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_link_mailing_mailed_at"))

    op.drop_table("link_mailing")
    op.drop_table("coaching_offer")
