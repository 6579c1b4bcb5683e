"""subscriber uploads"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

INDEXES = {
    "left": "unsubscribed_at IS NOT NULL",
    "suppressed": "unsubscribed_at IS NULL AND suppressed_at IS NOT NULL",
    "waiting": "unsubscribed_at IS NULL AND suppressed_at IS NULL AND confirmed_at IS NULL",
}


def upgrade():
    op.create_table(
        "subscriber_upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(), nullable=False),
        sa.Column("encoding", sa.String(length=20), nullable=False),
        sa.Column("system", sa.String(length=20), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("basis", sa.String(length=20), nullable=False),
        sa.Column("check_asked_at", sa.DateTime(), nullable=True),
        sa.Column("checked_at", sa.DateTime(), nullable=True),
        sa.Column("import_asked_at", sa.DateTime(), nullable=True),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("claimed_by", sa.String(length=32), nullable=True),
        sa.Column("claimed_at", sa.DateTime(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.CheckConstraint(
            "import_asked_at IS NULL OR (checked_at IS NOT NULL AND basis <> '')",
            name=op.f("ck_subscriber_upload_checked_first"),
        ),
        sa.CheckConstraint(
            "finished_at IS NULL OR import_asked_at IS NOT NULL", name=op.f("ck_subscriber_upload_asked_first")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber_upload")),
    )
    op.create_table(
        "subscriber_upload_part",
        sa.Column("upload_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"],
            ["subscriber_upload.id"],
            name=op.f("fk_subscriber_upload_part_upload_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("upload_id", "position", name=op.f("pk_subscriber_upload_part")),
    )
    op.create_table(
        "subscriber_upload_reject",
        sa.Column("upload_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload_id"],
            ["subscriber_upload.id"],
            name=op.f("fk_subscriber_upload_reject_upload_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("upload_id", "line", name=op.f("pk_subscriber_upload_reject")),
    )
    op.create_index(
        op.f("ix_subscriber_upload_reject_address"), "subscriber_upload_reject", ["address"], unique=False
    )
    op.drop_index("ix_subscription_unsubscribed_at", table_name="subscription")
    op.create_index(
        "ix_subscription_unsubscribed_at",
        "subscription",
        ["unsubscribed_at"],
        unique=False,
        postgresql_where=sa.text(INDEXES["left"]),
        sqlite_where=sa.text(INDEXES["left"]),
    )
    for name, where in INDEXES.items():
        op.create_index(
            f"ix_subscription_{name}",
            "subscription",
            ["id"],
            unique=False,
            postgresql_where=sa.text(where),
            sqlite_where=sa.text(where),
        )


def downgrade():
    op.drop_index("ix_subscription_unsubscribed_at", table_name="subscription")
    op.create_index("ix_subscription_unsubscribed_at", "subscription", ["unsubscribed_at"], unique=False)
    for name in INDEXES:
        op.drop_index(f"ix_subscription_{name}", table_name="subscription")
    op.drop_index(op.f("ix_subscriber_upload_reject_address"), table_name="subscriber_upload_reject")
    op.drop_table("subscriber_upload_reject")
    op.drop_table("subscriber_upload_part")
    op.drop_table("subscriber_upload")
