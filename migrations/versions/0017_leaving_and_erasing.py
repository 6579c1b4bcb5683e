"""leaving and erasing"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "address_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("old_address", sa.String(length=254), nullable=False),
        sa.Column("new_address", sa.String(length=254), nullable=False),
        sa.Column("needs_leave", sa.Boolean(), nullable=False),
        sa.Column("requested_at", sa.DateTime(), nullable=False),
        sa.Column("allowed_at", sa.DateTime(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(), nullable=True),
        sa.Column("undone_at", sa.DateTime(), nullable=True),
        sa.Column("void_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_address_change_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_change")),
        sa.UniqueConstraint("nonce", name=op.f("uq_address_change_nonce")),
    )
    with op.batch_alter_table("address_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_address_change_new_address"), ["new_address"], unique=False)
        batch_op.create_index(batch_op.f("ix_address_change_old_address"), ["old_address"], unique=False)
        batch_op.create_index("ix_address_change_person", ["person_id", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_address_change_requested_at"), ["requested_at"], unique=False)

    op.create_table(
        "departure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.CheckConstraint(
            "reason IN ('', 'too many', 'no time', 'not for me', 'moved on', 'never asked', 'other')",
            name=op.f("ck_departure_known_reason"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_departure_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departure")),
    )
    with op.batch_alter_table("departure", schema=None) as batch_op:
        batch_op.create_index("ix_departure_person", ["person_id", "id"], unique=False)

    # Mails that are there already get the default; those to come get theirs from the model.
    with op.batch_alter_table("email", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_fleeting", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.create_index(
            "ix_email_fleeting",
            ["id"],
            unique=False,
            postgresql_where=sa.text("is_fleeting"),
            sqlite_where=sa.text("is_fleeting"),
        )
    with op.batch_alter_table("email", schema=None) as batch_op:
        batch_op.alter_column("is_fleeting", server_default=None)

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("erased_at", sa.DateTime(), nullable=True))
        batch_op.create_check_constraint(
            batch_op.f("ck_person_erased_is_nobody"), "erased_at IS NULL OR (name = '' AND email LIKE 'erased-%')"
        )


def downgrade():
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_person_erased_is_nobody"), type_="check")
        batch_op.drop_column("erased_at")

    with op.batch_alter_table("email", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_email_fleeting", postgresql_where=sa.text("is_fleeting"), sqlite_where=sa.text("is_fleeting")
        )
        batch_op.drop_column("is_fleeting")

    with op.batch_alter_table("departure", schema=None) as batch_op:
        batch_op.drop_index("ix_departure_person")

    op.drop_table("departure")
    with op.batch_alter_table("address_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_address_change_requested_at"))
        batch_op.drop_index("ix_address_change_person")
        batch_op.drop_index(batch_op.f("ix_address_change_old_address"))
        batch_op.drop_index(batch_op.f("ix_address_change_new_address"))

    op.drop_table("address_change")
