from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, Index, String, delete, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.extensions import Model, db
from app.payments.checkouts import Checkout
from app.payments.purchases import Purchase
from app.payments.reconciling.comparing import Comparison, shown_state

A_LONG_RUN = timedelta(hours=6)
MOST_SHOWN = 100


class Reconciliation(Model):
    """One time that Stripe's records were laid beside ours. Only the last few are kept."""

    id: Mapped[int] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    started_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]
    # How many events Stripe had not been able to deliver and we did not have, and how many payments agree after a mend.
    missed_events: Mapped[int] = mapped_column(default=0)
    mended: Mapped[int] = mapped_column(default=0)
    trouble: Mapped[str] = mapped_column(default="")  # Why it ended early.
    payments: Mapped[list["ComparedPayment"]] = relationship(
        order_by="ComparedPayment.id", cascade="all, delete-orphan", passive_deletes=True
    )
    findings: Mapped[list["Finding"]] = relationship(
        order_by="Finding.id", cascade="all, delete-orphan", passive_deletes=True
    )

    @classmethod
    def last(cls) -> "Reconciliation | None":
        """The newest that is over."""
        over = select(cls).where(cls.finished_at.is_not(None)).order_by(cls.id.desc())
        return db.session.scalar(over.limit(1))

    @classmethod
    def running(cls) -> bool:
        going = select(cls.id).where(cls.finished_at.is_(None), cls.started_at > now() - A_LONG_RUN)
        return db.session.scalar(going.limit(1)) is not None

    @classmethod
    def forget_all_before(cls, reconciliation: "Reconciliation") -> None:
        """Those that are over, or were left by a process that died; one that runs beside this one stays."""
        is_over = or_(cls.finished_at.is_not(None), cls.started_at < now() - A_LONG_RUN)
        db.session.execute(delete(cls).where(cls.id < reconciliation.id, is_over))

    @property
    def compared(self) -> int:
        return self._count()

    @property
    def left(self) -> int:
        """How many things somebody has to look at."""
        return len(self.findings) + self._count(ComparedPayment.difference != "")

    @property
    def shown(self) -> "list[ComparedPayment]":
        """Payments to show on a page, which has no room for thousands: what differs first, then what was mended."""
        of_it = select(ComparedPayment).where(ComparedPayment.reconciliation_id == self.id)
        first = (ComparedPayment.difference == "", ComparedPayment.is_mended.desc(), ComparedPayment.id)
        return list(db.session.scalars(of_it.order_by(*first).limit(MOST_SHOWN)))

    def _count(self, *conditions: ColumnElement[bool]) -> int:
        of_it = select(func.count(ComparedPayment.id)).where(ComparedPayment.reconciliation_id == self.id, *conditions)
        return db.session.scalar(of_it) or 0

    def note(self, checkout: Checkout, purchase: Purchase | None, found: Comparison, is_mended: bool) -> None:
        self.mended += is_mended
        row = ComparedPayment(
            session_id=checkout.session_id,
            stripe_state=shown_state(checkout),
            stripe_paid_cents=checkout.amount_cents if checkout.is_paid else 0,
            stripe_refunded_cents=checkout.refunded_cents,
            currency=checkout.currency,
            difference=found.difference,
            is_mended=is_mended,
        )
        if purchase:
            row.kind, row.number, row.purchase_id = type(purchase).__name__, purchase.number, purchase.id
            row.our_state, row.our_refunded_cents = purchase.state, purchase.refunded_cents
            row.our_paid_cents = purchase.paid_cents
        self.payments.append(row)

    def finish(self, trouble: str = "") -> None:
        self.finished_at, self.trouble = now(), trouble


class ComparedPayment(Model):
    """A payment page of Stripe's and the purchase it is for, side by side as they were."""

    __table_args__ = (Index("ix_compared_payment_reconciliation_id", "reconciliation_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    reconciliation_id: Mapped[int] = mapped_column(ForeignKey("reconciliation.id", ondelete="CASCADE"))
    session_id: Mapped[str] = mapped_column(String(255))
    stripe_state: Mapped[str] = mapped_column(String(20))
    stripe_paid_cents: Mapped[int]
    stripe_refunded_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    # Ours; empty where no purchase of ours knows of it.
    kind: Mapped[str] = mapped_column(String(40), default="")
    purchase_id: Mapped[int | None]
    number: Mapped[str] = mapped_column(String(8), default="")
    our_state: Mapped[str] = mapped_column(String(20), default="")
    our_paid_cents: Mapped[int] = mapped_column(default=0)
    our_refunded_cents: Mapped[int] = mapped_column(default=0)
    difference: Mapped[str] = mapped_column(default="")
    is_mended: Mapped[bool] = mapped_column(default=False)

    @property
    def differs_in_state_only(self) -> bool:
        """Whether nobody paid at this page, and it stands otherwise with us."""
        same = {"pending": "open", "awaiting payment": "under way"}.get(self.our_state, self.our_state)
        return not (self.difference or self.stripe_paid_cents) and self.our_state != "" and same != self.stripe_state


class Finding(Model):
    """Something that no payment page of Stripe's shows, and that somebody has to look at."""

    id: Mapped[int] = mapped_column(primary_key=True)
    reconciliation_id: Mapped[int] = mapped_column(ForeignKey("reconciliation.id", ondelete="CASCADE"), index=True)
    words: Mapped[str]
