"""former addresses"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

BEFORE = "reason IN ('hard bounce', 'soft bounces', 'complaint', 'erased', 'owner')"
AFTER = "reason IN ('hard bounce', 'soft bounces', 'complaint', 'erased', 'owner', 'moved')"


def upgrade():
    with op.batch_alter_table("suppression", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_suppression_known_reason"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_suppression_known_reason"), AFTER)

    op.create_index(
        "ix_person_barred",
        "person",
        ["id"],
        postgresql_where=sa.text("active IS false AND erased_at IS NULL"),
        sqlite_where=sa.text("active IS 0 AND erased_at IS NULL"),
    )


def downgrade():
    op.drop_index("ix_person_barred", table_name="person")

    op.execute("DELETE FROM suppression WHERE reason = 'moved'")
    with op.batch_alter_table("suppression", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_suppression_known_reason"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_suppression_known_reason"), BEFORE)
