from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Table,
    and_,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import followups
from app.clock import in_zone, is_zone, now
from app.extensions import Model, came_first, db
from app.followups.models import TAG
from app.newsletter.growth import GrowthDay, page_or_import
from app.newsletter.offer import Topic
from app.newsletter.preferences import quiet_hours
from app.newsletter.tags import Tag, subscription_tag
from app.people.models import Person
from app.people.suppressions import Suppression

PURPOSE = "newsletter"
LEAVING = "Unsubscribe: no more letters, neither the newsletter nor those that follow a request or a purchase."

# What a physician may say of themselves, from the way in to the way out.
CAREER_STAGES = {
    "student": "Medical student",
    "resident": "Resident",
    "fellow": "Fellow",
    "early": "First ten years in practice",
    "later": "More than ten years in practice",
    "leader": "In a leadership role",
    "transition": "Between roles, or leaving practice",
}
# What the studio's listing filters by; each finds its rows among a million.
HAS_LEFT = text("unsubscribed_at IS NOT NULL")
IS_SUPPRESSED = text("unsubscribed_at IS NULL AND suppressed_at IS NOT NULL")
IS_WAITING = text("unsubscribed_at IS NULL AND suppressed_at IS NULL AND confirmed_at IS NULL")
MAILABLE = text("confirmed_at IS NOT NULL AND unsubscribed_at IS NULL AND suppressed_at IS NULL")

