"""Words by which the owner sorts subscribers, such as "conference-2026"."""

from collections.abc import Collection

from sqlalchemy import Column, ForeignKey, String, Table, select
from sqlalchemy.orm import Mapped, mapped_column

from app.extensions import Model, db, insert_with_conflict
from app.followups.models import tag_name

subscription_tag = Table(
    "subscription_tag",
    Model.metadata,
    Column("subscription_id", ForeignKey("subscription.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class Tag(Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)

    @classmethod
    def all(cls) -> "list[Tag]":
        return list(db.session.scalars(select(cls).order_by(cls.name)))

    @classmethod
    def named(cls, names: Collection[str]) -> "list[Tag]":
        """The tags of these names, made where they are new."""
        wanted = sorted({tag_name(name) for name in names} - {""})
        known = select(cls).where(cls.name.in_(wanted)).order_by(cls.name)
        if missing := set(wanted) - {tag.name for tag in db.session.scalars(known)}:
            # Two who think of the same word at once both find it made.
            made = insert_with_conflict(cls).values([{"name": name} for name in sorted(missing)])
            db.session.execute(made.on_conflict_do_nothing())
        return list(db.session.scalars(known))
