from datetime import UTC, datetime, timedelta

from app.coaching.answering import confirm
from app.coaching.booking.requesting import HELD_FOR
from app.coaching.booking.taking import take
from app.coaching.models import Consultation
from app.coaching.wording import ARRANGING
from app.extensions import db
from app.followups import SequenceRun
from app.newsletter.models import Subscription
from app.people.models import Consent, Person
from tests.coaching.private_link import private_link

OWNER = "owner@doctor.example.org"
NO_TIMES = {"slot": None, "no_preference": "y"}


def at_ten(day: int) -> str:
    """Ten in the morning in New York."""
    return f"2026-12-{day:02}T15:00Z"


def test_a_request_writes_to_the_person_and_to_the_owner_and_holds_the_times(ask, mail, consultations, frozen):
    answer = ask()
    assert (answer.status_code, answer.location) == (303, "/coaching/requested")
    assert [email.template for email in mail.all] == ["coaching/consultation_requested", "coaching/new_request"]
    assert mail.recipients == ["ada@example.org", OWNER]
    (consultation,) = consultations()
    assert (consultation.person.email, consultation.name, consultation.state) == (
        "ada@example.org",
        "Ada Lovelace",
        "held",
    )
    assert consultation.topics == ["negotiation", "finding-a-mentor"]
    times = ["2026-12-02T01:30:00+00:00", "2026-12-03T13:00:00+00:00"]
    assert [time.starts_at.isoformat() for time in consultation.preferred_times] == times
    assert [time.starts_at.isoformat() for time in consultation.held_times] == times
    assert consultation.held_until == frozen() + HELD_FOR


def test_the_mails_say_until_when_the_times_are_held(ask, mail):
    ask()
    to_person, to_owner = mail.all
    for part in (to_person.body, to_person.html):
        assert "held for you until" in part
        assert "Wednesday, November 25, 2026, 3:00 AM CST" in part
    for part in (to_owner.body, to_owner.html):
        assert "Held until" in part
        assert "Wednesday, November 25, 2026, 4:00 AM EST: choose one by then" in part


def test_times_are_held_no_longer_than_until_the_first_of_them(ask, consultations):
    ask(slot=["2026-12-03T13:00Z", "2026-11-24T09:30Z"])
    (consultation,) = consultations()
    assert consultation.held_until.isoformat() == "2026-11-24T09:30:00+00:00"
    # The person's own order is kept, best first.
    assert consultation.preferred_times[0].starts_at.isoformat() == "2026-12-03T13:00:00+00:00"


def test_what_nobody_chose_in_time_is_free_for_others_and_the_request_stays(ask, consultations, frozen):
    ask()
    assert ask(email="grace@example.org").status_code == 409
    frozen.advance(hours=48)
    assert ask(email="grace@example.org").status_code == 303
    assert [consultation.state for consultation in consultations()] == ["requested", "held"]


def test_the_person_reads_the_times_on_their_own_clock_and_gets_a_private_link(ask, mail, client):
    ask()
    (email,) = mail.to("ada@example.org")
    for part in (email.body, email.html):
        assert "Tuesday, December 1, 2026, 7:30 PM CST" in part
        assert "Chicago (America/Chicago)" in part
        assert "Negotiating a role or contract, Finding a mentor" in part
        assert "your coach reads your request" in part
    assert "Hello Ada," in email.body
    assert email.headers["Auto-Submitted"] == "auto-generated"
    page = client.get(private_link(email))
    assert page.status_code == 200
    assert "Whether to say yes to the director role." in page.text


