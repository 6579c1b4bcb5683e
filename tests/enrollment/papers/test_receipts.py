"""What a receipt states, and that it stays."""

import pytest

from app.classroom.lessons import Lesson
from app.clock import now
from app.enrollment.papers.drawing import draw
from app.enrollment.papers.models import Paper
from app.extensions import db
from tests.enrollment.papers.conftest import buy, enroll
from tests.races import at_once

HOSPITAL = {
    "name": "Grace Hopper",
    "email": "grace@hospital.example.org",
    "organization": "Ward Nine",
    "business": "St. Elsewhere Medical Center",
    "address": {
        "line1": "12 Main Street",
        "city": "Springfield",
        "state": "IL",
        "postal_code": "62701",
        "country": "US",
    },
    "tax_ids": [{"type": "us_ein", "value": "12-3456789"}],
}


def test_paying_issues_a_receipt_and_the_mail_says_where_it_is(shop, mail, read):
    shop.stripe.pay(shop.buy())
    shop.hear()
    [paper] = db.session.scalars(db.select(Paper))
    text = read(draw(paper))
    for said in (paper.number, "Ada Lovelace", "Leading in Medicine", "$1,200.00", shop.order.number, "12 hours"):
        assert said in text
    [letter] = mail.to("ada@example.org", "enrollment/enrolled")
    assert "http://localhost:8000/learn/papers/" in letter.body
    assert "http://localhost:8000/learn/papers/" in letter.html


def test_at_ones_own_pace_receipt_and_mail_count_the_hours_of_lessons(shop, course, mail, read):
    course.cohorts[0].starts_on = course.cohorts[0].ends_on = None
    about = {"title": "Stand", "summary": "-", "body": "-", "duration_minutes": 75}
    db.session.add_all(Lesson(module=course.modules[0], slug=f"l{at}", position=at, **about) for at in (1, 2))
    db.session.commit()
    shop.stripe.pay(shop.buy())
    shop.hear()
    hours = "Hours{} About 2.5 hours of lessons, as planned"
    assert hours.format("") in " ".join(read(draw(db.session.scalars(db.select(Paper)).one())).split())
    [letter] = mail.to("ada@example.org", "enrollment/enrolled")
    assert hours.format(":") in letter.body
    assert "Live time" not in letter.body + letter.html


def test_attendee_and_payer_stand_apart(cohort, read):
    order = buy(cohort, billing=HOSPITAL, stripe_invoice_id="in_123", invoice_number="07M0BJB0-0001")
    text = " ".join(read(draw(Paper.receipt(enroll(order)))).split())
    assert "Attendee Ada Lovelace" in text
    assert "Paid by St. Elsewhere Medical Center Grace Hopper" in text
    assert "12 Main Street, Springfield, IL 62701, US" in text
    assert "EIN 12-3456789" in text
    assert "Invoice 07M0BJB0-0001" in text
    assert "grace@hospital" not in text


def test_it_lists_what_an_allowance_asks_for(place, read, app, monkeypatch):
    monkeypatch.setitem(app.config, "POSTAL_ADDRESS", "PO Box 12, Boston, MA 02108")
    text = " ".join(read(draw(Paper.receipt(place))).split())
    for said in (
        f"Dates {place.cohort.dates}",
        "Live sessions Tuesdays, 7:30 p.m.",
        "Hours 12 hours of live sessions and coaching, as planned",
        "Syllabus Leading Without Title",
        "Provider The Developing Doctor, PO Box 12, Boston, MA 02108",
        "Method Visa ending in 4242",
        "Paid on November 23, 2026",
        "Tax $0.00",
        "About credit No CME credit is offered for this course.",
    ):
        assert said in text


def test_a_course_that_says_nothing_of_credit_has_none(place, read):
    place.cohort.course.credit_statement = ""
    assert "No CME credit is offered" in read(draw(Paper.receipt(place)))


def test_the_sample_address_is_no_address(place, read):
    assert "Sample postal address" not in read(draw(Paper.receipt(place)))


def test_discount_and_tax_lead_from_the_price_to_the_amount(cohort, read):
    order = buy(cohort, discount_cents=12000, promotion_code="SPRING10", tax_cents=8910, paid_cents=116910)
    text = read(draw(Paper.receipt(enroll(order))))
    rows = [" ".join(line.split()) for line in text.splitlines()]
    at = rows.index("Price $1,200.00")
    assert rows[at : at + 3] == ["Price $1,200.00", "Discount with code SPRING10 -$120.00", "Tax $89.10"]
    assert "Amount paid $1,169.10" in rows


