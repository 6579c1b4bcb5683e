from datetime import datetime

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, UniqueConstraint, and_, delete, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.coaching.availability.models import Coach
from app.coaching.booking.reserved import ReservedTime
from app.coaching.waiting.models import WaitingEntry
from app.extensions import Model, db
from app.people.linked import Linked

PURPOSE = "slot offer"


class OfferOver(Exception):
    """What was offered is not held any more: its time ran out, or it was answered before."""


class SlotOffer(Model, Linked):
    """An opening that is held for somebody in line until they answer or their time to do so is over."""

    LINK_PURPOSE = PURPOSE

    __table_args__ = (
        # The same time is offered to nobody twice.
        UniqueConstraint("entry_id", "starts_at"),
        CheckConstraint(
            "(taken_at IS NULL AND declined_at IS NULL) OR (taken_at IS NULL AND lapsed_at IS NULL)"
            " OR (declined_at IS NULL AND lapsed_at IS NULL)",
            name="one_answer",
        ),
        CheckConstraint("offered_at < expires_at AND expires_at <= starts_at AND starts_at < ends_at", name="in_order"),
        Index("ix_slot_offer_expires", "expires_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("waiting_entry.id", ondelete="CASCADE"))
    # None once it is given back.
    reserved_time_id: Mapped[int | None] = mapped_column(
        ForeignKey("reserved_time.id", ondelete="SET NULL"), unique=True
    )
    coach_id: Mapped[int] = mapped_column(ForeignKey("coach.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    offered_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]
    lapsed_at: Mapped[datetime | None]
    # Read with it, at once: read later, it might have been erased meanwhile.
    entry: Mapped[WaitingEntry] = relationship(back_populates="offers", lazy="joined", innerjoin=True)
    coach: Mapped[Coach] = relationship()

    @classmethod
    def make(cls, entry: WaitingEntry, reserved: ReservedTime, until: datetime) -> "SlotOffer":
        """Offer what is reserved until then."""
        offer = cls(
            entry=entry,
            reserved_time_id=reserved.id,
            coach=reserved.coach,
            starts_at=reserved.starts_at,
            ends_at=reserved.ends_at,
            expires_at=until,
        )
        db.session.add(offer)
        db.session.flush()
        return offer

    @property
    def duration_minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds()) // 60

    @classmethod
    def unanswered(cls) -> ColumnElement[bool]:
        return and_(cls.taken_at.is_(None), cls.declined_at.is_(None), cls.lapsed_at.is_(None))

    @classmethod
    def is_open_for(cls, person_id: int) -> bool:
        """Whether something is held for the person, whatever they wait for."""
        whose = select(cls.id).join(cls.entry).where(WaitingEntry.person_id == person_id, cls.unanswered())
        return db.session.scalar(whose.limit(1)) is not None

    @classmethod
    def to_close(cls) -> list[tuple[int, int]]:
        """The numbers of the offers, and of their persons, whose time is over or who have booked something else."""
        over = or_(cls.expires_at <= now(), WaitingEntry.has_booked_since())
        found = select(cls.id, WaitingEntry.person_id).join(cls.entry).where(cls.unanswered(), over)
        return [(offer_id, person_id) for offer_id, person_id in db.session.execute(found.order_by(cls.id))]

    @property
    def whose(self) -> int:
        return self.entry.person_id

    @property
    def made_at(self) -> datetime:
        return self.offered_at

    @property
    def is_answered(self) -> bool:
        return bool(self.taken_at or self.declined_at or self.lapsed_at)

    @property
    def is_open(self) -> bool:
        """Whether the time is held for them at this moment."""
        return not self.is_answered and self.expires_at > now()

    def claim(self) -> ReservedTime:
        """What is held, locked until commit. Lock the person first. Raises OfferOver."""
        # Whoever takes a time of the coach's locks the coach before anything that is held.
        Coach.for_update(self.coach_id)
        held = select(ReservedTime).filter_by(id=self.reserved_time_id).with_for_update()
        reserved = db.session.scalar(held.execution_options(populate_existing=True))
        if reserved is None or not self.is_open:
            raise OfferOver
        return reserved

    def take(self) -> None:
        """It was booked, and with that the place in line has served its purpose."""
        self.taken_at = now()
        self.entry.end()

    def leave_to_pay(self) -> None:
        """It is to be held for a payment instead. Lock the person first. Raises OfferOver."""
        self.claim()
        self._give_back()
        self.taken_at = now()

    def decline(self) -> None:
        """Not this one: it goes to the next, and who says so stays in line. Lock the person first. Raises OfferOver."""
        if not self.is_open:
            raise OfferOver
        self._give_back()
        self.declined_at = now()
        self.entry.hear_from_them()

    def close(self) -> bool:
        """Note that it was not answered in time, or is not needed; whether its person is written to no more for now.

        Lock the person first.
        """
        if self.is_answered:
            return False
        in_time = self.is_open
        self._give_back()
        self.lapsed_at = now()
        return not in_time and self.entry.state == "waiting" and self.entry.let_pass()

    def _give_back(self) -> None:
        db.session.execute(delete(ReservedTime).where(ReservedTime.id == self.reserved_time_id))
        self.reserved_time_id = None