def test_the_owner_reads_everything_on_both_clocks_and_can_answer_the_person(ask, mail, consultations):
    ask(goals="First line\r\nSecond <b>line</b>")
    (email,) = mail.to(OWNER)
    assert email.subject == "Consultation request from Ada Lovelace"
    assert email.headers["Reply-To"] == "ada@example.org"
    for part in (email.body, email.html):
        assert "Tuesday, December 1, 2026, 8:30 PM EST" in part
        assert "Tuesday, December 1, 2026, 7:30 PM CST" in part
        assert "Mid-career" in part
        assert "Negotiating a role or contract" in part
        assert f"http://localhost:8000/studio/consultations/{consultations()[0].id}" in part
    assert "First line\nSecond <b>line</b>" in email.body
    assert "Second &lt;b&gt;line&lt;/b&gt;" in email.html
    assert "<b>line" not in email.html


def test_an_address_nobody_has_proven_gets_no_free_text_of_who_typed_it(ask, mail):
    ask(name="evil:pills Buy", goals="Buy pills")
    (email,) = mail.to("ada@example.org")
    for part in (email.subject, email.body, email.html):
        assert "evil" not in part
        assert "pills" not in part
    assert email.body.startswith("Hello,")


def test_no_preference_needs_no_times(ask, mail, consultations):
    assert ask(**NO_TIMES).status_code == 303
    (consultation,) = consultations()
    assert (consultation.no_preference, consultation.state) == (True, "requested")
    to_person, to_owner = mail.all
    assert "No preference" in to_owner.body
    assert "No time is held" in to_owner.body
    assert "held for you" not in to_person.body


def test_times_and_no_preference_are_both_kept(ask, mail):
    ask(no_preference="y")
    for email in mail.all:
        assert "December 1" in email.body
        assert "Other times will do too." in email.body


def test_what_was_agreed_to_is_kept_word_for_word(ask, client, app):
    ask()
    (line,) = db.session.query(Consent).all()
    assert (line.purpose, line.action, line.wording, line.page) == (
        "coaching",
        "requested",
        ARRANGING,
        "/coaching/request",
    )
    assert ARRANGING in client.get("/coaching/request").text


def test_follow_ups_begin_for_this_request(ask, consultations, mail):
    ask()
    (run,) = db.session.query(SequenceRun).all()
    assert run.occasion == f"consultation:{consultations()[0].id}"
    assert run.next_at is not None
    assert run.values["manage_url"] == f"http://localhost:8000{private_link(mail.to('ada@example.org')[0])}"


def test_a_stranger_who_types_an_address_changes_nothing_of_its_person(ask, app):
    person = Person.at("ada@example.org")
    person.take_name("Augusta Ada King")
    db.session.commit()
    ask(email=" ADA@Example.org", name="Somebody Else")
    db.session.expire_all()
    (person,) = db.session.query(Person).all()
    assert person.name == "Augusta Ada King"


def test_a_typed_name_becomes_the_persons_only_by_the_mailed_link(ask, mail, client):
    ask()
    person = Person.with_email("ada@example.org")
    assert person.name == ""
    client.get(private_link(mail.to("ada@example.org")[0]))
    db.session.refresh(person)
    assert person.name == ""
    client.post(private_link(mail.to("ada@example.org")[0]) + "/cancellation")
    db.session.refresh(person)
    assert person.name == "Ada Lovelace"


def test_the_newsletter_comes_only_to_who_ticked_it_and_by_its_own_confirmation(ask, mail):
    ask()
    assert db.session.query(Subscription).count() == 0
    ask(email="grace@example.org", newsletter="y", slot=at_ten(4))
    (subscription,) = db.session.query(Subscription).all()
    assert (subscription.person.email, subscription.state) == ("grace@example.org", "waiting")
    assert len(mail.to("grace@example.org", "newsletter/confirm_subscription")) == 1
    purposes = {line.purpose: line.action for line in db.session.query(Consent).filter_by(person=subscription.person)}
    assert purposes == {"newsletter": "requested", "coaching": "requested"}


def test_ticking_the_newsletter_often_writes_once(ask, mail):
    for day in (1, 2, 3):
        ask(newsletter="y", slot=at_ten(day))
    assert len(mail.to("ada@example.org", "newsletter/confirm_subscription")) == 1


