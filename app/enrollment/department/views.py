"""The page from which a department hands its seats out, by the link that was mailed to whoever bought them."""

from collections.abc import Callable

from flask import abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from limits import RateLimitItemPerDay
from sqlalchemy import exists, select

from app.enrollment.blueprint import bp
from app.enrollment.department import claim_views, emails, progress, records, sharing_views, tasks
from app.enrollment.department.claiming import free
from app.enrollment.department.forms import DepartmentLinksForm, InvitationsForm
from app.enrollment.department.inviting import NotNow, invite
from app.enrollment.department.models import AlreadyClaimed, Seat, order_of_department
from app.enrollment.orders import Order
from app.enrollment.papers.models import Paper
from app.enrollment.papers.views import paper_as_file
from app.extensions import csrf, db, limiter
from app.limits import form_limits, network, used_up_for, wait_in_words
from app.people.link_mailings import LinkMailing
from app.people.models import Person
from app.publishing import public_page

# What else departments have is known once these are imported.
__all__ = ["bp", "claim_views", "records", "sharing_views", "tasks"]

A_PAGE = "/course/department/<token>"
INVITATIONS_A_DAY = RateLimitItemPerDay(150)
MOST_PAGES = 20

link_limit = limiter.shared_limit("120/hour", scope="department", key_func=network, methods=["POST"])


@bp.get(A_PAGE)
def show_department(token: str) -> ResponseReturnValue:
    return _page(token, _order_of(token), InvitationsForm(formdata=None))


@bp.post(f"{A_PAGE}/invitations")
@csrf.exempt
@link_limit
def invite_to_seats(token: str) -> ResponseReturnValue:
    order, form = Order.for_update(_order_of(token).id), InvitationsForm()
    if order.has_ended or order.cohort.is_over or order.is_on_hold:
        return _page(token, order, form), 409
    if not form.validate():
        return _page(token, order, form), 422
    number = len(form.invited)
    if limiter.enabled and not limiter.limiter.test(INVITATIONS_A_DAY, "invitations", order.public_id, cost=number):
        wait = used_up_for(INVITATIONS_A_DAY, "invitations", order.public_id)
        form.addresses.errors = [
            f"Many invitations went out today. Please send the rest {wait_in_words(wait)}, or hand links out."
        ]
        return _page(token, order, form), 429, {"Retry-After": str(wait)}
    try:
        invite(order, form.invited)
    except NotNow as reason:
        db.session.rollback()
        form.addresses.errors = [str(reason)]
        return _page(token, _order_of(token), form), 409
    db.session.commit()
    if limiter.enabled:
        limiter.limiter.hit(INVITATIONS_A_DAY, "invitations", order.public_id, cost=number)
    return redirect(url_for(".show_department", token=token, invited=number), 303)


@bp.post(f"{A_PAGE}/seats/<int(max=50):position>/reassignment")
@csrf.exempt
@link_limit
def reassign_seat(token: str, position: int) -> ResponseReturnValue:
    return _with_new_link(token, position, Seat.reassign)


@bp.post(f"{A_PAGE}/seats/<int(max=50):position>/release")
@csrf.exempt
@link_limit
def free_seat(token: str, position: int) -> ResponseReturnValue:
    place_id = request.form.get("place", type=int)
    return _with_new_link(token, position, lambda seat: free(seat, place_id))


def _with_new_link(token: str, position: int, give_it_one: Callable[[Seat], None]) -> ResponseReturnValue:
    order = Order.for_update(_order_of(token).id)
    seat = Seat.in_order(order, position) or abort(404)
    try:
        give_it_one(seat)
    except AlreadyClaimed:
        return _page(token, order, InvitationsForm(formdata=None)), 409
    db.session.commit()
    return redirect(url_for(".show_department", token=token, renewed=position, _anchor=f"seat-{position}"), 303)


@bp.get(f"{A_PAGE}/receipts/<number>.pdf")
@limiter.shared_limit("60/hour", scope="department:receipts", key_func=network)
def download_receipt(token: str, number: str) -> ResponseReturnValue:
    papers = Paper.of_order(_order_of(token))
    paper = next((paper for paper in papers if paper.number == number), None)
    return paper_as_file(paper or abort(404))


@bp.get("/course/department")
@public_page
def show_department_links_form() -> ResponseReturnValue:
    return _links_page(DepartmentLinksForm(formdata=None))


@bp.post("/course/department")
@csrf.exempt
@form_limits("department-links", address="300/hour", network_="100/hour", domain="300/hour", in_all="1000/hour")
def mail_department_links() -> ResponseReturnValue:
    form = DepartmentLinksForm()
    if form.is_trapped:
        return redirect(url_for(".show_department_links_mailed"), 303)
    if not form.validate():
        return _links_page(form), 422
    # One mail and one answer for every address, known or not, so that neither tells anything to a stranger.
    if LinkMailing.claim("department links", Person.counted_as(form.address)):
        person = Person.with_email(form.address)
        if person and (orders := _bought_by(person)):
            emails.department_links(person, orders)
        else:
            emails.no_department(form.address)
    db.session.commit()
    return redirect(url_for(".show_department_links_mailed"), 303)


@bp.get("/course/department/mailed")
@public_page
def show_department_links_mailed() -> ResponseReturnValue:
    return render_template("enrollment/department/links_mailed.html")


def _bought_by(person: Person) -> list[Order]:
    """Orders with seats for others, the newest first."""
    orders = select(Order).where(Order.person_id == person.id, exists().where(Seat.order_id == Order.id))
    return list(db.session.scalars(orders.order_by(Order.id.desc()).limit(MOST_PAGES)))


def _order_of(token: str) -> Order:
    return order_of_department(token) or abort(
        make_response(_links_page(DepartmentLinksForm(formdata=None), True), 404)
    )


def _links_page(form: DepartmentLinksForm, is_unknown: bool = False) -> str:
    return render_template("enrollment/department/links.html", form=form, is_unknown=is_unknown)


def _page(token: str, order: Order, form: InvitationsForm) -> str:
    seats = Seat.of_order(order)
    return render_template(
        "enrollment/department/show.html",
        token=token,
        order=order,
        seats=seats,
        form=form,
        claimed=sum(seat.enrollment_id is not None for seat in seats),
        spare=sum(not (seat.enrollment_id or seat.invited_email) for seat in seats),
        progress=progress.shared_by(seats),
        papers=Paper.of_order(order),
        invited=_number("invited"),
        renewed=_number("renewed"),
    )


def _number(name: str) -> int:
    """What the page was just asked to do, from its own redirect."""
    typed = request.args.get(name, "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 3 else 0
