"""questions to the coach"""

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "lesson_question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("lesson_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("(answered_at IS NULL) = (answer = '')", name=op.f("ck_lesson_question_answered_in_words")),
        sa.ForeignKeyConstraint(["lesson_id"], ["lesson.id"], name=op.f("fk_lesson_question_lesson_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_lesson_question_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson_question")),
    )
    with op.batch_alter_table("lesson_question") as batch_op:
        batch_op.create_index(batch_op.f("ix_lesson_question_lesson_id"), ["lesson_id"], unique=False)
        batch_op.create_index(
            "ix_lesson_question_open",
            ["id"],
            unique=False,
            sqlite_where=sa.text("answered_at IS NULL"),
            postgresql_where=sa.text("answered_at IS NULL"),
        )
        batch_op.create_index("ix_lesson_question_person", ["person_id", "lesson_id"], unique=False)


def downgrade():
    if op.get_bind().execute(sa.text("SELECT count(*) FROM lesson_question")).scalar():
        raise CommandError(
            "0043 is not undone: what learners asked would be lost. Keep a copy of lesson_question, then empty it."
        )
    op.drop_table("lesson_question")
