"""begun places"""

import sqlalchemy as sa
from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("enrollment") as batch_op:
        batch_op.add_column(sa.Column("begun_at", sa.DateTime(), nullable=True))
    # Who had opened a lesson before they had this place began it when they came back to one.
    op.execute(
        "UPDATE enrollment SET begun_at = (SELECT min(CASE WHEN opened_at >= enrollment.enrolled_at "
        "THEN opened_at ELSE seen_at END) FROM lesson_progress "
        "WHERE lesson_progress.person_id = enrollment.person_id AND seen_at >= enrollment.enrolled_at)"
    )


def downgrade():
    with op.batch_alter_table("enrollment") as batch_op:
        batch_op.drop_column("begun_at")
