"""newsletter"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "newsletter_allowance",
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("day_began_at", sa.DateTime(), nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.Column("mailed_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_newsletter_allowance")),
    )
    with op.batch_alter_table("newsletter_allowance", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_newsletter_allowance_day_began_at"), ["day_began_at"], unique=False)

    op.create_table(
        "newsletter_offer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("lede", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("frequency", sa.String(length=80), nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_newsletter_offer")),
        sa.UniqueConstraint("slug", name=op.f("uq_newsletter_offer_slug")),
    )
    op.create_table(
        "topic",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_offered", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic")),
        sa.UniqueConstraint("key", name=op.f("uq_topic_key")),
    )
    op.create_table(
        "subscription",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("requested_at", sa.DateTime(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(), nullable=True),
        sa.Column("unsubscribed_at", sa.DateTime(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_subscription_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("person_id", name=op.f("uq_subscription_person_id")),
    )
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.create_index("ix_subscription_confirmed", ["confirmed_at", "id"], unique=False)
        batch_op.create_index("ix_subscription_requested", ["requested_at", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_subscription_unsubscribed_at"), ["unsubscribed_at"], unique=False)

    op.create_table(
        "sign_up",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("first_name", sa.String(length=80), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("page", sa.String(length=200), nullable=False),
        sa.Column("wording", sa.String(), nullable=False),
        sa.Column("requested_at", sa.DateTime(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(), nullable=True),
        sa.Column("void_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscription.id"], name=op.f("fk_sign_up_subscription_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_up")),
        sa.UniqueConstraint("nonce", name=op.f("uq_sign_up_nonce")),
    )
    with op.batch_alter_table("sign_up", schema=None) as batch_op:
        batch_op.create_index("ix_sign_up_subscription", ["subscription_id", "id"], unique=False)

    op.create_table(
        "subscription_topic",
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscription.id"],
            name=op.f("fk_subscription_topic_subscription_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topic.id"], name=op.f("fk_subscription_topic_topic_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("subscription_id", "topic_id", name=op.f("pk_subscription_topic")),
    )
    with op.batch_alter_table("subscription_topic", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_subscription_topic_topic_id"), ["topic_id"], unique=False)


def downgrade():
    with op.batch_alter_table("subscription_topic", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_subscription_topic_topic_id"))

    op.drop_table("subscription_topic")
    with op.batch_alter_table("sign_up", schema=None) as batch_op:
        batch_op.drop_index("ix_sign_up_subscription")

    op.drop_table("sign_up")
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_subscription_unsubscribed_at"))
        batch_op.drop_index("ix_subscription_requested")
        batch_op.drop_index("ix_subscription_confirmed")

    op.drop_table("subscription")
    op.drop_table("topic")
    op.drop_table("newsletter_offer")
    with op.batch_alter_table("newsletter_allowance", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_newsletter_allowance_day_began_at"))

    op.drop_table("newsletter_allowance")
