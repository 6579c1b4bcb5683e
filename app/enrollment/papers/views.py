"""Checking a paper, by anybody who was shown one; and one's own papers."""

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_security.decorators import auth_required

from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.enrollment.papers import records
from app.enrollment.papers.models import LETTER, Paper
from app.enrollment.papers.standing import Standing
from app.enrollment.papers.wording import amount, credit_of, hours_of, written_day
from app.extensions import db, limiter
from app.limits import network

# What papers hold of a person is known once this is imported.
__all__ = ["bp", "records"]

bp = Blueprint("papers", __name__)
for words in (amount, credit_of, hours_of, written_day):
    bp.add_app_template_filter(words)


def _found_nothing(response: Response) -> bool:
    return response.status_code == 404


# Numbers cannot be guessed; this keeps robots from trying. Whoever checks papers that there are is not counted, and
# guesses stop nobody on another network.
guess_limit = limiter.shared_limit("30/hour", scope="papers:network", key_func=network, deduct_when=_found_nothing)


@bp.get("/papers/")
@guess_limit
def show_check() -> ResponseReturnValue:
    typed = request.args.get("number", "")
    if not typed.strip():
        return _unindexed(render_template("enrollment/papers/check.html", typed="", unknown=False))
    if paper := Paper.numbered(typed):
        return redirect(url_for(".show_paper", number=paper.number), 303)
    return _unknown(typed)


@bp.get("/papers/<number>")
@guess_limit
def show_paper(number: str) -> ResponseReturnValue:
    if (paper := Paper.numbered(number)) is None:
        return _unknown(number)
    return _unindexed(render_template("enrollment/papers/paper.html", paper=paper, standing=Standing.of(paper)))


@bp.get("/learn/papers/")
@auth_required("session")
def list_own() -> ResponseReturnValue:
    papers = [(paper, Standing.of(paper)) for paper in Paper.of_person(current_user)]
    lacking = Paper.places_without_receipt(current_user)
    has_place = bool(Enrollment.all_standing(current_user))
    return render_template("enrollment/papers/own.html", papers=papers, lacking=lacking, has_place=has_place)


@bp.post("/learn/papers/receipts/<int(max=2147483647):enrollment_id>")
@auth_required("session")
def issue_receipt(enrollment_id: int) -> ResponseReturnValue:
    """For a place that was paid before receipts were issued with the payment, or that has ended since."""
    place = db.session.get(Enrollment, enrollment_id)
    if place is None or place.person_id != current_user.id or place.order.paid_at is None:
        abort(404)
    Order.for_update(place.order_id)
    Paper.receipt(place)
    db.session.commit()
    return redirect(url_for(".list_own"), 303)


@bp.get("/learn/papers/<number>.pdf")
@auth_required("session")
def download_own(number: str) -> ResponseReturnValue:
    paper = Paper.numbered(number)
    if paper is None or paper.kind == LETTER or not paper.is_of(current_user):
        abort(404)
    return paper_as_file(paper)


def paper_as_file(paper: Paper) -> Response:
    """A receipt or a certificate, to download."""
    from app.enrollment.papers.drawing import draw  # It takes a while to import, and most processes never draw.

    return as_file(draw(paper), paper.file_name)


def as_file(pdf: bytes, name: str) -> Response:
    response = make_response(pdf)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _unknown(typed: str) -> Response:
    page = render_template("enrollment/papers/check.html", typed=typed[:40], unknown=True)
    return _unindexed(page, 404)


def _unindexed(page: str, status: int = 200) -> Response:
    response = make_response(page, status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
