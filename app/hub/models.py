"""The pieces: articles, videos, links, questions and pages. What gathers them is in gathering.py."""

from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sqlalchemy import JSON, ForeignKey, Index, String, select
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.ext.orderinglist import ordering_list
from sqlalchemy.orm import Mapped, joinedload, load_only, mapped_column, relationship, selectinload
from sqlalchemy.orm.strategy_options import _AbstractLoad

from app.extensions import Model, db
from app.hub.written import Written
from app.publishing import Published

if TYPE_CHECKING:
    from app.hub.gathering import Hub

SLUG, TITLE, LINE = String(160), String(200), String(500)


class Article(Model, Published, Written):
    """A text of its own, in the reading order of a hub if it belongs to one."""

    __table_args__ = (Index("ix_article_listing", "published_on", "title"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(SLUG, unique=True)
    title: Mapped[str] = mapped_column(TITLE)
    summary: Mapped[str] = mapped_column(LINE)
    description: Mapped[str] = mapped_column(LINE)
    topic: Mapped[str] = mapped_column(String(60))
    published_on: Mapped[date]
    updated_on: Mapped[date]
    hub_id: Mapped[int | None] = mapped_column(ForeignKey("hub.id", ondelete="SET NULL"), index=True)
    hub: Mapped["Hub | None"] = relationship()
    related_places: Mapped[list["RelatedArticle"]] = relationship(
        foreign_keys="RelatedArticle.article_id",
        order_by="RelatedArticle.position",
        collection_class=ordering_list("position"),
        cascade="all, delete-orphan",
        passive_deletes=True,
    )
    related: AssociationProxy[list["Article"]] = association_proxy(
        "related_places", "related", creator=lambda article: RelatedArticle(related=article)
    )

    @property
    def topic_name(self) -> str:
        """The topic as a reader sees it: "well-being" is "Well-being"."""
        return self.topic[:1].upper() + self.topic[1:]

    @classmethod
    def at(cls, slug: str) -> "Article | None":
        """The article of this address, with its hub and what it leads to."""
        related = selectinload(cls.related_places).joinedload(RelatedArticle.related)
        return db.session.scalar(
            select(cls).filter_by(slug=slug).options(joinedload(cls.hub), related.options(listed()))
        )

    @classmethod
    def newest_first(cls) -> "list[Article]":
        """Every article, without its text."""
        return list(db.session.scalars(select(cls).order_by(*NEWEST_FIRST).options(listed())))

    @classmethod
    def newest(cls, count: int) -> "list[Article]":
        """The latest articles, with their text."""
        return list(db.session.scalars(select(cls).order_by(*NEWEST_FIRST).limit(count)))


NEWEST_FIRST = (Article.published_on.desc(), Article.title)


def listed() -> _AbstractLoad:
    """The option that loads of an article what a list shows of it: anything but its text."""
    return load_only(
        Article.slug,
        Article.title,
        Article.summary,
        Article.topic,
        Article.published_on,
        Article.updated_on,
        Article.words,
    )


class RelatedArticle(Model, Published):
    """`related` is what a reader of `article` may like next."""

    article_id: Mapped[int] = mapped_column(ForeignKey("article.id", ondelete="CASCADE"), primary_key=True)
    related_id: Mapped[int] = mapped_column(ForeignKey("article.id", ondelete="CASCADE"), primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)
    related: Mapped[Article] = relationship(foreign_keys=[related_id])


class Video(Model, Published, Written):
    """A video on YouTube, or, as long as it has no id there, a topic to search for."""

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(SLUG, unique=True)
    title: Mapped[str] = mapped_column(TITLE)
    youtube_id: Mapped[str | None] = mapped_column(String(11))
    summary: Mapped[str] = mapped_column(LINE)

    @property
    def url(self) -> str:
        """Where a plain link to the video leads."""
        if self.youtube_id:
            return f"https://www.youtube.com/watch?v={self.youtube_id}"
        return f"https://www.youtube.com/results?{urlencode({'search_query': self.title})}"


class ExternalLink(Model, Published):
    """A page of another organization."""

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(SLUG, unique=True)
    title: Mapped[str] = mapped_column(TITLE)
    url: Mapped[str] = mapped_column(String(2000))
    organization: Mapped[str] = mapped_column(TITLE)
    summary: Mapped[str] = mapped_column(LINE)


class Question(Model, Published, Written):
    """A question readers ask, and its answer. Hubs gather some; coaching and course name theirs by slug."""

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(SLUG, unique=True)
    title: Mapped[str] = mapped_column(TITLE)

    @classmethod
    def with_slugs(cls, slugs: list[str]) -> "list[Question]":
        """The questions of these slugs, in their order; one that there is not is left out."""
        kept = db.session.scalars(select(cls).where(cls.slug.in_(slugs)))
        return sorted(kept, key=lambda question: slugs.index(question.slug))

    @property
    def as_asked(self) -> tuple[str, str]:
        """Question and answer in plain text, as search engines are told them."""
        return self.title, self.text


class Page(Model, Published, Written):
    """A page with a fixed address: home, guide and the policies."""

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(SLUG, unique=True)
    title: Mapped[str] = mapped_column(TITLE)
    eyebrow: Mapped[str] = mapped_column(TITLE, default="")
    heading: Mapped[str] = mapped_column(TITLE, default="")
    lede: Mapped[str] = mapped_column(LINE, default="")
    description: Mapped[str] = mapped_column(LINE)
    is_sample: Mapped[bool] = mapped_column(default=False)
    # Cards that lead on, each with title, text, href and label.
    ways: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)

    @classmethod
    def at(cls, slug: str) -> "Page | None":
        return db.session.scalar(select(cls).filter_by(slug=slug))
