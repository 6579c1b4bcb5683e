"""The page from which a department hands its seats out."""

import re
from datetime import timedelta

import pytest
from limits import RateLimitItemPerDay
from sqlalchemy import delete, select

from app.clock import now
from app.enrollment.department import views
from app.enrollment.department.models import Seat
from app.enrollment.department.pasted import Invited, addresses_in
from app.enrollment.papers.models import Paper
from app.extensions import db
from app.payments.reconciling.reconciling import CHECKS
from app.people.models import Person
from tests.enrollment.department.conftest import BUYER, cohort, path_in
from tests.races import fresh_rows

OWNER = "owner@doctor.example.org"


def test_seats_for_others_are_paid_and_nobody_is_enrolled_yet(shop, department, mail):
    assert [(seat.position, seat.enrollment_id) for seat in department.seats] == [(1, None), (2, None), (3, None)]
    assert shop.enrollments == []
    assert (shop.order.state, shop.seats_taken) == ("paid", 3)
    assert "3 seats are yours to hand out" in shop.come_back(shop.order.stripe_session_id).text
    assert [letter.subject for letter in mail.to(OWNER)] == ["Ada Lovelace bought 3 seats in Spring"]
    assert len(set(department.links)) == 3
    assert shop.books_balance


def test_hearing_of_the_payment_again_makes_no_more_seats(shop, stripe, department, mail):
    shop.hear(*[event["id"] for event in stripe.sandbox.store.all("event")], copies=3)
    assert len(department.seats) == 3
    assert len(mail.to(BUYER)) == 1


def test_who_has_a_place_may_buy_seats_for_others(shop, stripe, course, mail):
    stripe.pay(shop.buy())
    shop.hear()
    stripe.pay(shop.buy(seats="2"))
    shop.hear()
    assert [order.state for order in shop.orders] == ["paid", "paid"]
    assert [letter.template for letter in mail.to(BUYER)] == ["enrollment/enrolled", "enrollment/department_ready"]
    assert (len(shop.enrollments), shop.seats_taken, shop.books_balance) == (1, 3, True)


def test_each_link_can_be_copied_with_a_press(department):
    page = department.get().text
    assert [f'data-copied="Copy the link to seat {number}"' in page for number in (1, 2, 3, 4)] == [True] * 3 + [False]
    [script] = re.findall(r'src="(/static/[^"]*copy[^"]*js)"', page)
    assert "navigator.clipboard.writeText" in department.get(script).text


def test_pasted_addresses_each_get_a_link_of_their_own(department, mail):
    pasted = 'Grace Hopper <grace@example.org>;\n"Turing, Alan" <ALAN@example.org>, grace@example.org'
    assert department.invite(pasted).status_code == 303
    letters = [mail.to(email)[0] for email in ("grace@example.org", "alan@example.org")]
    assert {letter.template for letter in letters} == {"enrollment/seat_invitation"}
    assert "Hello Grace Hopper," in letters[0].body
    assert letters[1].body.startswith("Hello,\n")  # Which of the two he is called cannot be told.
    assert letters[0].subject == "A seat for you: Leading in Medicine"
    assert "$" not in letters[0].body
    links = [path_in(letter, "seats") for letter in letters]
    # The first seat is for whoever gets a link by hand.
    assert links == [department.links[2], department.links[1]]
    page = department.get().text
    assert page.count("not claimed yet</p>") == 2
    assert "grace@example.org" in page
    assert "Turing, Alan" in page


def test_a_pasted_name_in_any_script_is_kept():
    assert addresses_in("علی\u200cمحمد <ali@example.org>") == [("ali@example.org", "علی\u200cمحمد")]


@pytest.mark.parametrize(
    ("written", "kept"), [("Ward Nine, evil.example", ""), ("LEE, MPH", "LEE, MPH"), ("Lee,", "Lee,")]
)
def test_a_pasted_name_is_kept_as_it_is_if_mail_programs_make_no_link_of_it(written, kept):
    assert addresses_in(f'"{written}" <ann@example.org>') == [Invited("ann@example.org", kept)]


@pytest.mark.parametrize(
    ("pasted", "says", "status"),
    [
        ("", "at least one address", 422),
        (" ;, ", "at least one address", 422),
        ("grace@example.org, alan at example.org", "“alan” is not an e-mail address", 422),
        ("Grace <grace@example.org", "“Grace” is not an e-mail address", 422),
        ("grace@example.org\r\nBcc: x", "“Bcc:” is not an e-mail address", 422),
        (" ".join(f"p{number}@example.org" for number in range(4)), "3 seats are left", 409),
        (" ".join(f"p{number}@example.org" for number in range(51)), "up to 50", 422),
    ],
)
def test_a_list_that_cannot_be_meant_invites_nobody(department, mail, pasted, says, status):
    before = len(mail.all)
    answer = department.invite(pasted)
    assert answer.status_code == status
    assert says in answer.text
    assert pasted.strip().split("\r\n")[0].replace("<", "&lt;") in answer.text
    assert len(mail.all) == before
    assert not any(seat.invited_email for seat in department.seats)


