"""What erasing a person leaves of their papers."""

from app.enrollment.papers.drawing import draw
from app.enrollment.papers.models import Paper
from app.extensions import db
from app.people import records
from app.people.models import Person
from tests.enrollment.papers.conftest import buy, enroll


def test_an_export_tells_the_papers(place):
    paper = Paper.receipt(place)
    [told] = records.export(place.person)["papers"]
    assert told["number"] == paper.number
    assert told["facts"]["attendee"] == "Ada Lovelace"


def test_what_was_paid_stays_in_the_books_and_a_certificate_loses_the_name(place, cohort, client):
    receipt, certificate = Paper.receipt(place), Paper.certify(place, cohort.ends_on)
    before = draw(receipt)
    kept = " ".join(records.kept(place.person))
    assert "the receipts for what you paid" in kept
    assert "without it" in kept
    records.erase(place.person)
    db.session.commit()
    assert draw(receipt) == before
    page = client.get(f"/papers/{certificate.number}").text
    assert "Name erased at the person" in page
    assert "Lovelace" not in page
    assert b"%PDF" in draw(certificate)


def test_who_attended_at_a_departments_cost_leaves_its_books_without_a_name(cohort):
    order = buy(cohort, "grace@hospital.example.org", name="Grace Hopper", seats=2, seats_held=2)
    place = enroll(order, "ada@example.org", "Ada Lovelace")
    paper = Paper.receipt(place)
    records.erase(Person.with_email("ada@example.org"))
    db.session.commit()
    assert paper.facts["attendee"] != "Ada Lovelace"
    assert paper.facts["payer"]["name"] == "Grace Hopper"
