from datetime import datetime
from typing import TYPE_CHECKING, Optional

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach
from app.coaching.booking.diary import Diary
from app.coaching.booking.reserved import ReservedTime, SlotTaken
from app.extensions import Model, db
from app.payments.purchases import NOT_ARRIVED, Purchase
from app.payments.refunds import Refund
from app.people.models import Person

if TYPE_CHECKING:
    from app.coaching.intake import Intake
    from app.coaching.models import Consultation

UNDECIDED = text("paid_at IS NULL AND failed_at IS NULL AND expired_at IS NULL")


class ConsultationPayment(Purchase, Model):
    """The payment page of a consultation, and what was paid at it. It stays when the consultation is erased."""

    __table_args__ = (
        CheckConstraint("amount_cents > 0", name="amount_positive"),
        CheckConstraint("refunded_cents BETWEEN 0 AND paid_cents", name="refund_in_bounds"),
        CheckConstraint("booked_at IS NULL OR paid_at IS NOT NULL", name="paid_before_booked"),
        Index("ix_consultation_payment_not_arrived", "id", sqlite_where=NOT_ARRIVED, postgresql_where=NOT_ARRIVED),
    )

    # The last word on "one payment books it": who is too late to pay asks for another consultation.
    consultation_id: Mapped[int | None] = mapped_column(ForeignKey("consultation.id", ondelete="SET NULL"), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind_id: Mapped[int] = mapped_column(ForeignKey("consultation_kind.id"))
    booked_at: Mapped[datetime | None]  # When it made the consultation a booked one.
    consultation: Mapped[Optional["Consultation"]] = relationship(back_populates="payment")
    person: Mapped[Person] = relationship()
    kind: Mapped[ConsultationKind] = relationship()

    @classmethod
    def of(cls, consultation: "Consultation") -> "ConsultationPayment":
        """What is to be paid for it, at the price of today."""
        kind = consultation.kind
        payment = cls(
            consultation=consultation,
            person=consultation.person,
            kind=kind,
            name=consultation.name,
            amount_cents=kind.price_cents,
            currency=kind.currency,
        )
        db.session.add(payment)
        db.session.flush()
        return payment

    @classmethod
    def for_update(cls, payment_id: int) -> "ConsultationPayment":
        """The payment as it stands now, locked until commit, after the person and the consultation."""
        payment = db.session.get_one(cls, payment_id)
        Person.for_update(payment.person_id)
        if payment.consultation:
            db.session.refresh(payment.consultation, with_for_update=True)
        return db.session.get_one(cls, payment_id, with_for_update=True, populate_existing=True)

    @classmethod
    def waiting_for(cls, person: Person, intake: "Intake", starts_at: datetime) -> "ConsultationPayment | None":
        """What the person has begun to pay for the very same wish."""
        waiting = db.session.scalars(select(cls).where(cls.person_id == person.id, UNDECIDED).order_by(cls.id.desc()))
        return next((one for one in waiting if one.consultation and one._is_for(intake, starts_at)), None)

    def _is_for(self, intake: "Intake", starts_at: datetime) -> bool:
        return bool(self.consultation and (self.consultation.intake, self.starts_at) == (intake, starts_at))

    @property
    def starts_at(self) -> datetime:
        """The time that is paid for: the one that was asked for, until it is booked and may be moved."""
        assert self.consultation  # noqa: S101 - Asked only while there is one.
        return self.consultation.starts_at or self.consultation.times.starts[0]

    @property
    def waits_to_be_paid(self) -> bool:
        """Whether its payment page is open, if only for a moment more: as long is its time held."""
        return self.state == "pending" and self.checkout_url is not None and now() < self.expires_at

    @property
    def is_given_back(self) -> bool:
        """Whether we owe it back in full, or it has gone back."""
        return bool(self.refunded_at or Refund.of(self.stripe_payment_intent_id))

    def hold(self) -> None:
        """Hold the time until the page has closed, taking it again if it was let go. Raises SlotTaken.

        Lock the consultation first.
        """
        consultation = self.consultation
        if consultation is None or self.starts_at <= now():
            raise SlotTaken
        coaches = [coach for coach in Coach.active_for_update() if coach.id == consultation.coach_id]
        ReservedTime.let_go_lapsed(consultation.coach)
        db.session.expire(consultation, ["reserved_times"])
        held = list(consultation.reserved_times) or [self._take_again(consultation, coaches)]
        consultation.cancelled_at = None
        consultation.hold(held, self.expires_at)

    def _take_again(self, consultation: "Consultation", coaches: list[Coach]) -> ReservedTime:
        for diary in Diary.read(consultation.kind, coaches):
            if diary.is_still_free(self.starts_at):
                return ReservedTime.make(diary.coach, consultation.kind, self.starts_at, self.expires_at)
        raise SlotTaken

    def release(self) -> None:
        """Give back the time that is held until it is paid for; what is booked stays."""
        if self.consultation and self.consultation.is_unpaid:
            self.consultation.lapse()

    def book(self) -> "Consultation":
        """The consultation, booked for the time that is held for it."""
        assert self.consultation  # noqa: S101 - Its time is held.
        self.booked_at, self.consultation.is_unpaid = now(), False
        self.consultation.settle(self.consultation.reserved_times[0])
        return self.consultation

    def give_back(self, reason: str) -> bool:
        """Owe the person what was paid. False when nothing was, or it was given back before."""
        if not (self.paid_at and self.stripe_payment_intent_id) or self.refunded_at:
            return False
        return Refund.owe(self, self.stripe_payment_intent_id, reason)
