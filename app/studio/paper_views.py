"""Every paper that was issued, for when somebody asks about one or has lost theirs."""

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import contains_eager, joinedload

from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.enrollment.papers.models import LETTER, Paper
from app.enrollment.papers.views import paper_as_file
from app.people.models import Person
from app.studio.blueprint import bp
from app.studio.listing import Asked, Listing

KINDS = ("receipt", "certificate", "letter")
PAPERS = Listing(
    rows=select(Paper)
    .outerjoin(Paper.order)
    .outerjoin(Order.person)
    .options(
        contains_eager(Paper.order).contains_eager(Order.person),
        joinedload(Paper.enrollment).joinedload(Enrollment.person),
    ),
    number=Paper.id,
    searched=(Paper.number, Person.email, Person.name, Order.public_id),
    states={kind: Paper.kind == kind for kind in KINDS},
)


@bp.get("/papers")
def list_papers() -> ResponseReturnValue:
    return render_template("studio/papers.html", page=PAPERS.page(Asked.by(request.args)))


@bp.get("/papers/<paper_number>.pdf")
def download_paper(paper_number: str) -> ResponseReturnValue:
    """A letter cannot be drawn again: who wrote it to whom is not kept."""
    paper = Paper.numbered(paper_number)
    if paper is None or paper.kind == LETTER:
        abort(404)
    return paper_as_file(paper)
