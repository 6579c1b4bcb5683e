"""newsletter engine"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "issue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=32), nullable=False),
        sa.Column("slug", sa.String(length=160), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("preview", sa.String(length=200), nullable=False),
        sa.Column("sender_name", sa.String(length=120), nullable=False),
        sa.Column("cover", sa.String(length=500), nullable=False),
        sa.Column("cover_alt", sa.String(length=300), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("include", sa.JSON(), nullable=False),
        sa.Column("exclude", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.Column("scheduled_at", sa.DateTime(), nullable=True),
        sa.Column("frozen_at", sa.DateTime(), nullable=True),
        sa.Column("paused_at", sa.DateTime(), nullable=True),
        sa.Column("pause_reason", sa.String(), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("decided_before", sa.Integer(), nullable=False),
        sa.Column("failed_before", sa.Integer(), nullable=False),
        sa.CheckConstraint("finished_at IS NULL OR frozen_at IS NOT NULL", name=op.f("ck_issue_finished_after_frozen")),
        sa.CheckConstraint(
            "frozen_at IS NULL OR scheduled_at IS NOT NULL", name=op.f("ck_issue_frozen_after_scheduled")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue")),
        sa.UniqueConstraint("public_id", name=op.f("uq_issue_public_id")),
        sa.UniqueConstraint("slug", name=op.f("uq_issue_slug")),
    )
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.create_index(
            "ix_issue_coming",
            ["scheduled_at"],
            unique=False,
            postgresql_where=sa.text("scheduled_at IS NOT NULL AND frozen_at IS NULL"),
            sqlite_where=sa.text("scheduled_at IS NOT NULL AND frozen_at IS NULL"),
        )
        batch_op.create_index(
            "ix_issue_going",
            ["id"],
            unique=False,
            postgresql_where=sa.text("frozen_at IS NOT NULL AND finished_at IS NULL AND cancelled_at IS NULL"),
            sqlite_where=sa.text("frozen_at IS NOT NULL AND finished_at IS NULL AND cancelled_at IS NULL"),
        )

    op.create_table(
        "suppression",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            "reason IN ('hard bounce', 'soft bounces', 'complaint', 'erased', 'owner')",
            name=op.f("ck_suppression_known_reason"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
        sa.UniqueConstraint("address_hash", name=op.f("uq_suppression_address_hash")),
    )
    with op.batch_alter_table("suppression", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_suppression_address"), ["address"], unique=False)

    op.create_table(
        "tag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("name", name=op.f("uq_tag_name")),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("claimed_by", sa.String(length=32), nullable=True),
        sa.Column("handed_at", sa.DateTime(), nullable=True),
        sa.Column("sent_at", sa.DateTime(), nullable=True),
        sa.Column("failed_at", sa.DateTime(), nullable=True),
        sa.Column("skipped_at", sa.DateTime(), nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("bounced_at", sa.DateTime(), nullable=True),
        sa.Column("complained_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint(
            "(CASE WHEN sent_at IS NULL THEN 0 ELSE 1 END) + (CASE WHEN failed_at IS NULL THEN 0 ELSE 1 END) + (CASE WHEN skipped_at IS NULL THEN 0 ELSE 1 END) <= 1",
            name=op.f("ck_delivery_one_outcome"),
        ),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_delivery_issue_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name=op.f("fk_delivery_subscription_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("subscription_id", "issue_id", name=op.f("uq_delivery_subscription_id_issue_id")),
        postgresql_with={"fillfactor": 60},
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(
            "ix_delivery_failed",
            ["issue_id", "id"],
            unique=False,
            postgresql_where=sa.text("failed_at IS NOT NULL"),
            sqlite_where=sa.text("failed_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_delivery_undecided",
            ["issue_id", "due_at", "id"],
            unique=False,
            postgresql_where=sa.text(
                "sent_at IS NULL AND failed_at IS NULL AND skipped_at IS NULL"
            ),
            sqlite_where=sa.text("sent_at IS NULL AND failed_at IS NULL AND skipped_at IS NULL"),
        )

    op.create_table(
        "subscription_tag",
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscription.id"],
            name=op.f("fk_subscription_tag_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_subscription_tag_tag_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("subscription_id", "tag_id", name=op.f("pk_subscription_tag")),
    )
    with op.batch_alter_table("subscription_tag", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_subscription_tag_tag_id"), ["tag_id"], unique=False)

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("last_seen_at", sa.DateTime(), nullable=True))

    # Rows that are there already get the default; rows to come get theirs from the model.
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.add_column(sa.Column("suppressed_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("paused_until", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("career_stage", sa.String(length=20), nullable=False, server_default=""))
        batch_op.create_index(
            "ix_subscription_mailable",
            ["id"],
            unique=False,
            postgresql_where=sa.text("confirmed_at IS NOT NULL AND unsubscribed_at IS NULL AND suppressed_at IS NULL"),
            sqlite_where=sa.text("confirmed_at IS NOT NULL AND unsubscribed_at IS NULL AND suppressed_at IS NULL"),
        )
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.alter_column("career_stage", server_default=None)


def downgrade():
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_subscription_mailable",
            postgresql_where=sa.text("confirmed_at IS NOT NULL AND unsubscribed_at IS NULL AND suppressed_at IS NULL"),
            sqlite_where=sa.text("confirmed_at IS NOT NULL AND unsubscribed_at IS NULL AND suppressed_at IS NULL"),
        )
        batch_op.drop_column("career_stage")
        batch_op.drop_column("paused_until")
        batch_op.drop_column("suppressed_at")

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("last_seen_at")

    with op.batch_alter_table("subscription_tag", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_subscription_tag_tag_id"))

    op.drop_table("subscription_tag")
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_delivery_undecided",
            postgresql_where=sa.text(
                "sent_at IS NULL AND failed_at IS NULL AND skipped_at IS NULL"
            ),
            sqlite_where=sa.text("sent_at IS NULL AND failed_at IS NULL AND skipped_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_delivery_failed",
            postgresql_where=sa.text("failed_at IS NOT NULL"),
            sqlite_where=sa.text("failed_at IS NOT NULL"),
        )

    op.drop_table("delivery")
    op.drop_table("tag")
    with op.batch_alter_table("suppression", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_suppression_address"))

    op.drop_table("suppression")
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_issue_going",
            postgresql_where=sa.text("frozen_at IS NOT NULL AND finished_at IS NULL AND cancelled_at IS NULL"),
            sqlite_where=sa.text("frozen_at IS NOT NULL AND finished_at IS NULL AND cancelled_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_issue_coming",
            postgresql_where=sa.text("scheduled_at IS NOT NULL AND frozen_at IS NULL"),
            sqlite_where=sa.text("scheduled_at IS NOT NULL AND frozen_at IS NULL"),
        )

    op.drop_table("issue")
