"""Whose place is on hold, as its payment is disputed, pays again, or claims a seat, and has a place that opens."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.clock import now
from app.enrollment.cohorts import Cohort
from app.enrollment.department.models import Seat
from app.enrollment.enrolling import end_free
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.enrollment.papers.models import Paper
from app.enrollment.waitlist.models import WaitlistEntry
from app.enrollment.waitlist.tasks import sweep_waitlists
from app.extensions import db
from app.payments.fulfilment import fulfil
from app.payments.tasks import sweep_payments
from app.people.models import Person
from tests.enrollment.department.conftest import Department, department
from tests.enrollment.next_cohort.test_choosing import seats_taken
from tests.enrollment.next_cohort.test_moving import change_cohort, later_cohort, move, place_of, signed_in
from tests.enrollment.test_course_page import a_sequence, runs
from tests.enrollment.test_seats import BUYER, OWNER, refunded_amounts
from tests.races import fresh_rows, in_thread, nth, stopped_before, wait_until_blocked

GRACE = "grace@example.org"
__all__ = ["department"]


@pytest.fixture
def dispute(shop, stripe) -> str:
    """Ada has bought a place in Spring, and her bank has the payment."""
    stripe.pay(shop.buy())
    shop.hear()
    return disputed(shop, stripe)


def disputed(shop, stripe) -> str:
    """The payment made last."""
    opened = stripe.dispute(next(iter(stripe.sandbox.store.all("charge")))["id"])
    shop.hear()
    return opened["id"]


def buy(shop, stripe, **wanted: str) -> None:
    stripe.pay(shop.buy(**wanted))
    shop.hear()


def open_orders(shop, email: str = BUYER) -> list[int]:
    """By which of the orders, counted from 0, the classroom is open to somebody."""
    ids = [order.id for order in shop.orders]
    with fresh_rows():
        return [ids.index(place.order_id) for place in Enrollment.opening(Person.at(email))]


def text_of(answer) -> str:
    return " ".join(answer.text.split())


def states(shop) -> list[tuple[str, int]]:
    return [(order.state, order.seats_held) for order in shop.orders]


RETURNS = "we return to you whatever it leaves with us of the first payment (order {})"


def test_the_closed_classroom_says_that_one_may_pay_again_and_what_follows(app, shop, dispute):
    ada = signed_in(app, BUYER)
    assert "You need not wait for the bank" in (open_ := text_of(ada.get("/learn/")))
    assert RETURNS.format(shop.order.number) in open_
    assert "Pay for Spring a second time" in open_
    change_cohort("Spring", seats=1)
    full = text_of(ada.get("/learn/"))
    assert "Spring is full, and the seat that is kept for you is one of those taken" in full
    assert "wait for another seat in Spring" in full
    change_cohort("Spring", sales_open=False)
    closed = text_of(ada.get("/learn/"))
    assert "Spring cannot be bought now" in closed
    for words in (full, closed):
        assert "a second time</a>" not in words


def test_who_is_signed_in_reads_what_follows_before_they_pay_again(app, shop, stripe, dispute):
    ada = signed_in(app, BUYER)
    warned = shop.start(ada)
    assert (warned.status_code, len(shop.orders)) == (409, 1)
    assert RETURNS.format(shop.order.number) in text_of(warned)
    again = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', warned.text))
    stripe.pay(shop.buy(ada, **again))
    shop.hear()
    assert open_orders(shop) == [1]
    assert shop.start(ada).status_code == 303  # As the place is not on hold any more.


def test_who_has_a_page_to_pay_at_for_the_last_seat_is_not_told_that_it_is_full(app, shop, dispute):
    ada = signed_in(app, BUYER)
    change_cohort("Spring", seats=2)
    page = shop.buy(ada, again="y")
    assert "Pay for Spring a second time" in ada.get("/learn/").text
    assert 'name="again"' in shop.start(ada).text
    assert shop.buy(ada, again="y") == page


@pytest.mark.parametrize("visitor", [None, GRACE])
def test_who_types_the_address_of_another_learns_nothing_and_its_owner_reads_what_follows(
    app, shop, mail, dispute, visitor
):
    client = signed_in(app, visitor) if visitor else None
    assert shop.start(client).status_code == 303
    shop.start(client, name="Mallory")
    shop.work()
    [letter] = mail.to(BUYER, "enrollment/paying_again")
    assert letter.subject == "Before you pay again: your place in Spring is on hold"
    for words in (letter.body, letter.html):
        assert RETURNS.format(shop.orders[0].number) in " ".join(words.split())


def test_who_has_a_seat_of_a_department_reads_that_it_goes_back_to_that(app, department, shop, stripe):
    change_cohort("Spring", seats=9)
    department.claim(department.links[0], GRACE)
    disputed(shop, stripe)
    for answer in ((grace := signed_in(app, GRACE)).get("/learn/"), shop.start(grace, email=GRACE)):
        assert "goes back to whoever bought it, for somebody else" in text_of(answer)
        assert "whatever it leaves with us" not in text_of(answer)


def test_a_good_payment_opens_the_classroom_and_frees_the_seat_of_the_disputed_one(shop, stripe, mail, dispute):
    buy(shop, stripe)
    assert open_orders(shop) == [1]
    assert states(shop) == [("disputed", 0), ("paid", 1)]
    assert (seats_taken()["Spring"], shop.books_balance) == (1, True)
    assert "No place stands by it. The payer" in shop.come_back(shop.orders[0].stripe_session_id).text
    told = [letter.template for letter in mail.to(BUYER)]
    assert told.count("enrollment/enrolled") == 2
    assert not {"enrollment/already_enrolled", "enrollment/paid_twice"} & {*told}
    stripe.decide_dispute(dispute, "lost")
    shop.hear(copies=2)
    assert (open_orders(shop), states(shop)) == ([1], [("dispute lost", 0), ("paid", 1)])
    assert (seats_taken()["Spring"], shop.books_balance) == (1, True)


def test_the_disputed_payment_goes_back_once_it_is_won_after_all(shop, stripe, mail, dispute):
    buy(shop, stripe)
    stripe.decide_dispute(dispute, "won")
    shop.hear(copies=2)
    assert (open_orders(shop), states(shop)) == ([1], [("refunded", 0), ("paid", 1)])
    words = " ".join(mail.to(OWNER, "enrollment/payment_disputed")[-1].body.split())
    assert "They have had another place in Spring since, so this payment goes back to them." in words
    assert "lost before" not in words
    assert_told_of_one_that_goes_back(mail)


def assert_told_of_the_first(shop, letter, what: str) -> None:
    for words in (letter.body, letter.html):
        assert what.format(shop.orders[0].number) in " ".join(words.split())


GAVE_WAY = "No seat is kept by your first payment for it (order {}), which is disputed."
IS_LEFT = "Your first payment for Spring (order {}) is still disputed, and no seat is kept for it any more."


def test_whose_second_payment_goes_back_reads_how_it_stands_with_the_first(app, shop, stripe, mail, dispute):
    buy(shop, stripe)
    before, enrolled = mail.to(BUYER, "enrollment/enrolled")
    assert "first payment" not in before.body + before.html
    assert_told_of_the_first(shop, enrolled, GAVE_WAY)
    second = next(iter(stripe.sandbox.store.all("charge")))
    stripe.refund(second["payment_intent"])
    shop.hear()
    assert (states(shop), shop.books_balance) == ([("disputed", 0), ("refunded", 0)], True)
    assert_told_of_the_first(shop, mail.to(BUYER, "enrollment/refunded")[0], IS_LEFT)
    ada = signed_in(app, BUYER)
    assert IS_LEFT.format(shop.orders[0].number) in text_of(ada.get("/learn/"))
    stripe.decide_dispute(dispute, "won")
    shop.hear()
    assert (open_orders(shop), shop.books_balance) == ([0], True)


def test_whose_second_payment_is_lost_reads_how_it_stands_with_the_first_until_that_is_lost(
    app, shop, stripe, mail, dispute
):
    buy(shop, stripe)
    stripe.decide_dispute(disputed(shop, stripe), "lost")
    shop.hear()
    assert_told_of_the_first(shop, mail.to(BUYER, "enrollment/place_disputed")[-1], IS_LEFT)
    ada = signed_in(app, BUYER)
    assert "first payment" in ada.get("/learn/").text
    stripe.decide_dispute(dispute, "lost")
    shop.hear()
    assert "first payment" not in ada.get("/learn/").text


def test_whose_second_order_cost_nothing_and_was_ended_reads_how_it_stands_with_the_first(shop, stripe, mail, dispute):
    stripe.make_code("FREE", percent_off=100)
    stripe.pay(shop.buy(), code="FREE")
    shop.hear()
    with fresh_rows():
        end_free(Order.for_update(shop.orders[1].id))
        db.session.commit()
    shop.work()
    assert_told_of_the_first(shop, mail.to(BUYER, "enrollment/free_order_ended")[0], IS_LEFT)


def test_what_a_loss_in_part_leaves_of_the_first_payment_goes_back(shop, stripe):
    buy(shop, stripe)
    dispute = stripe.dispute(next(iter(stripe.sandbox.store.all("charge")))["id"], amount=40000)["id"]
    shop.hear()
    buy(shop, stripe)
    stripe.decide_dispute(dispute, "lost")
    shop.hear(copies=2)
    assert (open_orders(shop), refunded_amounts(stripe), shop.books_balance) == ([1], [80000], True)


def test_the_owner_reads_of_no_loss_where_the_place_had_made_way_for_another(shop, stripe, mail, dispute):
    buy(shop, stripe)
    second = next(iter(stripe.sandbox.store.all("charge")))
    stripe.refund(second["payment_intent"])
    shop.hear()
    change_cohort("Spring", seats=1)
    shop.buy(email=GRACE)
    stripe.decide_dispute(dispute, "won")
    shop.hear()
    words = " ".join(mail.to(OWNER, "enrollment/payment_disputed")[-1].body.split())
    assert "The enrollment by this payment had ended before, and the seat is somebody else's now." in words
    assert "lost before" not in words


def test_a_seat_of_ones_own_is_not_somebody_elses_when_the_first_payment_is_won(shop, stripe, mail, dispute):
    stripe.decide_dispute(dispute, "lost")
    shop.hear()
    buy(shop, stripe)
    disputed(shop, stripe)
    change_cohort("Spring", seats=1)
    stripe.decide_dispute(dispute, "won")
    shop.hear(copies=2)
    assert (open_orders(shop), states(shop)) == ([0], [("paid", 1), ("disputed", 0)])
    assert (seats_taken()["Spring"], shop.books_balance) == (1, True)
    assert mail.to(BUYER, "enrollment/next_cohort_offered") == []


def test_a_place_that_moved_on_since_lets_the_first_payment_go_back(app, shop, stripe, mail, dispute):
    later_cohort()
    buy(shop, stripe)
    with fresh_rows():
        second = db.session.scalars(select(Enrollment).where(Enrollment.ended_at.is_(None))).one()
    assert move(signed_in(app, BUYER), second).status_code == 303
    stripe.decide_dispute(dispute, "won")
    shop.hear(copies=2)
    assert (refunded_amounts(stripe), open_orders(shop)) == ([120000], [1])
    assert "enrolled in Autumn" in " ".join(mail.to(BUYER, "enrollment/paid_twice")[-1].body.split())


def win_a_moved_place_where_another_is_on_hold(app, shop, stripe) -> None:
    buy(shop, stripe)
    assert move(signed_in(app, BUYER), place_of()).status_code == 303
    dispute = disputed(shop, stripe)
    stripe.decide_dispute(dispute, "lost")
    shop.hear()
    buy(shop, stripe, cohort=str(later_cohort()))
    disputed(shop, stripe)
    stripe.decide_dispute(dispute, "won")


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_two_orders_of_one_person_that_are_decided_at_once_wait_for_each_other_in_turn(app, shop, stripe):
    win_a_moved_place_where_another_is_on_hold(app, shop, stripe)
    first, second = (order.stripe_session_id for order in shop.orders)
    db.session.rollback()
    results: dict[str, object] = {}

    def settle(session_id: str) -> object:
        with app.app_context():
            return fulfil(session_id)

    with stopped_before("before_cursor_execute", "winner", nth(1, "UPDATE cohort")) as stop:
        winner = in_thread("winner", lambda: settle(first), results)
        assert stop.arrived.wait(30)
        other = in_thread("other", lambda: settle(second), results)
        wait_until_blocked()
        stop.open.set()
        winner.join()
        other.join()
    assert len(results) == 2
    assert not [each for each in results.values() if isinstance(each, Exception)]


def test_letters_go_on_for_who_is_enrolled_by_the_first_payment_as_the_second_goes_back(shop, stripe, dispute):
    stripe.decide_dispute(dispute, "lost")
    shop.hear()
    with fresh_rows():
        a_sequence("enrolled")
    buy(shop, stripe)
    second = disputed(shop, stripe)
    stripe.decide_dispute(dispute, "won")
    shop.hear()
    stripe.decide_dispute(second, "won")
    shop.hear(copies=2)
    assert (open_orders(shop), runs()) == ([0], [("enrolled", True)])


def assert_told_of_one_that_goes_back(mail) -> None:
    """And not that they paid twice, or for a second time."""
    [letter], [told] = mail.to(BUYER, "enrollment/paid_twice"), mail.to(OWNER, "enrollment/payment_returned")
    assert letter.subject == "You are already enrolled. We are returning this payment"
    assert told.subject == "A payment of $1,200.00 is being returned: the buyer is enrolled already"
    assert "The dispute over a payment is decided" in told.body
    for words in (letter.body, letter.html):
        assert "the dispute over your payment for this order is decided, so it is with us again" in words
    for words in (letter.body, letter.html, told.body, told.html):
        assert not re.search("twice|second", words)


def test_what_was_open_stays_open_and_the_certificate_counts_on(shop, stripe, course):
    change_cohort("Spring", starts_on=None, ends_on=None, opens_weekly=True)
    buy(shop, stripe)
    with fresh_rows():
        first = place_of()
        begun = now() - timedelta(weeks=5)
        db.session.execute(update(Enrollment).values(enrolled_at=begun))
        number = Paper.certify(db.session.get_one(Enrollment, first.id), begun.date()).number
        db.session.commit()
    disputed(shop, stripe)
    buy(shop, stripe)
    second = place_of()
    assert (second.id != first.id, second.enrolled_at) == (True, begun)
    with fresh_rows():
        certificate = Paper.numbered(number)
        assert (certificate.enrollment_id, certificate.order_id) == (second.id, second.order_id)
        own = Paper.of_person(Person.at(BUYER))
        assert sorted(paper.kind for paper in own) == ["certificate", "receipt", "receipt"]


def test_a_place_that_was_moved_makes_way_too(app, shop, stripe):
    buy(shop, stripe)
    assert move(signed_in(app, BUYER), place_of()).status_code == 303
    dispute = disputed(shop, stripe)
    buy(shop, stripe, cohort=str(later_cohort()))
    assert (open_orders(shop), place_of().moved_from.name) == ([1], "Spring")
    assert (seats_taken(), shop.books_balance) == ({"Spring": 0, "Autumn": 1}, True)
    stripe.decide_dispute(dispute, "won")
    shop.hear(copies=2)
    assert (open_orders(shop), states(shop)) == ([1], [("refunded", 0), ("paid", 1)])
    assert (seats_taken(), shop.books_balance) == ({"Spring": 0, "Autumn": 1}, True)


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)  # On SQLite, one writes at a time.
def test_a_moved_place_is_not_waited_for_with_its_cohort_locked(app, shop, stripe, later):
    """Whoever has its order locked may wait for the cohort where the place is now."""
    buy(shop, stripe)
    assert move(signed_in(app, BUYER), place_of()).status_code == 303
    disputed(shop, stripe)
    stripe.pay(shop.buy(cohort=str(later_cohort())))
    first = shop.orders[0].id
    with db.engine.connect() as other:
        other.execute(select(Order.id).where(Order.id == first).with_for_update())
        shop.hear()
        assert open_orders(shop) == []
    later(minutes=20)
    sweep_payments.call_local()
    assert open_orders(shop) == [1]


def test_a_seat_of_a_department_can_be_claimed(app, shop, stripe, mail, dispute):
    ward = department_of(app, shop, stripe, mail)
    assert ward.claim(ward.links[0], BUYER, "Ada").status_code == 303
    assert open_orders(shop) == [1]
    assert states(shop) == [("disputed", 0), ("paid", 2)]
    assert (seats_taken()["Spring"], shop.books_balance) == (2, True)
    assert not mail.to(BUYER, "enrollment/seat_not_needed")
    assert_told_of_the_first(shop, mail.to(BUYER, "enrollment/seat_claimed")[0], GAVE_WAY)
    stripe.refund(next(iter(stripe.sandbox.store.all("charge")))["payment_intent"])
    shop.hear()
    assert_told_of_the_first(shop, mail.to(BUYER, "enrollment/seat_ended")[0], IS_LEFT)


def test_who_claimed_a_seat_since_the_dispute_was_lost_did_not_pay_twice(app, shop, stripe, mail, dispute):
    stripe.decide_dispute(dispute, "lost")
    shop.hear()
    ward = department_of(app, shop, stripe, mail)
    assert ward.claim(ward.links[0], BUYER, "Ada").status_code == 303
    stripe.decide_dispute(dispute, "won")
    shop.hear()
    assert_told_of_one_that_goes_back(mail)


def department_of(app, shop, stripe, mail) -> Department:
    """Two seats in Spring, for somebody else's ward."""
    buy(shop, stripe, seats="2", organization="Ward Nine", email="chair@example.org")
    [letter] = mail.to("chair@example.org", "enrollment/department_ready")
    return Department(app, "/course/department/" + letter.body.partition("/course/department/")[2].split()[0])


