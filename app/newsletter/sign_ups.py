"""Double opt-in: a form that was filled in, and the mailed link that makes it count."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import JSON, ForeignKey, Index, String, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app import followups, tokens
from app.clock import now
from app.extensions import Model, db
from app.followups.models import SIGN_UP
from app.newsletter.growth import GrowthDay
from app.newsletter.models import PURPOSE, Subscription
from app.newsletter.offer import Topic
from app.people.models import Consent, Person

CONFIRM = "newsletter-confirm"
LINK_GOOD_FOR = timedelta(days=7)
# What is shown beside every sign-up button, and kept in the consent ledger word for word.
WORDING = "By subscribing you ask us to send you the newsletter by e-mail. Leave with one click, any time."


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

    @classmethod
    def keep(
        cls, subscription: Subscription, *, first_name: str, topics: list[str], page: str, career_stage: str = ""
    ) -> "SignUp":
        """Keep what a sign-up form said, unproven: it takes effect only when the mailed link is followed."""
        Consent.record(subscription.person, PURPOSE, "requested", wording=WORDING, page=page)
        typed = {"first_name": first_name, "topics": topics, "career_stage": career_stage}
        sign_up = cls(subscription=subscription, **typed, page=page, wording=WORDING)
        db.session.add(sign_up)
        db.session.flush()
        return sign_up

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

    @property
    def is_awaited(self) -> bool:
        """Whether confirming it would change anything."""
        subscription = self.subscription
        return not subscription.is_active or (subscription.suppressed_at is not None and self.is_open)

    def confirm(self) -> None:
        """Its mailed link was followed: what was typed takes effect, and the welcome begins.

        Nothing happens to a subscription that is confirmed already, unless it is suppressed and the link was mailed
        since: mail arrives again. Lock its person first, as from_link can.
        """
        if not self.is_awaited:
            return
        subscription, person = self.subscription, self.subscription.person
        subscription.leave_the_list_of_suppressions()
        if not subscription.is_active:
            GrowthDay.count(self.page, joined=1)
        self.confirmed_at = now()
        subscription.confirmed_at, subscription.unsubscribed_at, subscription.paused_until = now(), None, None
        subscription.requested_at, subscription.source = self.requested_at, self.page
        subscription.career_stage = self.career_stage or subscription.career_stage
        if self.topics:
            subscription.topics = Topic.with_keys(self.topics)
        person.was_here()
        person.take_name(self.first_name)
        Consent.record(person, PURPOSE, "given", wording=self.wording, page=self.page)
        followups.happened(SIGN_UP, person)

    @classmethod
    def void_all(cls, subscription: Subscription) -> None:
        """End every link that was mailed to `subscription`."""
        db.session.execute(
            update(cls).where(cls.subscription_id == subscription.id, cls.void_at.is_(None)).values(void_at=now())
        )
