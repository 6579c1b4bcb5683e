"""One consultation, and all that its coach can say to it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from app.coaching.booking.requesting import hold
from app.coaching.booking.reserved import ReservedTime
from app.extensions import db
from app.publishing import ContentVersion
from tests.studio import factories

ADA = "ada@example.org"
# The clock says 2026-11-23 09:00 UTC, a Monday. The coach talks from nine to noon on weekdays, in New York.
WEEK = "2026-W49"
FIRST, SECOND = datetime(2026, 11, 30, 14, tzinfo=UTC), datetime(2026, 12, 1, 14, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def frozen(clock):
    return clock


@pytest.fixture
def robin(app):
    factories.offer()
    coach = factories.coach()
    factories.kind(questions=[{"key": "offer", "label": "What is the offer?", "required": False}])
    db.session.commit()
    return coach


@pytest.fixture
def held(robin):
    """Ada's, with two times held."""
    asked = factories.consultation(ADA, "Ada Lovelace", goals="To say no.", answers={"offer": "A chair", "old": "Kept"})
    hold(asked, [FIRST, SECOND])
    db.session.commit()
    return asked


@pytest.fixture
def booked(robin):
    asked = factories.booked(ADA, robin, FIRST, "Ada Lovelace")
    db.session.commit()
    return asked


def slot(at):
    return f"{at:%Y-%m-%dT%H:%MZ}"


def test_a_consultation_shows_all_that_was_told_on_everybodys_clocks(owner, held):
    page = owner.get(f"/studio/consultations/{held.id}").text
    for words in (
        "To say no.",
        "What is the offer?",
        "A chair",
        "Kept",
        "Burnout",
        "Coaching consultation, 45 minutes",
    ):
        assert words in page
    assert "Monday, November 30, 2026, 9:00 AM EST" in page  # The coach's and the owner's.
    assert "Monday, November 30, 2026, 3:00 PM UTC+01:00" in page or "3:00 PM CET" in page
    assert "Held for them until Nov 25, 2026, 4:00 AM EST" in page
    assert page.count("Confirm this one") == 2


def test_what_was_wished_is_told_once(owner, booked):
    booked.preferred_times[0].starts_at = FIRST
    db.session.commit()
    assert "Times they wished" not in owner.get(f"/studio/consultations/{booked.id}").text
    booked.preferred_times[0].starts_at = SECOND
    db.session.commit()
    assert "Times they wished" in owner.get(f"/studio/consultations/{booked.id}").text


def test_confirming_a_held_time_books_it(send, held, mail):
    assert send(f"/consultations/{held.id}/confirmation", starts_at=slot(SECOND)).status_code == 303
    assert (held.state, held.starts_at) == ("booked", SECOND)
    assert mail.to(ADA, "coaching/consultation_booked")


@pytest.mark.parametrize("starts_at", ["", "soon", slot(FIRST + timedelta(hours=1))])
def test_what_is_not_held_cannot_be_confirmed(send, held, mail, starts_at):
    answer = send(f"/consultations/{held.id}/confirmation", starts_at=starts_at)
    assert answer.status_code == 409
    assert "not held any more" in answer.text
    assert held.state == "held"
    assert not mail.to(ADA, "coaching/consultation_booked")


def test_a_time_whose_deadline_passed_cannot_be_confirmed(send, held, clock):
    clock.advance(hours=48)
    assert send(f"/consultations/{held.id}/confirmation", starts_at=slot(FIRST)).status_code == 409
    assert held.state == "requested"


def propose(send, consultation, coach, *times, **more):
    fields = dict(zip(("first", "second", "third"), times, strict=False))
    return send(f"/consultations/{consultation.id}/proposal", coach=str(coach.id), **fields, **more)


