"""A learner moves once to a later cohort by themselves, and every seat stays counted where it is held."""

import pytest
from sqlalchemy import select, update

from app.clock import now
from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.extensions import db
from app.followups import Sequence, SequenceRun
from app.people.models import Person
from app.people.sign_in import SignInCode
from tests.enrollment.next_cohort.test_choosing import seats_taken, words_of
from tests.enrollment.test_seats import BUYER, OWNER
from tests.payments.conftest import refund
from tests.races import at_once, fresh_rows


@pytest.fixture
def ada(app, shop, stripe):
    """Ada, who has paid for a place in Spring and is signed in."""
    stripe.pay(shop.buy())
    shop.hear()
    return signed_in(app, BUYER)


def signed_in(app, email):
    client = app.test_client()
    code, _ = SignInCode.issue(Person.at(email))
    db.session.commit()
    assert client.post(f"/sign-in/{code.link_token}").status_code == 303
    return client


def place_of(email=BUYER) -> Enrollment:
    with fresh_rows():
        [place] = Enrollment.all_standing(Person.at(email))
        return place


def later_cohort() -> int:
    with fresh_rows():
        return db.session.scalars(select(Cohort.id).filter_by(name="Autumn")).one()


def look(client, place):
    with fresh_rows():
        return client.get(f"/learn/places/{place.id}/move")


def move(client, place, cohort_id=None):
    token = look(client, place).text.partition('name="csrf_token" value="')[2].partition('"')[0]
    with fresh_rows():
        data = {"csrf_token": token, "cohort": str(cohort_id or later_cohort())}
        return client.post(f"/learn/places/{place.id}/move", data=data)


def change_cohort(name, **values):
    with fresh_rows():
        db.session.execute(update(Cohort).where(Cohort.name == name).values(**values))
        db.session.commit()


def test_the_seat_moves_once_and_both_are_told(ada, shop, mail):
    page = look(ada, place_of())
    assert "once" in page.text
    assert "Autumn" in page.text
    assert "even if the later cohort costs more or less" in page.text
    assert move(ada, place_of()).status_code == 303
    assert "even if Autumn costs more or less" in mail.to(BUYER, "enrollment/moved")[0].body
    place = place_of()
    assert (place.cohort_id, place.moved_from_id, shop.order.seats_held) == (later_cohort(), shop.cohort_id, 0)
    assert seats_taken() == {"Spring": 0, "Autumn": 1}
    assert shop.books_balance
    assert [letter.subject for letter in mail.to(BUYER, "enrollment/moved")] == ["You have moved to Autumn"]
    assert "Ada Lovelace moved to Autumn" in [letter.subject for letter in mail.to(OWNER)]
    assert move(ada, place_of(), shop.cohort_id).status_code == 409
    assert "once" in look(ada, place_of()).text
    assert seats_taken() == {"Spring": 0, "Autumn": 1}


def test_that_a_cohort_has_the_lessons_only_is_said_before_and_after_the_move(ada, shop, mail):
    change_cohort("Autumn", starts_on=None, ends_on=None, sessions="")
    assert "At your own pace · The lessons, <b>without live sessions</b>" in look(ada, place_of()).text
    move(ada, place_of())
    [letter] = mail.to(BUYER, "enrollment/moved")
    assert "Live sessions: None: the lessons only" in letter.body
    with fresh_rows():
        said = ada.get("/learn/").text
    assert "Autumn, where you have the lessons, without live sessions" in said
    assert "dates" not in words_of([letter]).replace("Dates", "") + look(ada, place_of()).text


@pytest.mark.parametrize("end", ["refund", "dispute lost"])
def test_when_a_moved_place_ends_its_own_seat_is_given_back(ada, shop, stripe, mail, end):
    move(ada, place_of())
    if end == "refund":
        refund(stripe)
    else:
        [charge] = stripe.sandbox.store.all("charge")
        stripe.decide_dispute(stripe.dispute(charge["id"])["id"], "lost")
    shop.hear(copies=2)
    assert shop.enrollments == []
    assert seats_taken() == {"Spring": 0, "Autumn": 0}
    assert shop.books_balance
    words = words_of(mail.to(BUYER)[-1:])
    assert "Autumn" in words
    if end == "refund":
        assert "The $1,200.00 you paid for Spring is on its way back" in words
        assert "Your enrollment in Autumn, where you had moved, has ended" in words


def test_a_part_that_goes_back_after_the_move_names_the_cohort_where_the_place_is(ada, shop, stripe, mail):
    move(ada, place_of())
    refund(stripe, amount=20000)
    shop.hear()
    words = words_of(mail.to(BUYER, "enrollment/partly_refunded"))
    assert "You stay enrolled in Autumn." in words
    assert "Spring" not in words


