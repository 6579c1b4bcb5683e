from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import select

from app import outbox
from app.clock import now
from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.extensions import db
from app.payments.checkouts import Checkout
from app.payments.wording import day, in_dispute, money
from app.people.link_mailings import LinkMailing
from app.people.models import Person
from app.people.sign_in import SignInCode
from app.urls import absolute_url

TOLD_OF_REFUSALS_EVERY = timedelta(hours=6)


def enrolled(enrollment: Enrollment, link_good_for: timedelta) -> None:
    """The receipt, the dates and a link that signs in, to the person enrolled."""
    code, _ = SignInCode.issue(enrollment.person, next_path="/learn/", good_for=link_good_for)
    outbox.post(
        to=enrollment.person,
        template="enrollment/enrolled",
        url=absolute_url("people.confirm_sign_in", token=code.link_token),
        sign_in_url=absolute_url("people.sign_in"),
        link_days=link_good_for.days,
        papers_url=absolute_url("papers.list_own"),
        **about_place(enrollment),
    )


def new_enrollment(order: Order) -> None:
    _to_owner("new_enrollment", **about(order), buyer=order.person)


def already_enrolled(person: Person, cohort: Cohort) -> None:
    """To somebody who seems to buy a place they have, or whose first payment is still under way.

    Not again and again: anybody can type their address.
    """
    if not LinkMailing.claim("already enrolled", Person.counted_as(person.email)):
        return
    outbox.post(
        to=person,
        template="enrollment/already_enrolled",
        cohort=cohort,
        course=cohort.course,
        is_in=Enrollment.is_open_to(person, cohort),
        sign_in_url=absolute_url("people.sign_in", next="/learn/"),
    )


def paying_again(place: Enrollment) -> None:
    """To somebody who seems to buy a place once more that is on hold. Not again and again either."""
    if LinkMailing.claim("paying again", Person.counted_as(place.person.email)):
        outbox.post(to=place.person, template="enrollment/paying_again", place=place, cohort=place.cohort)


def awaiting_payment(order: Order, debit: Checkout) -> None:
    outbox.post(to=order.person, template="enrollment/awaiting_payment", **about(order, debit))


def payment_failed(order: Order, debit: Checkout) -> None:
    outbox.post(to=order.person, template="enrollment/payment_failed", **about(order, debit))


def seat_gone(order: Order, cents: int, reason: str) -> None:
    """To who paid when there was "no seat". If a later cohort was offered instead, they have "declined" it, their time
    to choose has "lapsed", or the payment was "returned" meanwhile. What the payer's bank has does not go back now.
    """
    missed = order.missed_cohort or order.cohort
    about_it = (
        about(order)
        | back(order, 0 if order.is_disputed else cents)
        | {"cohort": missed, "dates": missed.dates, "offered": order.cohort}
    )
    outbox.post(to=order.person, template="enrollment/seat_gone", reason=reason, **about_it)


def paid_twice(order: Order, cents: int, reason: str) -> None:
    """To who paid for an order "paid twice", or for one where they are "already enrolled" by another or by a claimed
    seat, perhaps since; or such a payment had gone back, "returned at Stripe", before we heard of it.

    What the payer's bank has does not go back now.
    """
    at_bank = _is_at_bank(order, reason)
    cohort = _open_by_now(order) or order.cohort
    about_it = about(order) | back(order, 0 if at_bank else cents) | {"reason": reason, "at_bank": at_bank}
    about_it |= {"cohort": cohort, "dates": cohort.dates, "stands": _what_stands(order)}
    outbox.post(to=order.person, template="enrollment/paid_twice", **about_it)


def _open_by_now(order: Order) -> Cohort | None:
    """The cohort of the order, or one to which its place, or another there, was moved, in which its buyer is."""
    if order.is_for_department:
        return None
    cohorts = {order.cohort, *(place.cohort for place in Enrollment.ever_of(order))}
    theirs = Enrollment.opening(order.person)
    return next((place.cohort for place in theirs if cohorts & {place.cohort, place.moved_from}), None)


def _what_stands(order: Order) -> str:
    """Whether what the buyer has is "open" or "on hold", or a "choice" of cohorts; or "nothing"."""
    if order.has_to_choose:
        return "choice"
    if _open_by_now(order):
        return "open"
    if order.seats_held or Enrollment.of_order(order):
        return "on hold" if order.is_at_bank else "open"
    return "nothing"