def test_other_times_are_proposed_on_the_coachs_clock(send, owner, held, robin, mail):
    assert propose(send, held, robin, "2026-12-03T07:00", "2026-12-04T18:30").status_code == 303
    assert [time.starts_at for time in held.proposed_times] == [
        datetime(2026, 12, 3, 12, tzinfo=UTC),
        datetime(2026, 12, 4, 23, 30, tzinfo=UTC),
    ]
    assert held.offered_times == []
    assert mail.to(ADA, "coaching/times_proposed")
    page = owner.get(f"/studio/consultations/{held.id}").text
    assert "Proposed" in page
    assert "Confirm this one" not in page


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ([""], "Say at least one time"),
        (["soon"], "Write day and time like"),
        (["2026-11-22T09:00"], "That time has passed"),
        (["2027-12-22T09:00"], "more than 365 days ahead"),
        (["2026-12-03T07:01"], "steps of five minutes"),
        (["2027-03-14T02:30"], "jump over 2:30 AM"),
        (["2026-12-03T07:00", "2027-11-07T01:30"], "twice, once as EDT and once as EST"),
    ],
)
def test_times_that_cannot_be_proposed_are_explained_and_kept(send, held, robin, mail, times, words):
    answer = propose(send, held, robin, *times)
    assert answer.status_code == 422
    assert words in answer.text
    assert f'value="{times[-1]}"' in answer.text
    assert held.offered_times
    assert not mail.to(ADA, "coaching/times_proposed")


def test_of_a_time_that_comes_twice_the_one_that_was_meant_is_taken(send, held, robin):
    assert 'name="which_first"' in propose(send, held, robin, "2027-11-07T01:30").text
    propose(send, held, robin, "2027-11-07T01:30", which_first="second")
    assert [time.starts_at for time in held.proposed_times] == [datetime(2027, 11, 7, 6, 30, tzinfo=UTC)]


def test_what_is_taken_cannot_be_proposed_and_what_was_typed_stays(send, held, robin, mail):
    factories.booked("grace@example.org", robin, datetime(2026, 12, 3, 12, 30, tzinfo=UTC))
    db.session.commit()
    answer = propose(send, held, robin, "2026-12-03T07:00")
    assert answer.status_code == 409
    assert "meets something that is booked or held" in answer.text
    assert 'value="2026-12-03T07:00"' in answer.text
    assert [time.starts_at for time in held.offered_times] == [FIRST, SECOND]
    assert not mail.to(ADA, "coaching/times_proposed")


def test_a_request_is_declined_and_a_booking_cancelled_with_a_reason(send, owner, held, mail):
    send(f"/consultations/{held.id}/cancellation", reason="I am away all winter.")
    assert (held.state, held.is_cancelled_by_coach) == ("cancelled", True)
    assert "I am away all winter." in mail.to(ADA, "coaching/consultation_declined")[0].body
    assert "Declined" in owner.get(f"/studio/consultations/{held.id}").text
    assert not db.session.scalars(select(ReservedTime)).all()


def test_a_booking_is_cancelled_with_a_reason(send, booked, mail):
    send(f"/consultations/{booked.id}/cancellation", reason="I am ill.")
    assert booked.state == "cancelled"
    assert "I am ill." in mail.to(ADA, "coaching/consultation_called_off")[0].body


def test_what_looks_like_a_patients_is_not_mailed(send, booked, mail):
    answer = send(f"/consultations/{booked.id}/cancellation", reason="Because of MRN 12345678.")
    assert answer.status_code == 422
    assert "Because of MRN 12345678." in answer.text
    assert booked.state == "booked"


def test_what_came_of_it_is_noted_and_can_be_taken_back(send, owner, booked, clock):
    path = f"/consultations/{booked.id}"
    assert send(f"{path}/no-show").status_code == 409
    assert send(f"{path}/completion").status_code == 409
    clock.advance(days=8)
    assert "They did not come" in owner.get(f"/studio{path}").text
    send(f"{path}/no-show")
    assert booked.state == "no-show"
    assert send(f"{path}/completion").status_code == 409
    send(f"{path}/reopening")
    assert booked.state == "booked"
    send(f"{path}/completion")
    assert booked.state == "completed"
    assert "Undo" in owner.get(f"/studio{path}").text


def test_what_waits_for_its_payment_is_not_the_coachs_to_answer(send, owner, held, clock):
    held.is_unpaid = True
    factories.payment(held)
    db.session.commit()
    page = owner.get(f"/studio/consultations/{held.id}").text
    assert "Their payment page is open" in page
    assert "$150" in page
    assert not re.search("Confirm this one|Decline|Propose|It took place", page)
    assert send(f"/consultations/{held.id}/confirmation", starts_at=slot(FIRST)).status_code == 409
    assert "Answer <bdi>Ada" not in owner.get("/studio/").text
    assert "Payment by Nov 25" in owner.get("/studio/consultations").text
    assert "Being paid for" in re.sub(
        "<p class=.key-of-week.*", "", owner.get(f"/studio/consultations/week?of={WEEK}").text
    )