def test_inviting_again_sends_the_same_link_after_a_while(department, mail, later):
    department.invite("grace@example.org")
    answer = department.invite("grace@example.org")
    assert answer.status_code == 409
    assert "a short while ago" in answer.text
    later(minutes=11)
    assert department.invite("grace@example.org").status_code == 303
    first, second = (path_in(letter, "seats") for letter in mail.to("grace@example.org"))
    assert first == second


def test_a_department_sends_so_many_invitations_a_day(department, limits, mail, monkeypatch):
    monkeypatch.setattr(views, "INVITATIONS_A_DAY", RateLimitItemPerDay(3))
    assert department.invite("p1@example.org p2@example.org").status_code == 303
    department.reassign(3)
    department.reassign(2)
    answer = department.invite("p3@example.org p4@example.org")
    assert answer.status_code == 429
    assert "Please send the rest in 24 hours" in answer.text
    assert 0 < int(answer.headers["Retry-After"]) <= 24 * 3600
    assert department.invite("p3@example.org").status_code == 303


def test_a_reassigned_seat_has_a_new_link_and_the_old_one_says_so(department, mail):
    department.invite("grace@example.org")
    old = path_in(mail.to("grace@example.org")[0], "seats")
    answer = department.reassign(3)
    assert answer.status_code == 303
    assert "Seat 3 has a new link" in department.get(answer.location).text
    assert old not in department.links
    assert "replaced by another" in department.get(old).text
    assert department.claim(old).status_code == 409
    assert department.claimed == []
    assert department.seats[2].invited_email == ""
    department.claim(department.links[2])
    assert department.claimed == [3]


def test_a_claimed_seat_is_not_reassigned(department):
    department.claim(department.links[0])
    assert department.reassign(1).status_code == 409
    assert department.reassign(4).status_code == 404
    assert department.claimed == [1]


def test_the_page_says_who_claimed_and_has_the_receipts(shop, department, mail):
    department.claim(department.links[0])
    page = department.get()
    assert page.headers["Cache-Control"] == "no-store"
    assert "1 of 3 is claimed" in page.text
    assert "grace@example.org" in page.text
    receipts = re.findall(rf"{re.escape(department.path)}/receipts/\S+\.pdf", page.text)
    assert len(receipts) == 2
    assert all(department.get(receipt).data.startswith(b"%PDF") for receipt in receipts)
    with fresh_rows():
        of_all = Paper.receipt_of_all(shop.order)
        assert (of_all.facts["attendee"], of_all.facts["seats"]) == ("", 3)


def test_receipts_of_others_are_not_there(shop, stripe, department):
    stripe.pay(shop.buy(email="eve@example.org", cohort=str(cohort("Autumn").id)))
    shop.hear()
    with fresh_rows():
        foreign = db.session.scalars(select(Paper.number).where(Paper.enrollment_id.is_not(None))).one()
    assert department.get(f"{department.path}/receipts/{foreign}.pdf").status_code == 404


def test_only_the_link_of_a_department_opens_its_page(department):
    token = department.path.rpartition("/")[2]
    claim_token = department.links[0].rpartition("/")[2]
    for other in ("made-up", token[:-1], f"{token}=", claim_token):
        answer = department.get(f"/course/department/{other}")
        assert answer.status_code == 404
        assert "E-mail me the link" in answer.text
        assert department.post(f"/course/department/{other}/invitations", addresses=BUYER).status_code == 404
        assert department.post(f"/course/department/{other}/seats/1/reassignment").status_code == 404
    assert department.get(f"/course/seats/{token}").status_code == 404


def test_lost_links_are_mailed_and_the_answer_tells_nothing(department, mail):
    answers = [department.post("/course/department", email=email) for email in (BUYER, "nobody@example.org")]
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, "/course/department/mailed")}
    [found] = mail.to(BUYER, "enrollment/department_links")
    assert path_in(found, "department") == department.path
    assert [letter.template for letter in mail.to("nobody@example.org")] == ["enrollment/no_department"]
    department.post("/course/department", email=BUYER)
    assert len(mail.to(BUYER, "enrollment/department_links")) == 1
    assert department.post("/course/department", email="ada").status_code == 422
    with fresh_rows():
        assert Person.with_email("nobody@example.org") is None


def test_the_books_say_when_seats_cannot_be_handed_out(department):
    def odd() -> list[str]:
        with fresh_rows():
            return [words for check in CHECKS for words in check(now() - timedelta(days=1))]

    department.claim(department.links[0])
    assert odd() == []
    with fresh_rows():
        db.session.execute(delete(Seat).where(Seat.position == 2))
        db.session.commit()
    [words] = odd()
    assert "its seats cannot be handed out" in words


def test_when_none_is_left_to_invite_to_the_page_says_why(department, mail):
    for link, email in zip(department.links[:2], ("grace@example.org", "alan@example.org"), strict=True):
        department.claim(link, email)
    assert department.invite("mary@example.org").status_code == 303
    page = department.get().text
    assert "Every seat that is not claimed has an invitation" in page
    assert page.count("a new link</button>") == 1
    assert "Every seat that is not claimed has an invitation" in department.invite("edsger@example.org").text
    department.claim(department.links[0], "mary@example.org")
    page = department.get().text
    assert "All 3 are claimed." in page
    assert not any(said in page for said in ("new link", "Invite by e-mail", "hand a link out", "is enrolled"))
    assert "Every seat is claimed, so there is none left" in department.invite("edsger@example.org").text