def test_tax_that_is_in_the_price_is_not_added_to_it(cohort, read):
    order = buy(cohort, tax_cents=9877, paid_cents=120000)
    text = " ".join(read(draw(Paper.receipt(enroll(order)))).split())
    assert "Tax, included in the price $98.77" in text
    assert "Amount paid $1,200.00" in text


def test_a_free_place_has_a_receipt_of_nothing(cohort, read):
    order = buy(cohort, discount_cents=120000, promotion_code="GIFT", paid_cents=0, payment_method="")
    assert "Amount paid $0.00" in " ".join(read(draw(Paper.receipt(enroll(order)))).split())


def test_the_shares_of_a_departments_seats_add_up(cohort, read):
    sums = {"amount_cents": 300000, "discount_cents": 1000, "tax_cents": 101, "paid_cents": 299101}
    order = buy(cohort, name="Grace Hopper", seats=3, seats_held=3, billing=HOSPITAL, **sums)
    shares = [Paper.receipt(enroll(order, f"p{number}@example.org", f"Person {number}")) for number in range(3)]
    for key, cents in sums.items():
        stated = "price_cents" if key == "amount_cents" else key
        assert sum(paper.facts[stated] for paper in shares) == cents
    text = " ".join(read(draw(shares[0])).split())
    assert "Attendee Person 0" in text
    assert "Paid by St. Elsewhere Medical Center" in text
    assert "share of one seat in an order of 3 seats" in text


def test_the_department_has_one_receipt_for_all_it_paid(cohort, read):
    order = buy(cohort, seats=3, seats_held=3, amount_cents=360000, paid_cents=360000, billing=HOSPITAL)
    enroll(order, "p1@example.org", "Person 1")
    paper = Paper.receipt_of_all(order)
    text = " ".join(read(draw(paper)).split())
    assert "Price (3 seats) $3,600.00" in text
    assert "Amount paid $3,600.00" in text
    assert Paper.receipt_of_all(order) is paper
    assert Paper.of_order(order) == [paper]


def test_the_same_paper_is_the_same_bytes_whatever_becomes_of_the_course(place, clock):
    paper = Paper.receipt(place)
    first = draw(paper)
    clock.advance(days=400)
    place.cohort.course.title, place.cohort.name, place.person.name = "Another", "Moved", "Somebody Else"
    place.cohort.course.modules[0].title = "Rewritten"
    db.session.commit()
    again = Paper.receipt(place)
    assert again is paper
    assert draw(again) == first


def test_a_place_at_ones_own_pace_says_from_when_there_is_access(cohort, read):
    cohort.starts_on = cohort.ends_on = None
    text = " ".join(read(draw(Paper.receipt(enroll(buy(cohort))))).split())
    assert "Dates At your own pace, with access from November 23, 2026" in text


def test_a_new_receipt_for_a_place_that_has_ended_says_so(place, read, clock):
    place.end()
    place.order.refunded_cents, place.order.refunded_at = 120000, now()
    text = " ".join(read(draw(Paper.receipt(place))).split())
    assert "This enrollment has ended It ended on November 23, 2026. $1,200.00 was paid back." in text


def test_a_certificate_is_issued_once_and_claims_no_attendance(client, place, read):
    day = place.cohort.ends_on
    paper = Paper.certify(place, day)
    db.session.commit()
    text = " ".join(read(draw(paper)).split())
    hours = "12 hours of live sessions and coaching, as planned; attendance is not recorded"
    for said in ("Certificate of completion", "Ada Lovelace", "Leading in Medicine", hours, paper.number):
        assert said in text
    assert hours in client.get(f"/papers/{paper.number}").text
    assert "No CME credit is offered" in text
    assert paper.check_url == f"http://localhost:8000/papers/{paper.number}"
    assert paper.check_url in text
    assert Paper.certify(place, day.replace(year=day.year + 1)) is paper


def test_issued_at_once_it_is_one_paper(app, place):
    db.session.commit()

    def issue(_: int) -> str:
        with app.app_context():
            number = Paper.receipt(db.session.get(type(place), place.id)).number
            db.session.commit()
            return number

    assert len(set(at_once(6, issue))) == 1


@pytest.mark.parametrize("what", ["/Title", "/Lang (en-US)", "/DisplayDocTitle true", "FontFile2"])
def test_a_document_has_a_title_a_language_and_its_own_typefaces(place, what):
    assert what.encode() in draw(Paper.receipt(place))
