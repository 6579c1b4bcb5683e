"""hub"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "external_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=160), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("organization", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_external_link")),
        sa.UniqueConstraint("slug", name=op.f("uq_external_link_slug")),
    )
    op.create_table(
        "hub",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=160), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("eyebrow", sa.String(length=200), nullable=False),
        sa.Column("lede", sa.String(length=500), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.Column("updated_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hub")),
        sa.UniqueConstraint("slug", name=op.f("uq_hub_slug")),
    )
    op.create_table(
        "page",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=160), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("eyebrow", sa.String(length=200), nullable=False),
        sa.Column("heading", sa.String(length=200), nullable=False),
        sa.Column("lede", sa.String(length=500), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("ways", sa.JSON(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page")),
        sa.UniqueConstraint("slug", name=op.f("uq_page_slug")),
    )
    op.create_table(
        "question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=160), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
        sa.UniqueConstraint("slug", name=op.f("uq_question_slug")),
    )
    op.create_table(
        "video",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=160), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("youtube_id", sa.String(length=11), nullable=True),
        sa.Column("summary", sa.String(length=500), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_video")),
        sa.UniqueConstraint("slug", name=op.f("uq_video_slug")),
    )
    op.create_table(
        "article",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=160), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("summary", sa.String(length=500), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("topic", sa.String(length=60), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.Column("updated_on", sa.Date(), nullable=False),
        sa.Column("hub_id", sa.Integer(), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_article_hub_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article")),
        sa.UniqueConstraint("slug", name=op.f("uq_article_slug")),
    )
    with op.batch_alter_table("article", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_article_hub_id"), ["hub_id"], unique=False)
        batch_op.create_index("ix_article_listing", ["published_on", "title"], unique=False)

    op.create_table(
        "hub_link",
        sa.Column("piece_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hub_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_hub_link_hub_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["piece_id"], ["external_link.id"], name=op.f("fk_hub_link_piece_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("piece_id", "hub_id", name=op.f("pk_hub_link")),
    )
    with op.batch_alter_table("hub_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hub_link_piece_id"), ["piece_id"], unique=False)

    op.create_table(
        "hub_question",
        sa.Column("piece_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hub_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_hub_question_hub_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["piece_id"], ["question.id"], name=op.f("fk_hub_question_piece_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("piece_id", "hub_id", name=op.f("pk_hub_question")),
    )
    with op.batch_alter_table("hub_question", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hub_question_piece_id"), ["piece_id"], unique=False)

    op.create_table(
        "hub_section",
        sa.Column("hub_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("heading", sa.String(length=200), nullable=False),
        sa.Column("anchor", sa.String(length=160), nullable=False),
        sa.Column("short", sa.String(length=200), nullable=False),
        sa.Column("shows", sa.String(length=20), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "shows IN ('text', 'roles', 'steps', 'resources', 'programs', 'questions')",
            name=op.f("ck_hub_section_known_shows"),
        ),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_hub_section_hub_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("hub_id", "position", name=op.f("pk_hub_section")),
    )
    op.create_table(
        "hub_video",
        sa.Column("piece_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hub_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_hub_video_hub_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["piece_id"], ["video.id"], name=op.f("fk_hub_video_piece_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("piece_id", "hub_id", name=op.f("pk_hub_video")),
    )
    with op.batch_alter_table("hub_video", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hub_video_piece_id"), ["piece_id"], unique=False)

    op.create_table(
        "hub_article",
        sa.Column("piece_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hub_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["hub_id"], ["hub.id"], name=op.f("fk_hub_article_hub_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["piece_id"], ["article.id"], name=op.f("fk_hub_article_piece_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("piece_id", "hub_id", name=op.f("pk_hub_article")),
    )
    with op.batch_alter_table("hub_article", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hub_article_piece_id"), ["piece_id"], unique=False)

    op.create_table(
        "related_article",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("related_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_related_article_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["related_id"], ["article.id"], name=op.f("fk_related_article_related_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", "related_id", name=op.f("pk_related_article")),
    )
    with op.batch_alter_table("related_article", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_related_article_related_id"), ["related_id"], unique=False)


def downgrade():
    with op.batch_alter_table("related_article", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_related_article_related_id"))

    op.drop_table("related_article")
    with op.batch_alter_table("hub_article", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hub_article_piece_id"))

    op.drop_table("hub_article")
    with op.batch_alter_table("hub_video", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hub_video_piece_id"))

    op.drop_table("hub_video")
    op.drop_table("hub_section")
    with op.batch_alter_table("hub_question", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hub_question_piece_id"))

    op.drop_table("hub_question")
    with op.batch_alter_table("hub_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hub_link_piece_id"))

    op.drop_table("hub_link")
    with op.batch_alter_table("article", schema=None) as batch_op:
        batch_op.drop_index("ix_article_listing")
        batch_op.drop_index(batch_op.f("ix_article_hub_id"))

    op.drop_table("article")
    op.drop_table("video")
    op.drop_table("question")
    op.drop_table("page")
    op.drop_table("hub")
    op.drop_table("external_link")
