"""What the newsletter's page says, and the topics a reader may choose from."""

from collections.abc import Collection

from markupsafe import Markup
from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from app import markdown
from app.extensions import Model, db
from app.publishing import Published


class Offer(Model, Published):
    """The newsletter as its page presents it. There is one."""

    __tablename__ = "newsletter_offer"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    lede: Mapped[str]
    description: Mapped[str]
    frequency: Mapped[str] = mapped_column(String(80))
    sample: Mapped[bool] = mapped_column(default=False)
    body: Mapped[str]

    @property
    def html(self) -> Markup:
        return markdown.render(self.body)

    @classmethod
    def current(cls) -> "Offer | None":
        return db.session.scalar(select(cls).order_by(cls.id).limit(1))


class Topic(Model, Published):
    """Something a reader may want to hear about. One that is offered no more stays with those who chose it."""

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    label: Mapped[str] = mapped_column(String(80))
    position: Mapped[int]
    is_offered: Mapped[bool] = mapped_column(default=True)

    @classmethod
    def offered(cls) -> "list[Topic]":
        return list(db.session.scalars(select(cls).filter_by(is_offered=True).order_by(cls.position)))

    @classmethod
    def with_keys(cls, keys: Collection[str]) -> "list[Topic]":
        return list(db.session.scalars(select(cls).where(cls.key.in_(keys)).order_by(cls.position)))
