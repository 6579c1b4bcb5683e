"""lessons"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "course_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("stored_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_course_file_not_empty")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_file")),
        sa.UniqueConstraint("name", name=op.f("uq_course_file_name")),
    )
    op.create_table(
        "course_file_chunk",
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["course_file.id"], name=op.f("fk_course_file_chunk_file_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("file_id", "number", name=op.f("pk_course_file_chunk")),
    )
    op.create_table(
        "lesson",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("module_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=160), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.String(length=300), nullable=False),
        sa.Column("duration_minutes", sa.Integer(), nullable=False),
        sa.Column("video", sa.String(length=2000), nullable=True),
        sa.Column("audio", sa.String(length=100), nullable=True),
        sa.Column("downloads", sa.JSON(), nullable=False),
        sa.Column("worksheet", sa.JSON(), nullable=False),
        sa.Column("reflection", sa.JSON(), nullable=False),
        sa.Column("quiz", sa.JSON(), nullable=False),
        sa.Column("is_retired", sa.Boolean(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.CheckConstraint("duration_minutes >= 1", name=op.f("ck_lesson_takes_time")),
        sa.ForeignKeyConstraint(["module_id"], ["module.id"], name=op.f("fk_lesson_module_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson")),
        sa.UniqueConstraint("module_id", "slug", name=op.f("uq_lesson_module_id_slug")),
    )
    with op.batch_alter_table("module") as batch_op:
        batch_op.add_column(sa.Column("is_retired", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("module") as batch_op:
        batch_op.alter_column("is_retired", server_default=None)


def downgrade():
    op.drop_table("lesson")
    op.drop_table("course_file_chunk")
    op.drop_table("course_file")
    # An earlier step would show them again.
    op.execute(sa.text("DELETE FROM module WHERE is_retired"))
    with op.batch_alter_table("module") as batch_op:
        batch_op.drop_column("is_retired")
