"""Papers: what was issued, under which number, and what it states."""

import json
from collections.abc import Callable
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    exists,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from app.clock import now
from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.enrollment.papers import facts
from app.enrollment.papers.numbers import as_written, new_number
from app.extensions import Model, came_first, db
from app.people.models import Person
from app.urls import absolute_url

RECEIPT, CERTIFICATE, LETTER = "receipt", "certificate", "letter"
WHOLE_ORDER = text("enrollment_id IS NULL AND order_id IS NOT NULL")


class Paper(Model):
    """A paper as it was issued. What it states stays, whatever becomes of the course; one of a kind for each place.

    A receipt of a whole order has no enrollment. A letter has neither: it states an offer, and those who show it to
    their chair have the same number.
    """

    __table_args__ = (
        CheckConstraint("kind IN ('receipt', 'certificate', 'letter')", name="known_kind"),
        CheckConstraint("(kind = 'letter') = (order_id IS NULL)", name="of_an_order_unless_a_letter"),
        CheckConstraint("(kind = 'letter') = (digest IS NOT NULL)", name="digest_of_letters"),
        UniqueConstraint("kind", "enrollment_id"),
        Index("uq_paper_whole_order", "kind", "order_id", unique=True, sqlite_where=WHOLE_ORDER,
              postgresql_where=WHOLE_ORDER),
        Index("ix_paper_listing", "issued_at", "id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True, default=new_number)
    kind: Mapped[str] = mapped_column(String(12))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("course_order.id"), index=True)
    enrollment_id: Mapped[int | None] = mapped_column(ForeignKey("enrollment.id"), index=True)
    # Of a letter's facts: the same offer has the same number.
    digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    issued_at: Mapped[datetime] = mapped_column(default=now)
    order: Mapped[Order | None] = relationship()
    enrollment: Mapped[Enrollment | None] = relationship()

    @classmethod
    def receipt(cls, enrollment: Enrollment) -> "Paper":
        """For one place: the one issued, or a new one. Of a department's order it states one seat's share.

        Lock the order first. One for a place that has ended says so.
        """
        order = enrollment.order
        shares = select(func.count(cls.id)).where(cls.order_id == order.id, cls.enrollment_id.is_not(None))
        return cls._once(
            lambda: facts.of_receipt(order, enrollment, db.session.scalar(shares) or 0),
            kind=RECEIPT, order_id=order.id, enrollment_id=enrollment.id,
        )  # fmt: skip

    @classmethod
    def receipt_of_all(cls, order: Order) -> "Paper":
        """For all that a department paid, whoever attends: the one issued, or a new one."""
        return cls._once(lambda: facts.of_receipt(order, None), kind=RECEIPT, order_id=order.id, enrollment_id=None)

    @classmethod
    def certify(cls, enrollment: Enrollment, completed_on: date) -> "Paper":
        """That the course was completed: the certificate issued, or a new one."""
        return cls._once(
            lambda: facts.of_certificate(enrollment, completed_on),
            kind=CERTIFICATE, order_id=enrollment.order_id, enrollment_id=enrollment.id,
        )  # fmt: skip

    @classmethod
    def hand_on_certificate(cls, before: Enrollment, place: Enrollment) -> None:
        """The certificate of a place that has ended for another of the same person, if there is one, is that one's."""
        theirs = update(cls).where(cls.kind == CERTIFICATE, cls.enrollment_id == before.id)
        db.session.execute(theirs.values(enrollment_id=place.id, order_id=place.order_id))

    @classmethod
    def letter(cls, cohort: Cohort) -> "Paper":
        """That states what the cohort offers today: the one that stated the same, or a new one."""
        stated = facts.of_letter(cohort)
        lasting = {key: value for key, value in stated.items() if key != "issued_on"}
        digest = sha256(json.dumps(lasting, sort_keys=True).encode()).hexdigest()
        return cls._once(lambda: stated, kind=LETTER, digest=digest)

    @classmethod
    def _once(cls, state: Callable[[], dict[str, Any]], **key: Any) -> "Paper":
        wanted = select(cls).filter_by(**key)
        if (issued := db.session.scalar(wanted)) is not None:
            return issued
        number = new_number()
        paper = cls(number=number, facts=state() | {"check_url": _check_url(number)}, **key)
        return paper if came_first(paper) else db.session.scalars(wanted).one()

    @classmethod
    def numbered(cls, typed: str) -> "Paper | None":
        """The one that somebody means by what they typed. The database is asked even if nothing can be meant."""
        return db.session.scalar(select(cls).filter_by(number=as_written(typed)))

    @classmethod
    def of_person(cls, person: Person) -> "list[Paper]":
        """Those of the person's own places, and the receipts for seats they bought for others; the newest first."""
        theirs = or_(
            cls.enrollment_id.in_(select(Enrollment.id).filter_by(person_id=person.id)),
            cls.enrollment_id.is_(None) & cls.order_id.in_(select(Order.id).filter_by(person_id=person.id)),
        )
        shown = select(cls).options(
            joinedload(cls.order).joinedload(Order.cohort),
            joinedload(cls.enrollment).joinedload(Enrollment.cohort),
        )
        return list(db.session.scalars(shown.where(theirs).order_by(cls.id.desc())))

    @classmethod
    def places_without_receipt(cls, person: Person) -> list[Enrollment]:
        """Places of the person that were paid for and have no receipt yet."""
        has_one = exists().where(cls.enrollment_id == Enrollment.id, cls.kind == RECEIPT)
        places = select(Enrollment).join(Enrollment.order).where(Enrollment.person_id == person.id, ~has_one)
        paid = places.where(Order.paid_at.is_not(None)).order_by(Enrollment.id)
        return list(db.session.scalars(paid.options(joinedload(Enrollment.cohort).joinedload(Cohort.course))))

    @classmethod
    def of_order(cls, order: Order) -> "list[Paper]":
        """Those that the order's payer may see: the receipts, of the whole first."""
        receipts = select(cls).filter_by(order_id=order.id, kind=RECEIPT)
        return list(db.session.scalars(receipts.order_by(cls.enrollment_id.is_not(None), cls.id)))

    @property
    def check_url(self) -> str:
        return str(self.facts["check_url"])

    @property
    def file_name(self) -> str:
        return f"{self.kind}-{self.number}.pdf"

    def is_of(self, person: Person) -> bool:
        """Whether it is the person's own: of their place, or of seats they bought for others."""
        whose = self.enrollment or self.order
        return whose is not None and whose.person_id == person.id


def _check_url(number: str) -> str:
    return absolute_url("papers.show_paper", number=number)