def test_who_pays_for_themselves_leaves_the_seat_of_a_disputed_department_to_another(department, shop, stripe, mail):
    change_cohort("Spring", seats=9)
    department.claim(department.links[0], GRACE)
    dispute = disputed(shop, stripe)
    buy(shop, stripe, email=GRACE)
    assert open_orders(shop, GRACE) == [1]
    assert (department.claimed, seats_taken()["Spring"], shop.books_balance) == ([], 4, True)
    stripe.decide_dispute(dispute, "won")
    shop.hear(copies=2)
    assert states(shop) == [("paid", 3), ("paid", 1)]
    assert len(department.links) == 3
    with fresh_rows():
        assert [seat.claim_number for seat in db.session.scalars(select(Seat).order_by(Seat.position))] == [2, 1, 1]


def test_the_first_payment_counts_again_where_the_second_is_on_hold_when_it_is_won(shop, stripe, dispute):
    stripe.decide_dispute(dispute, "lost")
    shop.hear()
    buy(shop, stripe)
    second = disputed(shop, stripe)
    stripe.decide_dispute(dispute, "won")
    shop.hear()
    assert (open_orders(shop), states(shop)) == ([0], [("paid", 1), ("disputed", 0)])
    stripe.decide_dispute(second, "won")
    shop.hear()
    assert (open_orders(shop), states(shop)) == ([0], [("paid", 1), ("refunded", 0)])
    assert (seats_taken()["Spring"], shop.books_balance) == (1, True)