def test_what_nobody_paid_for_is_no_open_request_and_is_called_not_paid(owner, held, clock):
    def open_requests():
        return re.search(r"Requests open</dt><dd><a[^>]*>([^<]*)", owner.get("/studio/").text)[1]

    assert open_requests() == "1"
    held.is_unpaid = True
    db.session.commit()
    assert open_requests() == "0"
    assert '<span class="tag waiting">Held' in owner.get(f"/studio/consultations/{held.id}").text
    for let_go in (lambda: clock.advance(hours=49), held.lapse):
        let_go()
        db.session.commit()
        assert (held.state, held.is_over) == ("not paid", held.cancelled_at is not None)
        for path in (f"/{held.id}", "", "?state=not+paid"):
            assert re.search(r'<span class="tag ">Not paid</span>', owner.get(f"/studio/consultations{path}").text)
        for other in ("cancelled", "requested", "held"):
            assert "Ada Lovelace" not in owner.get(f"/studio/consultations?state={other}").text
        assert re.search(r"<b>1</b> <span[^>]*>Not paid", owner.get("/studio/consultations").text)
        assert open_requests() == "0"


def test_what_was_paid_is_told_and_goes_back_with_a_cancellation(send, owner, booked, clock):
    factories.payment(booked, paid_at=clock(), booked_at=clock(), stripe_payment_intent_id="pi_1")
    db.session.commit()
    assert re.search(r"\$150 <span[^>]*>Paid", owner.get(f"/studio/consultations/{booked.id}").text)
    assert re.search(r"\$150 <span[^>]*>Paid", owner.get(f"/studio/people/{booked.person_id}").text)
    send(f"/consultations/{booked.id}/cancellation", reason="I am ill.")
    assert "all of it is on its way back" in owner.get(f"/studio/consultations/{booked.id}").text


def test_a_payment_that_was_not_what_was_asked_for_waits_for_the_owner(owner, booked, clock):
    payment = factories.payment(booked, paid_at=clock(), mismatched_at=clock())
    db.session.commit()
    assert f"Payment {payment.number} for a consultation was not what we asked for" in owner.get("/studio/").text


@pytest.mark.parametrize("action", ["proposal", "cancellation", "confirmation"])
def test_what_is_over_is_not_answered(send, robin, mail, action):
    gone = factories.consultation(ADA, cancelled=True)
    db.session.commit()
    fields = {"coach": str(robin.id), "first": "2026-12-03T07:00", "starts_at": slot(FIRST)}
    answer = send(f"/consultations/{gone.id}/{action}", **fields)
    assert answer.status_code == 409
    assert "has begun or is over" in answer.text
    assert mail.all == []


def test_private_notes_are_kept_and_stay_private(send, owner, booked, mail):
    before = db.session.scalar(select(ContentVersion.number))
    send(f"/consultations/{booked.id}/notes", private_notes="Wants to leave.\nAsk about <b>May</b>.")
    assert booked.private_notes == "Wants to leave.\nAsk about <b>May</b>."
    assert "Ask about &lt;b&gt;May&lt;/b&gt;." in owner.get(f"/studio/consultations/{booked.id}").text
    send(f"/consultations/{booked.id}/cancellation", reason="")
    assert "Wants to leave" not in "".join(f"{email.body}{email.html}" for email in mail.all)
    assert db.session.scalar(select(ContentVersion.number)) == before


def test_notes_that_are_too_long_are_given_back(send, booked):
    answer = send(f"/consultations/{booked.id}/notes", private_notes="n" * 20_001)
    assert answer.status_code == 422
    assert "n" * 20_001 in answer.text
    assert booked.private_notes == ""


def test_an_answer_to_nothing_is_nowhere(send):
    for action in ("confirmation", "proposal", "cancellation", "completion", "no-show", "reopening", "notes"):
        assert send(f"/consultations/99/{action}").status_code == 404
