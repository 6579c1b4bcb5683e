"""orders to choose"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

TO_CHOOSE = sa.text("choose_by IS NOT NULL")


def upgrade():
    op.create_index(
        "ix_course_order_choose_by",
        "course_order",
        ["choose_by"],
        unique=False,
        sqlite_where=TO_CHOOSE,
        postgresql_where=TO_CHOOSE,
    )


def downgrade():
    op.drop_index(
        "ix_course_order_choose_by", table_name="course_order", sqlite_where=TO_CHOOSE, postgresql_where=TO_CHOOSE
    )