def test_of_a_department_only_the_seat_of_who_moves_is_given_back(app, shop, stripe):
    with fresh_rows():
        order = Order(person=Person.at("chief@example.org"), cohort_id=shop.cohort_id, name="C", amount_cents=0)
        order.currency, order.seats, order.seats_held, order.paid_at, order.is_early = "usd", 2, 2, now(), True
        places = [
            Enrollment(order=order, person=Person.at(who), cohort_id=shop.cohort_id) for who in (BUYER, "b@x.org")
        ]
        db.session.add_all(places)
        db.session.execute(update(Cohort).where(Cohort.id == shop.cohort_id).values(seats_taken=2, early_taken=2))
        db.session.commit()
    assert move(signed_in(app, BUYER), place_of()).status_code == 303
    assert seats_taken() == {"Spring": 1, "Autumn": 1}
    with fresh_rows():
        assert db.session.get_one(Cohort, shop.cohort_id).early_taken == 1
    assert shop.books_balance


def test_two_moves_at_once_are_one(app, ada, shop):
    with fresh_rows():
        db.session.add(
            Cohort(name="Any day", time_zone="UTC", course_id=db.session.get_one(Cohort, shop.cohort_id).course_id)
        )
        db.session.commit()
        targets = db.session.scalars(select(Cohort.id).where(Cohort.id != shop.cohort_id)).all()
    place, clients = place_of(), [ada, *(signed_in(app, BUYER) for _ in range(3))]
    tokens = [
        look(client, place).text.partition('name="csrf_token" value="')[2].partition('"')[0] for client in clients
    ]
    db.session.rollback()

    def press(number: int) -> int:
        data = {"csrf_token": tokens[number], "cohort": str(targets[number % 2])}
        return clients[number].post(f"/learn/places/{place.id}/move", data=data).status_code

    assert sorted(at_once(4, press)) == [303, 409, 409, 409]
    assert sum(seats_taken().values()) == 1
    assert shop.books_balance


@pytest.mark.parametrize("change", [{"seats": 0}, {"seats": 3, "seats_awaited": 3}, {"sales_open": False}])
def test_nobody_moves_where_no_seat_is_free_for_them(ada, shop, change):
    change_cohort("Autumn", **change)
    assert "no later cohort has a free seat" in look(ada, place_of()).text
    assert move(ada, place_of()).status_code == 409
    assert seats_taken() == {"Spring": 1, "Autumn": 0}


def test_nobody_moves_back_or_out_of_a_cohort_that_is_over(ada, shop):
    assert move(ada, place_of(), shop.cohort_id).status_code == 409
    assert move(ada, place_of(), 99999).status_code == 409
    change_cohort("Spring", starts_on=now().date().replace(year=2020), ends_on=now().date().replace(year=2021))
    assert "Spring is over" in look(ada, place_of()).text
    assert move(ada, place_of()).status_code == 409
    assert seats_taken() == {"Spring": 1, "Autumn": 0}


def test_nobody_moves_a_place_of_another_or_one_on_hold(app, ada, shop, stripe):
    stripe.pay(shop.buy(email="grace@example.org", name="Grace"))
    shop.hear()
    grace = place_of("grace@example.org")
    assert look(ada, grace).status_code == 404
    token = look(ada, place_of()).text.partition('name="csrf_token" value="')[2].partition('"')[0]
    with fresh_rows():
        data = {"csrf_token": token, "cohort": str(later_cohort())}
        assert ada.post(f"/learn/places/{grace.id}/move", data=data).status_code == 404
    stripe.dispute(list(stripe.sandbox.store.all("charge"))[-1]["id"])
    shop.hear()
    assert look(ada, place_of()).status_code == 403
    assert seats_taken() == {"Spring": 2, "Autumn": 0}


def test_letters_that_follow_name_the_new_cohort(ada, shop):
    with fresh_rows():
        sequence = Sequence(name="enrolled", title="E", starts_on="enrolled", purpose="course")
        db.session.add(sequence)
        db.session.flush()
        run = SequenceRun(sequence=sequence, person=Person.at(BUYER), occasion=shop.order.occasion)
        run.values, run.next_at, run.due_at = {"cohort_name": "Spring"}, now(), now()
        db.session.add(run)
        db.session.commit()
    move(ada, place_of())
    with fresh_rows():
        assert db.session.scalars(select(SequenceRun)).one().values["cohort_name"] == "Autumn"


@pytest.mark.parametrize(("left", "taken"), [(1, {"Spring": 0, "Autumn": 1}), (0, {"Spring": 0, "Autumn": 0})])
def test_a_place_that_a_dispute_ended_comes_back_where_it_was_moved_to(ada, shop, stripe, left, taken):
    move(ada, place_of())
    [charge] = stripe.sandbox.store.all("charge")
    dispute = stripe.dispute(charge["id"])
    stripe.decide_dispute(dispute["id"], "lost")
    shop.hear()
    assert (seats_taken(), shop.enrollments) == ({"Spring": 0, "Autumn": 0}, [])
    change_cohort("Autumn", seats=left)
    stripe.decide_dispute(dispute["id"], "won")
    shop.hear(copies=2)
    assert (seats_taken(), len(shop.enrollments), shop.books_balance) == (taken, left, True)
