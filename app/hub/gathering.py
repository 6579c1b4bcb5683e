"""Hubs, and how one gathers its pieces in order. A second hub is a matter of content."""

import re
from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, select
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.ext.orderinglist import ordering_list
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship, selectinload

from app.extensions import Model, db
from app.hub.models import LINE, SLUG, TITLE, Article, ExternalLink, Question, Video, listed
from app.hub.written import Written
from app.publishing import Published

# What a section shows besides its text.
SHOWS = ("text", "roles", "steps", "resources", "programs", "questions")


def _in_order(kind: str) -> Any:
    return relationship(
        order_by=f"{kind}.position",
        collection_class=ordering_list("position"),
        cascade="all, delete-orphan",
        passive_deletes=True,
    )


class Hub(Model, Published):
    """A page that gathers everything on one subject: sections of text, articles, videos, links and questions."""

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(SLUG, unique=True)
    title: Mapped[str] = mapped_column(TITLE)
    eyebrow: Mapped[str] = mapped_column(TITLE)
    lede: Mapped[str] = mapped_column(LINE)
    description: Mapped[str] = mapped_column(LINE)
    published_on: Mapped[date]
    updated_on: Mapped[date]
    sections: Mapped[list["HubSection"]] = _in_order("HubSection")
    article_places: Mapped[list["HubArticle"]] = _in_order("HubArticle")
    video_places: Mapped[list["HubVideo"]] = _in_order("HubVideo")
    link_places: Mapped[list["HubLink"]] = _in_order("HubLink")
    question_places: Mapped[list["HubQuestion"]] = _in_order("HubQuestion")
    articles: AssociationProxy[list[Article]] = association_proxy(
        "article_places", "piece", creator=lambda piece: HubArticle(piece=piece)
    )
    videos: AssociationProxy[list[Video]] = association_proxy(
        "video_places", "piece", creator=lambda piece: HubVideo(piece=piece)
    )
    links: AssociationProxy[list[ExternalLink]] = association_proxy(
        "link_places", "piece", creator=lambda piece: HubLink(piece=piece)
    )
    questions: AssociationProxy[list[Question]] = association_proxy(
        "question_places", "piece", creator=lambda piece: HubQuestion(piece=piece)
    )

    @classmethod
    def at(cls, slug: str) -> "Hub | None":
        """The hub of this address with all it gathers, in a fixed number of queries."""
        return db.session.scalar(
            select(cls)
            .filter_by(slug=slug)
            .options(
                selectinload(cls.sections),
                selectinload(cls.article_places).joinedload(HubArticle.piece).options(listed()),
                selectinload(cls.video_places).joinedload(HubVideo.piece),
                selectinload(cls.link_places).joinedload(HubLink.piece),
                selectinload(cls.question_places).joinedload(HubQuestion.piece),
            )
        )

    @classmethod
    def all(cls) -> "list[Hub]":
        """Every hub with its sections, the oldest first."""
        return list(db.session.scalars(select(cls).order_by(cls.id).options(selectinload(cls.sections))))

    def reading_order(self) -> list[Article]:
        """The hub's articles, without their text, in one query."""
        places = select(Article).join(HubArticle).where(HubArticle.hub_id == self.id).order_by(HubArticle.position)
        return list(db.session.scalars(places.options(listed())))

    def resources(self, section: "HubSection") -> list[tuple[str, str, list[Any]]]:
        """The lists of what the hub gathers, each with the HTML that stands over it and its kind.

        They stand under the smaller headings of `section`, in this order; one too many gets a plain heading.
        """
        lists: list[tuple[str, str, list[Any]]] = [
            ("<h3>Articles</h3>", "article", list(self.articles)),
            ("<h3>Videos</h3>", "video", list(self.videos)),
            ("<h3>Organizations</h3>", "link", list(self.links)),
        ]
        filled = [each for each in lists if each[2]]
        over = section.parts[1:]
        return [
            (over[index] if index < len(over) else plain, kind, pieces)
            for index, (plain, kind, pieces) in enumerate(filled)
        ]

    def arrange(self, sections: list[dict[str, Any]]) -> None:
        """Make the hub's sections these, in this order, keeping every row that can stay."""
        del self.sections[len(sections) :]
        for row, fields in zip(self.sections, sections, strict=False):
            for name, value in fields.items():
                setattr(row, name, value)
        self.sections.extend(HubSection(**fields) for fields in sections[len(self.sections) :])


class HubSection(Model, Published, Written):
    """A part of a hub's page under a heading of its own."""

    __table_args__ = (CheckConstraint(f"shows IN {SHOWS}", name="known_shows"),)

    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    heading: Mapped[str] = mapped_column(TITLE)
    anchor: Mapped[str] = mapped_column(SLUG)
    short: Mapped[str] = mapped_column(TITLE)
    shows: Mapped[str] = mapped_column(String(20))

    @property
    def parts(self) -> list[str]:
        """The HTML before the first smaller heading, then that of each smaller heading."""
        return re.split(r"(?=<h3)", self.html)


class Place:
    """Mixin: where in a hub a piece stands. Each subclass adds the piece."""

    position: Mapped[int] = mapped_column(default=0)

    @declared_attr
    @classmethod
    def hub_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("hub.id", ondelete="CASCADE"), primary_key=True)


class HubArticle(Model, Published, Place):
    piece_id: Mapped[int] = mapped_column(ForeignKey("article.id", ondelete="CASCADE"), primary_key=True, index=True)
    piece: Mapped[Article] = relationship()


class HubVideo(Model, Published, Place):
    piece_id: Mapped[int] = mapped_column(ForeignKey("video.id", ondelete="CASCADE"), primary_key=True, index=True)
    piece: Mapped[Video] = relationship()


class HubLink(Model, Published, Place):
    piece_id: Mapped[int] = mapped_column(
        ForeignKey("external_link.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    piece: Mapped[ExternalLink] = relationship()


class HubQuestion(Model, Published, Place):
    piece_id: Mapped[int] = mapped_column(ForeignKey("question.id", ondelete="CASCADE"), primary_key=True, index=True)
    piece: Mapped[Question] = relationship()
