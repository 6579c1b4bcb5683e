"""Seats: what a department bought, who was invited to each, and who claimed it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from app import tokens
from app.clock import now
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.extensions import Model, db
from app.people.models import Person

CLAIM, DEPARTMENT = "claim of a seat", "seats of a department"
UNCLAIMED = text("enrollment_id IS NULL")


class AlreadyClaimed(Exception):
    """The seat is somebody's; it cannot be given to another."""


class Seat(Model):
    """One of the seats of an order for a department. The order holds it, claimed or not."""

    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint("position >= 1", name="position_positive"),
        CheckConstraint("claim_number >= 1", name="claim_number_positive"),
        CheckConstraint("(enrollment_id IS NULL) = (claimed_at IS NULL)", name="claimed_with_a_place"),
        CheckConstraint("(invited_email = '') = (invited_at IS NULL)", name="invited_at_an_address"),
        CheckConstraint("invited_email <> '' OR invited_name = ''", name="invited_name_with_an_address"),
        Index("ix_seat_unclaimed", "order_id", sqlite_where=UNCLAIMED, postgresql_where=UNCLAIMED),
        Index("ix_seat_invited_email", "invited_email"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("course_order.id"))
    position: Mapped[int]
    # Part of the link that claims it: raised, it makes the links before void.
    claim_number: Mapped[int] = mapped_column(default=1)
    invited_email: Mapped[str] = mapped_column(String(254), default="")
    invited_name: Mapped[str] = mapped_column(String(120), default="")
    invited_at: Mapped[datetime | None]
    enrollment_id: Mapped[int | None] = mapped_column(ForeignKey("enrollment.id"), unique=True)
    claimed_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]  # When the buyer was told that the course begins and it is nobody's yet.
    order: Mapped[Order] = relationship()
    enrollment: Mapped[Enrollment | None] = relationship()

    @classmethod
    def make_for(cls, order: Order) -> None:
        """The seats of an order that was just paid. Lock it first."""
        db.session.add_all(cls(order=order, position=position) for position in range(1, order.seats + 1))

    @classmethod
    def of_order(cls, order: Order) -> "list[Seat]":
        """All of them, the first one first, with who claimed them; none before the order is paid."""
        seats = select(cls).where(cls.order_id == order.id).order_by(cls.position)
        return list(db.session.scalars(seats.options(joinedload(cls.enrollment).joinedload(Enrollment.person))))

    @classmethod
    def are_of(cls, order: Order) -> bool:
        return db.session.scalar(select(cls.id).filter_by(order_id=order.id).limit(1)) is not None

    @classmethod
    def places_of(cls, order: Order) -> list[Enrollment]:
        """Those the order pays for, or paid for, but for those whose seat has been freed for somebody else."""
        if not order.is_for_department:
            return Enrollment.ever_of(order)
        return [seat.enrollment for seat in cls.of_order(order) if seat.enrollment]

    @classmethod
    def is_held_by(cls, order: Order, person: Person) -> bool:
        """Whether one of the order's seats is the person's, in whichever cohort their place is now."""
        theirs = select(cls.id).join(cls.enrollment).where(cls.order_id == order.id, Enrollment.person_id == person.id)
        return db.session.scalar(theirs.limit(1)) is not None

    @classmethod
    def claimed_for(cls, place: Enrollment) -> "Seat | None":
        """The one that the place has, unless it moved and has a seat of its own."""
        return None if place.holds_own_seat else db.session.scalar(select(cls).filter_by(enrollment_id=place.id))

    @classmethod
    def inviting(cls, addresses: Collection[str]) -> "list[Seat]":
        """Those to which one of these addresses is invited."""
        return list(db.session.scalars(select(cls).where(cls.invited_email.in_(addresses)).order_by(cls.id)))

    @classmethod
    def in_order(cls, order: Order, position: int) -> "Seat | None":
        """The one at a position as it stands now. Lock the order first, for changing it."""
        wanted = select(cls).filter_by(order_id=order.id, position=position)
        return db.session.scalar(wanted.execution_options(populate_existing=True))

    @classmethod
    def of_link(cls, token: str) -> "tuple[Seat, int] | None":
        """The seat that a link claims, and which of its links it is."""
        try:
            seat_id, number = tokens.read_shared(CLAIM, token)
        except tokens.InvalidToken:
            return None
        seat = db.session.get(cls, seat_id)
        return (seat, number) if seat else None

    @classmethod
    def for_update(cls, seat: "Seat") -> "Seat":
        """The seat as it stands now; with its order, which is locked until commit, nobody else changes it."""
        Order.for_update(seat.order_id)
        return db.session.get_one(cls, seat.id, populate_existing=True)

    @property
    def claim_token(self) -> str:
        """For the link that claims it. Whoever has it can."""
        return tokens.sign_shared(CLAIM, [self.id, self.claim_number])

    def state(self, number: int) -> str:
        """What the link of this number leads to.

        "ended" (the payment went back), "void" (another link took its place), "claimed", "over" (so is the cohort),
        "on hold" (the payment is disputed or goes back, or its buyer has to choose another cohort first) or "free".
        """
        if self.order.has_ended:
            return "ended"
        if number != self.claim_number:
            return "void"
        if self.enrollment_id is not None:
            return "claimed"
        if self.order.cohort.is_over:
            return "over"
        return "on hold" if self.order.is_on_hold else "free"

    def take(self, enrollment: Enrollment) -> None:
        """It is the place's now. Whoever was invited is no longer of interest: who came is known."""
        self.enrollment, self.claimed_at = enrollment, now()
        self.forget_invitation()

    def invite(self, email: str, name: str) -> None:
        """Note to which address its link is mailed. Raises AlreadyClaimed."""
        if self.enrollment_id is not None:
            raise AlreadyClaimed
        self.invited_email, self.invited_name, self.invited_at = email, name, now()

    def reassign(self) -> None:
        """Give it a new link, for somebody else; those before claim nothing any more. Raises AlreadyClaimed."""
        if self.enrollment is not None:
            raise AlreadyClaimed
        self.claim_number += 1
        self.forget_invitation()

    @property
    def may_be_freed(self) -> bool:
        """Whether who claimed it never opened a lesson, as with a slip in the address: somebody else may have it."""
        place = self.enrollment
        if place is None or place.ended_at or place.holds_own_seat or place.begun_at:
            return False
        return not (self.order.has_ended or self.order.is_on_hold or self.order.cohort.is_over)

    def free(self) -> None:
        """It is nobody's again, and has a new link."""
        self.enrollment = self.claimed_at = None
        self.reassign()

    def forget_invitation(self) -> None:
        self.invited_email, self.invited_name, self.invited_at = "", "", None


def department_token(order: Order) -> str:
    """For the link to the page of the department whose seats these are; to be mailed to its buyer only."""
    return tokens.sign_shared(DEPARTMENT, order.public_id)


def order_of_department(token: str) -> Order | None:
    """The order whose page a link opens."""
    try:
        order = Order.at(tokens.read_shared(DEPARTMENT, token))
    except tokens.InvalidToken:
        return None
    return order if order and Seat.are_of(order) else None
