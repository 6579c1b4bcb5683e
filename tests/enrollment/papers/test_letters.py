"""A letter to the chair, with what the site knows filled in and nothing of what was typed kept."""

import json
from datetime import timedelta

import pytest

from app.clock import in_zone, now
from app.enrollment.papers.models import Paper
from app.extensions import db
from tests.enrollment.papers.conftest import buy, enroll, sign_in
from tests.enrollment.papers.test_own_papers import token

PATH = "/course/approval-letter"
TYPED = {
    "name": "Ada Lovelace",
    "chair": "Dr. Maria Chen",
    "department": "Internal Medicine",
    "why": "I run our huddles.\r\n\r\nThey could be better.",
}


@pytest.fixture
def typed(cohort) -> dict[str, str]:
    return TYPED | {"cohort": str(cohort.id)}


def papers() -> list[Paper]:
    db.session.rollback()
    return list(db.session.scalars(db.select(Paper)))


def test_the_letter_states_what_a_chair_asks(client, typed, cohort, read):
    cohort.early_price_cents, cohort.early_until = 100000, now().date() + timedelta(days=10)
    db.session.commit()
    answer = client.post(PATH, data=typed)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    text = " ".join(read(answer.data).split())
    [paper] = papers()
    for said in (
        "Dear Dr. Maria Chen,",
        "Internal Medicine",
        "I run our huddles. They could be better.",
        cohort.dates,
        "12 hours of live sessions and coaching",
        "The live sessions only: Tuesdays, 7:30 p.m.",
        "$1,200.00; $1,000.00 until",
        "Topics Leading Without Title",
        "Lead a change",
        "certificate of completion",
        "No CME credit is offered for this course.",
        "Sincerely, Ada Lovelace",
        paper.check_url,
    ):
        assert said in text


def test_the_same_as_text_to_paste(client, typed):
    page = client.post(PATH, data=typed | {"as": "text"})
    assert page.status_code == 200
    for said in ("Dear Dr. Maria Chen,", "They could be better.", "CME credit: No CME credit", "Sincerely,"):
        assert said in page.text
    assert page.headers["Cache-Control"] == "no-store"


def test_nothing_that_was_typed_is_kept(client, typed):
    client.post(PATH, data=typed)
    [paper] = papers()
    kept = json.dumps(paper.facts)
    assert not any(word in kept for word in ("Lovelace", "Chen", "Internal", "huddles"))


def test_the_same_offer_has_one_number_and_another_offer_another(client, typed, cohort):
    for name in ("Ada", "Grace"):
        client.post(PATH, data=typed | {"name": name})
    assert len(papers()) == 1
    cohort.course.price_cents = 130000
    db.session.commit()
    client.post(PATH, data=typed)
    assert len(papers()) == 2


def test_its_number_shows_the_offer_and_no_names(client, typed):
    client.post(PATH, data=typed)
    page = client.get(f"/papers/{papers()[0].number}").text
    for said in ("Letter asking for approval", "$1,200.00", "Spring", "We do not keep that"):
        assert said in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "A" * 121),
        ("name", "Ada\r\nBcc: x"),
        ("chair", ""),
        ("cohort", "999999"),
        ("cohort", "x"),
        ("why", "w" * 1501),
        ("why", "a\x01b"),
        ("why", "For the patient with MRN 12345678."),
    ],
)
def test_bad_input_is_explained_and_loses_nothing(client, typed, field, value):
    page = client.post(PATH, data=typed | {field: value})
    assert page.status_code == 422
    assert "error-summary" in page.text
    kept = {"name": "Ada Lovelace", "chair": "Dr. Maria Chen", "department": "Internal Medicine"}
    assert all(said in page.text for name, said in kept.items() if name != field)
    assert papers() == []


def test_a_robot_gets_nothing_drawn(client, typed):
    assert client.post(PATH, data=typed | {"website": "x"}).status_code == 303
    assert papers() == []


def test_no_network_keeps_the_site_drawing(client, limits, typed):
    wrong = typed | {"name": ""}
    assert {client.post(PATH, data=wrong).status_code for _ in range(20)} == {422}
    assert client.post(PATH, data=wrong).status_code == 429
    assert client.get(PATH).status_code == 200


def test_the_form_is_a_public_page_and_the_course_leads_to_it(client, cohort):
    assert PATH in client.get("/course/").text
    page = client.get(PATH)
    assert "Set-Cookie" not in page.headers
    assert "patient information" in page.text
    cohort.course.cohorts[0].sales_open = cohort.course.cohorts[1].sales_open = False
    db.session.commit()
    assert "No cohort is open just now" in client.get(PATH).text


def test_in_the_classroom_it_is_filled_in(client, place, cohort, read):
    place.person.take_name("Ada Lovelace")
    cohort.sales_open = False
    db.session.commit()
    page = sign_in(client).get("/learn/papers/letter").text
    assert 'value="Ada Lovelace"' in page
    data = TYPED | {"cohort": str(cohort.id), "csrf_token": token(page)}
    answer = client.post("/learn/papers/letter", data=data)
    assert "Spring" in read(answer.data)
    assert client.post("/learn/papers/letter", data=data | {"chair": ""}).status_code == 422


def test_whose_seat_is_paid_for_does_not_ask_for_the_fee_again(client, cohort, read):
    enroll(buy(cohort, seats=3, seats_held=3), "grace@example.org", "Grace Hopper")
    page = sign_in(client, "grace@example.org").get("/learn/papers/letter").text
    assert " checked" in page
    data = TYPED | {"cohort": str(cohort.id), "csrf_token": token(page)}
    as_pdf = client.post("/learn/papers/letter", data=data)
    as_text = client.post("/learn/papers/letter", data=data | {"as": "text"})
    for letter in (read(as_pdf.data), as_text.text):
        words = " ".join(letter.split())
        assert "My seat is paid for already: I ask for the time, and not for the fee." in words
        assert "support of the fee" not in words
        assert "$1,200.00" not in words


def test_an_early_price_that_is_over_is_not_promised(client, typed, cohort):
    cohort.early_price_cents, cohort.early_until = 100000, in_zone(now(), cohort.time_zone).date() - timedelta(days=1)
    db.session.commit()
    client.post(PATH, data=typed)
    assert papers()[0].facts["fee"] == "$1,200.00"


def test_tax_that_comes_on_top_is_said_of_the_fee(client, typed, cohort):
    cohort.course.tax = "exclusive"
    db.session.commit()
    client.post(PATH, data=typed)
    assert papers()[0].facts["fee"] == "$1,200.00, plus tax where it is due"


def test_search_engines_find_it(client, cohort):
    assert f"http://localhost:8000{PATH}" in client.get("/sitemap.xml").text


def test_a_course_at_ones_own_pace_takes_nobody_away(client, typed, cohort, read):
    cohort.starts_on = cohort.ends_on = None
    cohort.sessions = ""
    db.session.commit()
    text = " ".join(read(client.post(PATH, data=typed).data).split())
    assert "None at set hours" in text
