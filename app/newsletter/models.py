import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
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
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import followups, tokens
from app.clock import now
from app.extensions import Model, db
from app.followups.models import SIGN_UP, TAG
from app.newsletter.growth import GrowthDay
from app.newsletter.offer import Topic
from app.newsletter.preferences import quiet_hours
from app.newsletter.tags import Tag, subscription_tag
from app.people.models import Consent, Person
from app.people.suppressions import Suppression

PURPOSE = "newsletter"
CONFIRM = "newsletter-confirm"
LINK_GOOD_FOR = timedelta(days=7)
# What is shown beside every sign-up button, and kept in the consent ledger word for word.
WORDING = "By subscribing you ask us to send you the newsletter by e-mail. Leave with one click, any time."
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
        try:
            with db.session.begin_nested():
                # The address of somebody who was erased, or never subscribed, may be on the list all the same.
                subscription = cls(person=person, suppressed_at=now() if Suppression.of(person.email) else None)
                db.session.add(subscription)
        except IntegrityError:  # Somebody else made it between our look and our write.
            return db.session.scalars(select(cls).filter_by(person_id=person.id)).one()
        return subscription

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

    def request(self, *, first_name: str, topics: list[str], page: str, career_stage: str = "") -> "SignUp":
        """Keep what a sign-up form said, unproven: it takes effect only when the mailed link is followed."""
        Consent.record(self.person, PURPOSE, "requested", wording=WORDING, page=page)
        typed = {"first_name": first_name, "topics": topics, "career_stage": career_stage}
        sign_up = SignUp(subscription=self, **typed, page=page, wording=WORDING)
        db.session.add(sign_up)
        db.session.flush()
        return sign_up

    def confirm(self, sign_up: "SignUp") -> None:
        """The mailed link of `sign_up` was followed: what was typed takes effect, and the welcome begins.

        Nothing happens to a subscription that is confirmed already, unless it is suppressed and the link was mailed
        since: mail arrives again. Lock its person first, as SignUp.from_link can.
        """
        if not self.waits_for(sign_up):
            return
        self.leave_the_list_of_suppressions()
        if not self.is_active:
            GrowthDay.count(sign_up.page, joined=1)
        self.confirmed_at, self.unsubscribed_at, self.paused_until = now(), None, None
        self.requested_at, self.source = sign_up.requested_at, sign_up.page
        sign_up.confirmed_at = now()
        self.person.was_here()
        self.person.take_name(sign_up.first_name)
        self.career_stage = sign_up.career_stage or self.career_stage
        if sign_up.topics:
            self.topics = Topic.with_keys(sign_up.topics)
        Consent.record(self.person, PURPOSE, "given", wording=sign_up.wording, page=sign_up.page)
        followups.happened(SIGN_UP, self.person)

    def waits_for(self, sign_up: "SignUp") -> bool:
        """Whether confirming `sign_up` would change anything."""
        return not self.is_active or (self.suppressed_at is not None and sign_up.is_open)

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
        """Take it off the list. Links to confirm that were mailed before are worth nothing from here on."""
        if self.is_active:
            GrowthDay.count(self.source, departed=1)
        self.unsubscribed_at = self.unsubscribed_at or now()
        SignUp.void_all(self)


class SignUp(Model):
    """One filled-in form that was answered with a confirmation mail; the mail's link leads to this row."""

    __table_args__ = (Index("ix_sign_up_subscription", "subscription_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscription.id", ondelete="CASCADE"))
    nonce: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: secrets.token_urlsafe(12))
    first_name: Mapped[str] = mapped_column(String(80), default="")
    career_stage: Mapped[str] = mapped_column(String(20), default="")
    topics: Mapped[list[str]] = mapped_column(JSON, default=list)
    page: Mapped[str] = mapped_column(String(200))
    wording: Mapped[str]
    requested_at: Mapped[datetime] = mapped_column(default=now)
    confirmed_at: Mapped[datetime | None]
    void_at: Mapped[datetime | None]
    subscription: Mapped[Subscription] = relationship()

    @property
    def token(self) -> str:
        """What its link carries; signed anew, it is good for another week."""
        return tokens.sign(CONFIRM, [self.subscription_id, self.nonce])

    @classmethod
    def from_link(cls, token: str, *, for_use: bool = False) -> "SignUp | None":
        """The sign-up whose link this is, while it means something: it may be confirmed, or its reader is in already.

        `for_use` locks the person until commit, so that two presses of the button count as one, and confirming and
        leaving come one after the other.
        """
        try:
            subscription_id, nonce = tokens.read(CONFIRM, token, LINK_GOOD_FOR)
        except tokens.InvalidToken:
            return None
        whose = select(Subscription.person_id).filter_by(id=subscription_id)
        if for_use and (person_id := db.session.scalar(whose)):
            Person.for_update(person_id)
        sign_up = db.session.scalar(select(cls).filter_by(subscription_id=subscription_id, nonce=nonce))
        return sign_up if sign_up and (sign_up.is_open or sign_up.subscription.is_active) else None

    @classmethod
    def open_of(cls, subscription: Subscription) -> "SignUp | None":
        """The newest sign-up that may still be confirmed."""
        newest = select(cls).filter_by(subscription_id=subscription.id, confirmed_at=None, void_at=None)
        return db.session.scalar(newest.order_by(cls.id.desc()).limit(1))

    @property
    def is_open(self) -> bool:
        return self.confirmed_at is None and self.void_at is None

    @classmethod
    def void_all(cls, subscription: Subscription) -> None:
        """End every link that was mailed to `subscription`."""
        db.session.execute(
            update(cls).where(cls.subscription_id == subscription.id, cls.void_at.is_(None)).values(void_at=now())
        )