def test_the_letters_that_the_second_payment_began_go_on_when_the_first_is_won(shop, stripe, dispute):
    stripe.decide_dispute(dispute, "lost")
    shop.hear()
    with fresh_rows():
        a_sequence("enrolled")
    buy(shop, stripe)
    disputed(shop, stripe)
    assert runs() == [("enrolled", True)]
    stripe.decide_dispute(dispute, "won")
    shop.hear()
    assert (open_orders(shop), runs()) == ([0], [("enrolled", True)])


def test_the_certificate_counts_on_by_the_first_payment_where_the_second_is_on_hold(shop, stripe, dispute):
    stripe.decide_dispute(dispute, "lost")
    shop.hear()
    buy(shop, stripe)
    with fresh_rows():
        place, begun = db.session.get_one(Enrollment, place_of().id), now() - timedelta(weeks=5)
        place.enrolled_at = begun
        number = Paper.certify(place, now().date()).number
        db.session.commit()
    disputed(shop, stripe)
    stripe.decide_dispute(dispute, "won")
    shop.hear(copies=2)
    first = place_of()
    assert (open_orders(shop), first.enrolled_at) == ([0], begun)
    with fresh_rows():
        certificate = Paper.numbered(number)
        assert (certificate.enrollment_id, certificate.order_id) == (first.id, first.order_id)


