"""Who may download a paper: whoever it is of, and nobody else by guessing."""

import re

import pytest

from app.clock import now
from app.enrollment.papers.models import Paper
from app.extensions import db
from tests.enrollment.papers.conftest import buy, enroll, sign_in
from tests.races import fresh_rows


@pytest.fixture
def paper(place) -> Paper:
    paper = Paper.receipt(place)
    db.session.commit()
    return paper


def token(page: str) -> str:
    return re.search(r'name="csrf_token" value="([^"]+)"', page)[1]


def test_ones_own_paper_is_a_file(client, paper):
    page = sign_in(client).get("/learn/papers/").text
    assert f"/learn/papers/{paper.number}.pdf" in page
    answer = client.get(f"/learn/papers/{paper.number}.pdf")
    assert answer.data.startswith(b"%PDF")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="receipt-{paper.number}.pdf"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.data == client.get(f"/learn/papers/{paper.number}.pdf").data


def test_receipts_for_the_same_cohort_are_told_apart(client, cohort, paper, place, queries):
    sign_in(client)
    with fresh_rows(), queries() as few:
        client.get("/learn/papers/")
    place.order.note_refund(120000, now())
    place.ended_at = now()
    again = Paper.receipt(enroll(buy(cohort)))
    db.session.commit()
    first, second = paper.facts["order"], again.facts["order"]
    with fresh_rows(), queries() as more:
        rows = client.get("/learn/papers/").text.split("<li>")[1:]
    rows = {number: row for number in (first, second) for row in rows if number in row}
    assert "$1,200.00 has been paid back" in rows[first]
    assert "The enrollment ended on" in rows[first]
    assert "paid back" not in rows[second]
    assert len(more) <= len(few)


def test_the_papers_of_others_are_not_there(client, cohort, paper):
    enroll(buy(cohort, "grace@example.org", name="Grace"))
    sign_in(client, "grace@example.org")
    assert client.get(f"/learn/papers/{paper.number}.pdf").status_code == 404
    assert paper.number not in client.get("/learn/papers/").text


def test_who_bought_seats_for_others_has_the_receipt_for_all_and_not_theirs(client, cohort):
    order = buy(cohort, "grace@example.org", name="Grace", seats=2, seats_held=2)
    whole, share = Paper.receipt_of_all(order), Paper.receipt(enroll(order, "ada@example.org", "Ada"))
    db.session.commit()
    sign_in(client, "grace@example.org")
    assert client.get(f"/learn/papers/{whole.number}.pdf").status_code == 200
    assert client.get(f"/learn/papers/{share.number}.pdf").status_code == 404
    ada = sign_in(client.application.test_client(), "ada@example.org")
    assert ada.get(f"/learn/papers/{whole.number}.pdf").status_code == 404
    assert ada.get(f"/learn/papers/{share.number}.pdf").status_code == 200


def test_strangers_are_asked_to_sign_in(client, paper, place):
    for path in ("/learn/papers/", f"/learn/papers/{paper.number}.pdf", "/learn/papers/letter"):
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (303, f"/sign-in?next={path}")
    assert client.post(f"/learn/papers/receipts/{place.id}").status_code in (303, 400)
    assert db.session.scalar(db.select(db.func.count(Paper.id))) == 1


def test_who_ended_keeps_the_papers_and_may_have_a_receipt_made(client, place):
    place.end()
    db.session.commit()
    page = sign_in(client).get("/learn/papers/").text
    assert "This enrollment has ended" in page
    answer = client.post(f"/learn/papers/receipts/{place.id}", data={"csrf_token": token(page)})
    assert answer.status_code == 303
    [paper] = db.session.scalars(db.select(Paper))
    assert paper.facts["ended_on"]
    assert paper.number in client.get("/learn/papers/").text


def test_nobody_makes_a_receipt_for_somebody_else_or_for_nothing(client, cohort, place):
    unpaid = enroll(buy(cohort, "grace@example.org", name="Grace", paid_at=None))
    page = sign_in(client, "grace@example.org").get("/learn/papers/letter").text
    for place_id in (place.id, unpaid.id, 999999):
        answer = client.post(f"/learn/papers/receipts/{place_id}", data={"csrf_token": token(page)})
        assert answer.status_code == 404
    assert db.session.scalar(db.select(db.func.count(Paper.id))) == 0


def test_a_list_of_papers_asks_few_questions(client, cohort, place, queries):
    sign_in(client)

    def asked() -> int:
        db.session.commit()
        with queries() as sent:
            assert client.get("/learn/papers/").status_code == 200
        return len(sent)

    Paper.receipt(place)
    one = asked()
    Paper.certify(place, cohort.ends_on)
    assert asked() == one