def refunded(enrollment: Enrollment, cents: int) -> None:
    """To the person enrolled, who paid: so much goes back now, all or the rest of it, and the place has ended."""
    about_it = about_place_among_others(enrollment) | gone_back(enrollment.order, cents)
    outbox.post(to=enrollment.person, template="enrollment/refunded", **about_it)


def free_order_ended(order: Order, cohort: Cohort, had_to_choose: bool) -> None:
    """To the buyer of what cost nothing: the owner has ended it, perhaps while they had yet to choose a cohort."""
    about_it = about(order) | {"cohort": cohort, "dates": cohort.dates, "had_to_choose": had_to_choose}
    about_it |= {"elsewhere": _open_to(order.person), "disputed": Enrollment.still_disputed(order.person, cohort)}
    outbox.post(to=order.person, template="enrollment/free_order_ended", **about_it)


def partly_refunded(order: Order, cents: int, cohort: Cohort, *, keeps_it: bool) -> None:
    """To the buyer: a part of what was paid goes back, or once more what did not arrive after all went back; whether
    what was bought stays theirs, and in which cohort.
    """
    about_it = about(order) | gone_back(order, cents) | {"cohort": cohort, "dates": cohort.dates, "keeps_it": keeps_it}
    about_it["is_again"] = order.went_back_again(cents)
    outbox.post(to=order.person, template="enrollment/partly_refunded", **about_it)


def refund_failed(order: Order, cents: int) -> None:
    """To the owner: the buyer's bank did not take what was given back, so it is with Stripe again."""
    _to_owner("refund_failed", **about(order), buyer=order.person, back=money(cents, order.currency))


def payment_disputed(order: Order, news: str, then: str = "open") -> None:
    """To the owner: the payer's bank "asked" and has "closed" that, has "opened" a dispute, or it is "won", "lost" or
    "lost in part".

    `then`: it is about places that are "open" otherwise, or open as before ("stays"), or about what is held while
    the choice of a cohort "begins"; or about nothing, for all of it "goes back" anyway, or, of all that had gone back,
    what the bank had kept ("rest goes back"), or that is "over". Of one that is won, or lost for a part only,
    after all was lost before, perhaps: their "seats gone", the buyer has "enrolled since" by another order, or "nobody"
    is left to enroll.
    """
    _to_owner(
        "payment_disputed",
        **about(order),
        **in_dispute(order, Person.zone_of(current_app.config["OWNER_EMAIL"])),
        buyer=order.person,
        news=news,
        then=then,
    )


def place_disputed(enrollment: Enrollment, news: str) -> None:
    """To the person enrolled: the place is on hold, open again or over."""
    sign_in_url = absolute_url("people.sign_in", next="/learn/")
    about_it = about_place_among_others(enrollment) | {"news": news, "sign_in_url": sign_in_url}
    outbox.post(to=enrollment.person, template="enrollment/place_disputed", **about_it)


def payment_returned(order: Order, cents: int, reason: str) -> None:
    """To the owner: a payment is given back, or an order that cost nothing is over, because there was "no seat", the
    person was "already enrolled" or had "paid twice", "declined" what was offered instead, let the time to choose go by
    ("lapsed"), or was "erased"; or a second payment was "returned at Stripe" before we heard of it.
    """
    missed = order.missed_cohort or order.cohort
    about_it = about(order) | back(order, cents) | {"missed": missed, "buyer": order.person}
    if reason == "already enrolled":
        about_it["cohort"] = _open_by_now(order) or order.cohort
    _to_owner("payment_returned", reason=reason, at_bank=_is_at_bank(order, reason), **about_it)


def _is_at_bank(order: Order, reason: str) -> bool:
    """Whether what is given back for this reason is with the payer's bank. A second payment is not the disputed one."""
    return order.is_disputed and reason in ("already enrolled", "declined", "lapsed")


def payment_page_refused(words: str) -> None:
    """To the owner, at most once in a while: Stripe does not open payment pages, so nobody can buy."""
    told = select(outbox.Email.id).where(
        outbox.Email.to_address == current_app.config["OWNER_EMAIL"],
        outbox.Email.template == "enrollment/payment_page_refused",
        outbox.Email.created_at > now() - TOLD_OF_REFUSALS_EVERY,
    )
    if db.session.scalar(told.limit(1)) is None:
        _to_owner("payment_page_refused", words=words)