subscription_topic = Table(
    "subscription_topic",
    Model.metadata,
    Column("subscription_id", ForeignKey("subscription.id", ondelete="CASCADE"), primary_key=True),
    Column("topic_id", ForeignKey("topic.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class Subscription(Model):
    """A person and the newsletter: asked for, confirmed, left. No topics chosen means all of them."""

    __table_args__ = (
        Index("ix_subscription_confirmed", "confirmed_at", "id"),
        Index("ix_subscription_requested", "requested_at", "id"),
        Index("ix_subscription_source", "source"),
        Index("ix_subscription_mailable", "id", postgresql_where=MAILABLE, sqlite_where=MAILABLE),
        # Partial, or SQLite would take it for finding who has not left: nearly everybody.
        Index("ix_subscription_unsubscribed_at", "unsubscribed_at", postgresql_where=HAS_LEFT, sqlite_where=HAS_LEFT),
        Index("ix_subscription_left", "id", postgresql_where=HAS_LEFT, sqlite_where=HAS_LEFT),
        Index("ix_subscription_suppressed", "id", postgresql_where=IS_SUPPRESSED, sqlite_where=IS_SUPPRESSED),
        Index("ix_subscription_waiting", "id", postgresql_where=IS_WAITING, sqlite_where=IS_WAITING),
        CheckConstraint("(quiet_from_hour IS NULL) = (quiet_to_hour IS NULL)", name="quiet_hours_whole"),
        CheckConstraint(
            "quiet_from_hour BETWEEN 0 AND 23 AND quiet_to_hour BETWEEN 0 AND 23 AND quiet_from_hour <> quiet_to_hour",
            name="quiet_hours_of_a_day",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), unique=True)
    requested_at: Mapped[datetime] = mapped_column(default=now)
    confirmed_at: Mapped[datetime | None]
    unsubscribed_at: Mapped[datetime | None]
    suppressed_at: Mapped[datetime | None]
    # When its address was last taken off the list of suppressions: what came back before says nothing any more.
    lifted_at: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    source: Mapped[str] = mapped_column(String(200), default="")
    career_stage: Mapped[str] = mapped_column(String(20), default="")
    # Whole hours on the clocks of the time zone; from 22 to 6 is the night. Both, or neither.
    quiet_from_hour: Mapped[int | None] = mapped_column(SmallInteger)
    quiet_to_hour: Mapped[int | None] = mapped_column(SmallInteger)
    time_zone: Mapped[str] = mapped_column(String(64), default="")
    person: Mapped[Person] = relationship()
    topics: Mapped[list[Topic]] = relationship(secondary=subscription_topic, order_by=Topic.position)
    tags: Mapped[list[Tag]] = relationship(secondary=subscription_tag, order_by=Tag.name)

    @classmethod
    def of(cls, person: Person) -> "Subscription | None":
        return db.session.scalar(select(cls).filter_by(person_id=person.id))

    @classmethod
    def at(cls, email: str) -> "Subscription":
        """The subscription of this address, made if it is new. Changes nothing of one that is known."""
        person = Person.at(email)
        db.session.flush()
        if subscription := cls.of(person):
            return subscription
        # The address of somebody who was erased, or never subscribed, may be on the list all the same.
        subscription = cls(person=person, suppressed_at=now() if Suppression.of(person.email) else None)
        if came_first(subscription):
            return subscription
        return db.session.scalars(select(cls).filter_by(person_id=person.id)).one()

    @classmethod
    def takes_letters(cls, moment: Any = None) -> ColumnElement[bool]:
        """The condition under which a letter may be handed over for it at `moment`, a value or a parameter; now."""
        moment = now() if moment is None else moment
        return and_(
            cls.confirmed_at.is_not(None),
            cls.unsubscribed_at.is_(None),
            cls.suppressed_at.is_(None),
            or_(cls.paused_until.is_(None), cls.paused_until <= moment),
        )

    @property
    def is_active(self) -> bool:
        """Whether its reader is on the list: confirmed, and not left."""
        return self.confirmed_at is not None and self.unsubscribed_at is None

    @property
    def state(self) -> str:
        """ "left", "suppressed", "active" or "waiting" for its first confirmation."""
        if self.unsubscribed_at:
            return "left"
        if self.suppressed_at:
            return "suppressed"
        return "active" if self.is_active else "waiting"

    def quiet_until(self, moment: datetime) -> datetime | None:
        """The end, in UTC, of the quiet hours that `moment` falls into; None when its reader may be written to then."""
        if self.quiet_from_hour is None or self.quiet_to_hour is None:
            return None
        return quiet_hours.end_of(moment, self.quiet_from_hour, self.quiet_to_hour, self.time_zone)

    def held_until(self, purpose: str) -> datetime | None:
        """When letters of `purpose` may go on: the end of a pause (the newsletter's only) and of the quiet hours.

        None when they may go now.
        """
        pause_ends = self.paused_until if purpose == PURPOSE else None
        start = max(pause_ends or now(), now())
        return self.quiet_until(start) or (start if start > now() else None)

    def pause(self, days: int) -> None:
        """Take no letters of the newsletter for so many days from now; those of its sequences wait until then."""
        self.resume()
        self.paused_until = now() + timedelta(days=days)

    def resume(self) -> None:
        """End a pause. What waits for its end is due at once."""
        if held := self.held_until(PURPOSE):
            followups.let_go(self.person, PURPOSE, held)
        self.paused_until = None

    def leave_the_list_of_suppressions(self) -> None:
        """Unless it is there for a reason that only the owner lifts."""
        if (entry := Suppression.of(self.person.email)) and entry.only_owner_lifts:
            self.suppressed_at = self.suppressed_at or now()
        elif self.suppressed_at or entry:
            Suppression.remove(self.person.email)
            self.suppressed_at, self.lifted_at = None, now()

    def prefer(self, *, name: str, topics: list[str], career_stage: str) -> None:
        """Keep what the subscriber chose on their own page."""
        self.person.rename(name)
        self.topics = Topic.with_keys(topics)
        self.career_stage = career_stage

    def keep_quiet(self, hours: tuple[int, int] | None, time_zone: str) -> None:
        """Take quiet hours, from the first to the second on the clocks of `time_zone`; None for none."""
        self.quiet_from_hour, self.quiet_to_hour = hours or (None, None)
        self.time_zone = time_zone if hours else ""

    @property
    def quiet_hours_in_words(self) -> str:
        """Such as "10:00 PM to 6:00 AM, Chicago (America/Chicago)"; empty when there are none."""
        if self.quiet_from_hour is None or self.quiet_to_hour is None:
            return ""
        return quiet_hours.in_words(self.quiet_from_hour, self.quiet_to_hour, self.time_zone)

    @property
    def career_stage_in_words(self) -> str:
        return CAREER_STAGES.get(self.career_stage, self.career_stage)

    @property
    def pause_ends_on(self) -> date | None:
        """The day a pause ends, on the reader's own clocks if they told theirs."""
        zone = self.time_zone if is_zone(self.time_zone) else "UTC"
        return in_zone(self.paused_until, zone).date() if self.paused_until else None

    @property
    def is_paused(self) -> bool:
        return self.paused_until is not None and self.paused_until > now()

    def tag(self, names: Collection[str]) -> None:
        """Add tags. A new one starts what starts on it, if its reader is on the list. Lock its person first."""
        fresh = [tag for tag in Tag.named(names) if tag not in self.tags]
        self.tags.extend(fresh)
        for tag in fresh if self.is_active else ():
            followups.happened(TAG, self.person, f"tag:{tag.name}", tag=tag.name)

    def untag(self, name: str) -> None:
        """Take a tag off. What it started goes on."""
        self.tags = [tag for tag in self.tags if tag.name != name]

    def leave(self) -> None:
        """Take it off the list. Links to confirm it that were mailed before are for SignUp.void_all to end."""
        if self.is_active:
            GrowthDay.count(page_or_import(self.source), departed=1)
        self.unsubscribed_at = self.unsubscribed_at or now()