def test_a_moved_place_that_reopens_where_another_is_on_hold_has_moved_once(app, shop, stripe):
    win_a_moved_place_where_another_is_on_hold(app, shop, stripe)
    shop.hear(copies=2)
    assert (open_orders(shop), place_of().moved_from.name) == ([0], "Spring")
    assert (seats_taken(), shop.books_balance) == ({"Spring": 0, "Autumn": 1}, True)


def in_line(shop) -> str:
    """The link to Ada's place in line."""
    with fresh_rows():
        entry = WaitlistEntry.ask(Person.at(BUYER), Cohort.for_update(shop.cohort_id), "Ada", page="/course/waitlist")
        entry.confirm(page="/course/waitlist")
        db.session.commit()
        return f"/course/waitlist/{entry.link_token}"


def test_who_gets_in_line_for_another_seat_stays_there(shop, dispute):
    in_line(shop)
    change_cohort("Spring", sales_open=False)  # Nothing is offered.
    sweep_waitlists.call_local()
    with fresh_rows():
        assert db.session.scalars(select(WaitlistEntry)).one().state == "waiting"


def test_whose_own_place_fills_the_cohort_reads_so_and_may_pay_for_a_seat_that_they_waited_for(
    app, shop, stripe, dispute
):
    change_cohort("Spring", seats=1)
    answer = shop.start(ada := signed_in(app, BUYER), again="")
    assert answer.status_code == 409
    assert "Spring is full, and the seat that is kept for you is one of those taken" in text_of(answer)
    assert 'name="again"' not in answer.text
    link = in_line(shop)
    change_cohort("Spring", seats=2)
    sweep_waitlists.call_local()
    with fresh_rows():
        bought = ada.post(f"{link}/checkout", data={"name": "Ada Lovelace"})
    stripe.pay(bought.location.rpartition("/")[2])
    shop.hear()
    assert (open_orders(shop), seats_taken()["Spring"], shop.books_balance) == ([1], 1, True)