def payment_mismatch(order: Order, checkout: Checkout) -> None:
    """To the owner: Stripe's amount is not ours, so nobody was enrolled and somebody has to look."""
    paid = money(checkout.amount_cents, checkout.currency)
    _to_owner("payment_mismatch", **about(order), buyer=order.person, paid=paid, session_id=checkout.session_id)


def mismatch_noted(order: Order) -> None:
    """To the buyer: what was paid is not what we asked for, and a person looks into it."""
    outbox.post(to=order.person, template="enrollment/mismatch_noted", **about(order))


def mismatch_returned(order: Order) -> None:
    """To the buyer: what was paid, and was not what we asked for, has gone back."""
    outbox.post(to=order.person, template="enrollment/mismatch_returned", **about(order))


def sums(order: Order, debit: Checkout | None = None) -> list[tuple[str, str]]:
    """What was paid, or ordered by a debit, and how it comes about, as rows of a receipt; before, the price alone."""
    seats = f" ({order.seats} seats)" if order.is_for_department else ""
    price = (f"Price{seats}", money(order.amount_cents, order.currency))
    if not (order.paid_at or debit):
        return [price]
    told, total = debit or order, debit.amount_cents if debit else order.paid_cents
    code = f" with code {told.promotion_code}" if told.promotion_code else ""
    rows = [price]
    if told.discount_cents:
        rows.append((f"Discount{code}", f"-{money(told.discount_cents, order.currency)}"))
    if told.tax_cents:
        is_in_price = total == order.amount_cents - told.discount_cents
        rows.append((f"Tax{', in the price' if is_in_price else ''}", money(told.tax_cents, order.currency)))
    return [*rows, ("Total" if debit else "Total paid", money(total, order.currency))]


def _returned(order: Order, rows: dict[str, int]) -> list[tuple[str, str]]:
    rows = {"Returned by your bank": order.kept_by_bank_cents} | rows
    return [(words, f"-{money(cents, order.currency)}") for words, cents in rows.items() if cents]


def back(order: Order, cents: int) -> dict[str, Any]:
    """What goes back now, empty where nothing does, and whether it is the rest after a part."""
    return {"back": money(cents, order.currency) if cents else "", "is_rest": cents < order.paid_cents}


def gone_back(order: Order, cents: int) -> dict[str, Any]:
    """As `back`, of what the order knows of already. The sums end with what went back before, and what does now."""
    told = _returned(order, {"Returned before": order.refunded_cents - cents, "Returned now": cents})
    return back(order, cents) | {"sums": [*sums(order), *told]}


def _to_owner(name: str, **context: Any) -> None:
    if order := context.get("order"):
        context["order_url"] = absolute_url("studio.show_order", order_id=order.id)
    outbox.post(to=current_app.config["OWNER_EMAIL"], template=f"enrollment/{name}", **context)


def about(order: Order, debit: Checkout | None = None) -> dict[str, Any]:
    """What a mail about an order says of it, or of the debit by which it may be paid."""
    cohort = order.cohort
    cents = debit.amount_cents if debit else order.paid_cents if order.paid_at else order.amount_cents
    return {
        "order": order,
        "cohort": cohort,
        "course": cohort.course,
        "dates": cohort.dates,
        "starts_on": cohort.begins,
        "amount": money(cents, order.currency),
        "paid_on": day(order.paid_at.date()) if order.paid_at else "",
        "sums": [*sums(order, debit), *_returned(order, {"Returned": order.refunded_cents})],
        "course_url": absolute_url("enrollment.show_course"),
    }


def about_place(place: Enrollment) -> dict[str, Any]:
    """What a mail about a place says of its order, of the cohort where the place is now, and of the place it took over
    from, if the payment for that is disputed.
    """
    cohort = place.cohort
    return about(place.order) | {
        "cohort": cohort,
        "dates": cohort.dates,
        "starts_on": cohort.begins,
        "disputed": Enrollment.still_disputed(place.person, cohort),
    }


def about_place_among_others(place: Enrollment) -> dict[str, Any]:
    """And by which others the person is in the classroom."""
    return about_place(place) | {"elsewhere": _open_to(place.person, but=place)}


def _open_to(person: Person, but: Enrollment | None = None) -> str:
    """The cohorts by which the person is in the classroom."""
    return " and ".join(place.cohort.name for place in Enrollment.opening(person) if place is not but)
