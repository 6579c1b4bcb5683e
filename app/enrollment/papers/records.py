"""What papers hold of a person: names, and on receipts whoever paid."""

from typing import Any

from sqlalchemy import or_, select

from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.enrollment.papers.models import RECEIPT, Paper
from app.extensions import db
from app.people import records
from app.people.models import Person

ERASED = "Name erased at the person's request"
RECEIPTS = (
    "the receipts for what you paid, as they were issued, with the names and the postal address on them, because they "
    "are part of our books"
)
OTHERS = (
    "the numbers, courses, dates and hours of papers that stated your name, without it, so that whoever was shown one "
    "finds that it was real"
)


def _papers(person: Person) -> list[Paper]:
    """Those of the person's places, and those of what the person paid."""
    concerning = select(Paper).join(Paper.order).outerjoin(Paper.enrollment)
    theirs = or_(Order.person_id == person.id, Enrollment.person_id == person.id)
    return list(db.session.scalars(concerning.where(theirs).order_by(Paper.id)))


def _is_in_books(paper: Paper, person: Person) -> bool:
    return paper.kind == RECEIPT and paper.order is not None and paper.order.person_id == person.id


def _export(person: Person) -> Any:
    return [records.row(paper) for paper in _papers(person)]


def _kept(person: Person) -> str:
    in_books = [_is_in_books(paper, person) for paper in _papers(person)]
    return "; ".join([RECEIPTS] * any(in_books) + [OTHERS] * (not all(in_books)))


def _erase(person: Person) -> None:
    for paper in _papers(person):
        if paper.enrollment and paper.is_of(person) and not _is_in_books(paper, person):
            paper.facts = paper.facts | {"attendee": ERASED}


records.register("papers", records.Part("your papers", _export, _erase, kept=_kept, is_private=True))
