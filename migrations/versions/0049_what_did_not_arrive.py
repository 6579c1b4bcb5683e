"""what went back and did not arrive"""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

NOT_ARRIVED = sa.text("refunded_at IS NOT NULL AND refunded_cents < paid_cents")
TOLD_OF = '{"data": {"object": {}}}'


def upgrade():
    for table in ("course_order", "consultation_payment"):
        op.create_index(
            f"ix_{table}_not_arrived", table, ["id"], sqlite_where=NOT_ARRIVED, postgresql_where=NOT_ARRIVED
        )
    # What was acted upon before events were emptied then still told of its buyer.
    events = sa.table("stripe_event", sa.column("payload"), sa.column("processed_at"))
    op.execute(events.update().where(events.c.processed_at.is_not(None)).values(payload=TOLD_OF))


def downgrade():
    for table in ("consultation_payment", "course_order"):
        op.drop_index(f"ix_{table}_not_arrived", table)