def test_the_same_request_within_minutes_is_one_request(ask, mail, consultations, frozen):
    assert ask().location == ask().location
    frozen.advance(minutes=9)
    ask(name="Ada  Lovelace ", email="ADA@example.org", topics=["negotiation", "finding-a-mentor"])
    assert len(consultations()) == 1
    assert len(mail.all) == 2


def test_the_same_request_much_later_or_after_cancelling_is_another(ask, mail, consultations, client, frozen):
    ask(**NO_TIMES)
    client.post(private_link(mail.all[0]) + "/cancellation")
    ask(**NO_TIMES)
    assert len(consultations()) == 2
    frozen.advance(minutes=11)
    ask(**NO_TIMES)
    assert len(consultations()) == 3


def test_what_was_moved_a_moment_ago_and_is_booked_anew_is_another(book, client, consultations):
    page = book().location
    assert book().location == page
    client.post(f"{page}/reschedule", data={"slot": "2026-12-09T15:00Z"})
    assert book().location != page
    starts = [f"{consultation.starts_at:%Y-%m-%dT%H:%M}" for consultation in consultations()]
    assert starts == ["2026-12-09T15:00", "2026-12-02T01:30"]


def test_what_the_coach_has_settled_since_is_still_the_same_request(ask, consultations):
    at = datetime(2026, 12, 3, 13, tzinfo=UTC)
    ask()
    confirm(Consultation.for_update(consultations()[0].id), at)
    db.session.commit()
    ask()
    ask(**NO_TIMES)
    settled = Consultation.for_update(consultations()[1].id)
    settled.settle(take(settled.kind, at + timedelta(days=1)))
    db.session.commit()
    ask(**NO_TIMES)
    assert [consultation.state for consultation in consultations()] == ["booked", "booked"]


def test_a_fourth_open_request_is_answered_the_same_and_explained_by_mail(ask, mail, consultations):
    answers = [ask(slot=at_ten(day)) for day in range(1, 7)]
    assert len({(answer.status_code, answer.location, answer.text) for answer in answers}) == 1
    assert len(consultations()) == 3
    (email,) = mail.to("ada@example.org", "coaching/requests_full")
    assert email.body.count("/coaching/consultations/") == 3
    assert "cancel one and ask again" in email.body
    private_link(email)
    assert len(mail.to(OWNER)) == 3


def test_cancelling_one_or_waiting_a_month_makes_room_for_another(ask, mail, consultations, client, frozen):
    for day in (1, 2, 3):
        ask(slot=at_ten(day))
    client.post(private_link(mail.all[0]) + "/cancellation")
    ask(slot=at_ten(4))
    assert len(consultations()) == 4
    frozen.advance(days=31)
    ask(slot="2027-01-04T15:00Z")
    assert len(consultations()) == 5


def test_a_robot_is_thanked_and_forgotten(ask, mail, consultations):
    answer = ask(website="http://spam.example.org")
    assert (answer.status_code, answer.location) == (303, "/coaching/requested")
    assert consultations() == []
    assert mail.all == []
    assert db.session.query(Person).count() == 0


def test_a_stranger_who_asks_in_somebodys_name_shuts_nobody_out(ask, limits, mail):
    assert {ask(goals=f"number {number}", **NO_TIMES).status_code for number in range(20)} == {303}
    assert len(mail.to("ada@example.org")) == 4


def test_one_network_cannot_ask_for_a_crowd(ask, limits):
    answers = [ask(email=f"p{number}@example.org", name="").status_code for number in range(101)]
    assert answers == [422] * 100 + [429]


def test_when_the_transaction_fails_nothing_is_kept_and_nothing_sent(ask, mail, consultations, monkeypatch, app):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr(db.session, "commit", lambda: (_ for _ in ()).throw(RuntimeError("the disk is full")))
    assert ask().status_code == 500
    monkeypatch.undo()
    app.config["PROPAGATE_EXCEPTIONS"] = None
    assert mail.all == []
    assert consultations() == []
    assert db.session.query(Person).count() == 0
    assert db.session.query(SequenceRun).count() == 0
