"""sequences in the studio"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# What started and stopped the sequences there are was written in the code until now.
STARTS = {
    "newsletter-welcome": "sign-up",
    "consultation-requested": "consultation requested",
    "checkout-abandoned": "checkout abandoned",
    "enrolled": "enrolled",
}
RUNNING = sa.text("next_at IS NOT NULL")


def upgrade():
    # Rows that are there already get the defaults; rows to come get theirs from the model.
    with op.batch_alter_table("sequence", schema=None) as batch_op:
        batch_op.add_column(sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column("starts_on", sa.String(length=30), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("start_tag", sa.String(length=60), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("stops_on", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("sequence", schema=None) as batch_op:
        for column in ("active", "starts_on", "start_tag", "stops_on", "version"):
            batch_op.alter_column(column, server_default=None)
        batch_op.create_check_constraint(
            batch_op.f("ck_sequence_tag_where_it_starts_on_one"), "(starts_on = 'tag') = (start_tag <> '')"
        )
    sequence = sa.table("sequence", sa.column("name"), sa.column("starts_on"), sa.column("stops_on", sa.JSON()))
    for name, event in STARTS.items():
        op.execute(sequence.update().where(sequence.c.name == name).values(starts_on=event))
    op.execute(sequence.update().where(sequence.c.name == "checkout-abandoned").values(stops_on=["enrolled"]))

    with op.batch_alter_table("sequence_run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("due_at", sa.DateTime(), nullable=True))
    op.execute("UPDATE sequence_run SET due_at = next_at")
    with op.batch_alter_table("sequence_run", schema=None) as batch_op:
        batch_op.alter_column("version", server_default=None)
        batch_op.create_check_constraint(
            batch_op.f("ck_sequence_run_due_while_it_runs"), "next_at IS NULL OR due_at IS NOT NULL"
        )
        batch_op.create_index(
            "ix_sequence_run_on_the_way",
            ["sequence_id", "version"],
            unique=False,
            postgresql_where=RUNNING,
            sqlite_where=RUNNING,
        )

    with op.batch_alter_table("sequence_step", schema=None) as batch_op:
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("sequence_step", schema=None) as batch_op:
        batch_op.alter_column("version", server_default=None)
        batch_op.drop_index(batch_op.f("ix_sequence_step_order"))
        batch_op.drop_constraint(batch_op.f("uq_sequence_step_sequence_id_slug"), type_="unique")
        batch_op.create_unique_constraint(
            batch_op.f("uq_sequence_step_sequence_id_version_position"), ["sequence_id", "version", "position"]
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_sequence_step_sequence_id_version_slug"), ["sequence_id", "version", "slug"]
        )


def downgrade():
    # There is room for one version only: whoever is on the way through an older one goes on in the last.
    op.execute(
        "DELETE FROM sequence_step WHERE version <> "
        "(SELECT version FROM sequence WHERE sequence.id = sequence_step.sequence_id)"
    )
    with op.batch_alter_table("sequence_step", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_sequence_step_sequence_id_version_slug"), type_="unique")
        batch_op.drop_constraint(batch_op.f("uq_sequence_step_sequence_id_version_position"), type_="unique")
        batch_op.create_unique_constraint(batch_op.f("uq_sequence_step_sequence_id_slug"), ["sequence_id", "slug"])
        batch_op.create_index("ix_sequence_step_order", ["sequence_id", "position"], unique=False)
        batch_op.drop_column("version")

    with op.batch_alter_table("sequence_run", schema=None) as batch_op:
        batch_op.drop_index("ix_sequence_run_on_the_way", postgresql_where=RUNNING, sqlite_where=RUNNING)
        batch_op.drop_constraint(batch_op.f("ck_sequence_run_due_while_it_runs"), type_="check")
        batch_op.drop_column("due_at")
        batch_op.drop_column("version")

    with op.batch_alter_table("sequence", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_sequence_tag_where_it_starts_on_one"), type_="check")
        for column in ("version", "stops_on", "start_tag", "starts_on", "active"):
            batch_op.drop_column(column)
