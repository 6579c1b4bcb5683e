"""clicks"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "issue_link",
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("by_people", sa.Integer(), nullable=False),
        sa.Column("by_scanners", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "lower(url) LIKE 'http://%' OR lower(url) LIKE 'https://%'", name=op.f("ck_issue_link_leads_to_a_page")
        ),
        sa.CheckConstraint("position >= 0", name=op.f("ck_issue_link_has_a_place")),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_issue_link_issue_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("issue_id", "position", name=op.f("pk_issue_link")),
    )
    op.create_table(
        "click",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("place", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id", "position"],
            ["issue_link.issue_id", "issue_link.position"],
            name=op.f("fk_click_issue_id_position"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_click")),
        sa.UniqueConstraint("issue_id", "position", "place", name=op.f("uq_click_issue_id_position_place")),
    )
    with op.batch_alter_table("click", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_click_at"), ["at"], unique=False)


def downgrade():
    with op.batch_alter_table("click", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_click_at"))

    op.drop_table("click")
    op.drop_table("issue_link")
