"""what learners write"""

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "course_completion",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("course_id", sa.Integer(), nullable=False),
        sa.Column("completed_at", sa.DateTime(), nullable=False),
        sa.Column("completed_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_course_completion_course_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_course_completion_person_id")),
        sa.PrimaryKeyConstraint("person_id", "course_id", name=op.f("pk_course_completion")),
    )
    with op.batch_alter_table("course_completion") as batch_op:
        batch_op.create_index(batch_op.f("ix_course_completion_course_id"), ["course_id"], unique=False)

    op.create_table(
        "lesson_progress",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("lesson_id", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("seen_at", sa.DateTime(), nullable=False),
        sa.Column("completed_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["lesson_id"], ["lesson.id"], name=op.f("fk_lesson_progress_lesson_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_lesson_progress_person_id")),
        sa.PrimaryKeyConstraint("person_id", "lesson_id", name=op.f("pk_lesson_progress")),
    )
    with op.batch_alter_table("lesson_progress") as batch_op:
        batch_op.create_index(batch_op.f("ix_lesson_progress_lesson_id"), ["lesson_id"], unique=False)

    op.create_table(
        "quiz_result",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("lesson_id", sa.Integer(), nullable=False),
        sa.Column("quiz_mark", sa.String(length=16), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.Column("best", sa.Integer(), nullable=False),
        sa.Column("best_at", sa.DateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("chosen", sa.JSON(), nullable=False),
        sa.Column("taken_at", sa.DateTime(), nullable=False),
        sa.CheckConstraint("best BETWEEN 0 AND questions", name=op.f("ck_quiz_result_best_in_bounds")),
        sa.ForeignKeyConstraint(["lesson_id"], ["lesson.id"], name=op.f("fk_quiz_result_lesson_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_quiz_result_person_id")),
        sa.PrimaryKeyConstraint("person_id", "lesson_id", name=op.f("pk_quiz_result")),
    )
    with op.batch_alter_table("quiz_result") as batch_op:
        batch_op.create_index(batch_op.f("ix_quiz_result_lesson_id"), ["lesson_id"], unique=False)

    op.create_table(
        "writing",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("lesson_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("question", sa.String(length=1000), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["lesson_id"], ["lesson.id"], name=op.f("fk_writing_lesson_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_writing_person_id")),
        sa.PrimaryKeyConstraint("person_id", "lesson_id", "key", name=op.f("pk_writing")),
    )
    with op.batch_alter_table("writing") as batch_op:
        batch_op.create_index(batch_op.f("ix_writing_lesson_id"), ["lesson_id"], unique=False)


def downgrade():
    if op.get_bind().execute(sa.text("SELECT count(*) FROM writing WHERE text <> ''")).scalar():
        raise CommandError(
            "0038 is not undone: what learners wrote would be lost. Keep a copy of writing, then empty it."
        )
    for table in ("writing", "quiz_result", "lesson_progress", "course_completion"):
        op.drop_table(table)
