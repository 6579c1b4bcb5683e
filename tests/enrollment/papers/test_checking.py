"""Whoever is shown a paper checks it."""

from datetime import date, timedelta

import pytest

from app.clock import now
from app.enrollment.papers.drawing import draw
from app.enrollment.papers.models import Paper
from app.enrollment.papers.numbers import SYMBOLS, as_written, new_number
from app.extensions import db
from tests.enrollment.conftest import a_cohort
from tests.enrollment.papers.conftest import buy, enroll
from tests.enrollment.papers.test_receipts import HOSPITAL

WRONG = "DD-00000-00000-00000"


@pytest.fixture
def paper(place) -> Paper:
    paper = Paper.receipt(place)
    db.session.commit()
    return paper


def test_numbers_have_more_than_sixty_bits_and_no_vowels():
    assert len(SYMBOLS) ** 15 > 2**60
    assert not set(SYMBOLS) & set("AEIOU")
    assert len({new_number() for _ in range(1000)}) == 1000


def test_a_number_is_read_however_it_is_typed():
    written = "DD-4K7QM-2XW9P-0R1TB"
    for typed in (
        "dd 4k7qm 2xw9p 0r1tb",
        "4K7QM2XW9P0R1TB",
        "DD.4K7QM/2XW9P_OR1TB",
        "dd-4k7qm-2xw9p-orltb ",
        "DD4K7QM2XW9PORITB",
    ):
        assert as_written(typed) == written
    for typed in ("", "DD", "DD-4K7QM", written + "7", "A" * 15, "ДД-4K7QM-2XW9P-0R1TB" * 20):
        assert as_written(typed) == ""


def test_the_page_says_what_the_paper_says_and_stays_out_of_caches_and_searches(client, paper):
    page = client.get(f"/papers/{paper.number}")
    assert page.status_code == 200
    for said in ("Receipt", "Ada Lovelace", "Leading in Medicine", "Spring", "12 hours", "$1,200.00", paper.number):
        assert said in page.text
    assert "Nothing has been paid back." in page.text
    assert "ada@example.org" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert 'name="robots" content="noindex"' in page.text


def test_the_payers_organization_is_shown_and_neither_its_people_nor_its_address(client, cohort):
    paper = Paper.receipt(enroll(buy(cohort, billing=HOSPITAL)))
    db.session.commit()
    page = client.get(f"/papers/{paper.number}").text
    assert "St. Elsewhere Medical Center" in page
    assert not any(kept in page for kept in ("Grace Hopper", "12 Main Street", "12-3456789"))
    assert "These lines are part of what it states." in page


def test_the_form_leads_to_the_paper(client, paper):
    assert 'name="number"' in client.get("/papers/").text
    answer = client.get("/papers/", query_string={"number": f" {paper.number.lower().replace('-', '')} "})
    assert (answer.status_code, answer.location) == (303, f"/papers/{paper.number}")


def test_a_wrong_number_costs_the_same_whatever_is_wrong_with_it(client, paper, queries):
    answers = {}
    for typed in (WRONG, "x", "%27 OR 1=1", paper.number[:-1], "9" * 5000):
        with queries() as sent:
            page = client.get(f"/papers/{typed}")
        assert page.status_code == 404
        answers[typed] = [statement for statement in sent if "paper" in statement]
        assert "We have no document with this number" in page.text
        assert page.headers["Cache-Control"] == "no-store"
    assert {len(sent) for sent in answers.values()} == {1}
    assert client.get("/papers/?number=x").status_code == 404
    assert 'value="&lt;b&gt;"' in client.get("/papers/?number=<b>").text


def test_guessing_is_stopped_and_checking_is_not(client, limits, paper):
    for _ in range(40):
        assert client.get(f"/papers/{paper.number}").status_code == 200
    assert {client.get(f"/papers/{new_number()}").status_code for _ in range(30)} == {404}
    assert client.get(f"/papers/{new_number()}").status_code == 429


def test_what_was_paid_back_is_told_with_its_day_there_and_on_the_receipt(clock, client, paper, place, read):
    order, path = place.order, f"/papers/{paper.number}"
    assert "Since this receipt was issued" not in read(draw(paper))
    clock.advance(days=1)
    order.note_refund(30000, now())
    db.session.commit()
    part = "$300.00 of $1,200.00 has been paid back as of November 24, 2026."
    assert part in client.get(path).text
    assert f"Since this receipt was issued {part}" in " ".join(read(draw(paper)).split())
    clock.advance(days=1)
    order.note_refund(120000, now())
    place.end()
    db.session.commit()
    page, receipt = client.get(path).text, " ".join(read(draw(paper)).split())
    for said in (
        "$1,200.00 of $1,200.00 has been paid back as of November 25, 2026.",
        "The enrollment ended on November 25, 2026.",
    ):
        assert said in page
        assert said in receipt


def test_a_payment_the_bank_took_back_and_a_place_that_moved_are_told(client, paper, place, read, clock):
    later = a_cohort("Winter", 500)
    place.cohort.course.cohorts.append(later)
    place.order.dispute_status = "lost"
    place.moved_at, place.cohort = now(), later
    db.session.commit()
    page = client.get(f"/papers/{paper.number}").text
    assert "bank has taken this payment back" in page
    moved = f"Moved on November 23, 2026, to Winter: {later.dates}."
    assert moved in page
    receipt = " ".join(read(draw(paper)).split())
    assert moved in receipt
    assert f"Dates {paper.facts['dates']}" in receipt
    assert Paper.certify(place, date(2028, 6, 1)).facts["dates"] == later.dates


def test_dates_that_the_owner_changed_are_told_there_and_on_the_receipt(client, paper, cohort, read):
    of_all = Paper.receipt_of_all(buy(cohort, "grace@example.org", seats=2, seats_held=2))
    stated, cohort.ends_on = cohort.dates, cohort.ends_on + timedelta(days=7)
    db.session.commit()
    for issued in (paper, of_all):
        receipt = " ".join(read(draw(issued)).split())
        assert f"Dates {stated}" in receipt
        assert f"Since this receipt was issued The dates are now: {cohort.dates}." in receipt
        assert f"The dates are now: {cohort.dates}." in client.get(f"/papers/{issued.number}").text
