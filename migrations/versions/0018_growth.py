"""growth"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

subscription = sa.table(
    "subscription",
    sa.column("source", sa.String),
    sa.column("confirmed_at", sa.DateTime),
    sa.column("unsubscribed_at", sa.DateTime),
)
growth_day = sa.table("growth_day", *(sa.column(name) for name in ("day", "source", "joined", "departed")))


def upgrade():
    op.create_table(
        "growth_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("joined", sa.Integer(), nullable=False),
        sa.Column("departed", sa.Integer(), nullable=False),
        sa.CheckConstraint("joined >= 0 AND departed >= 0", name=op.f("ck_growth_day_counts_up")),
        sa.PrimaryKeyConstraint("day", "source", name=op.f("pk_growth_day")),
    )
    _count_what_is_there()
    # Rows that are there already get the default; rows to come get theirs from the model.
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.add_column(sa.Column("unsubscribed", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.alter_column("unsubscribed", server_default=None)


def _count_what_is_there():
    def happened(moment, joined, departed):
        columns = (sa.func.date(moment).label("day"), subscription.c.source, joined, departed)
        return sa.select(*columns).where(subscription.c.confirmed_at.is_not(None), moment.is_not(None))

    one, none = sa.literal_column("1"), sa.literal_column("0")
    every = sa.union_all(
        happened(subscription.c.confirmed_at, one.label("joined"), none.label("departed")),
        happened(subscription.c.unsubscribed_at, none.label("joined"), one.label("departed")),
    ).subquery()
    days = sa.select(every.c.day, every.c.source, sa.func.sum(every.c.joined), sa.func.sum(every.c.departed))
    counted = days.group_by(every.c.day, every.c.source)
    op.execute(growth_day.insert().from_select(["day", "source", "joined", "departed"], counted))


def downgrade():
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.drop_column("unsubscribed")

    op.drop_table("growth_day")
