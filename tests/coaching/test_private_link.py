import re
from datetime import timedelta

import pytest
from sqlalchemy import MetaData

from app import tokens
from app.coaching.availability.kinds import ConsultationKind
from app.coaching.managing.tasks import sweep_consultations
from app.coaching.models import PURPOSE, Consultation
from app.coaching.offer import CoachingOffer
from app.extensions import db
from app.followups import SequenceRun
from app.people.models import Person
from tests.coaching import conftest
from tests.coaching.private_link import private_link

OWNER = "owner@doctor.example.org"
DETAILS = conftest.DETAILS | {"goals": "Something else", "time_zone": "Europe/London", "has_neutral_title": "y"}
SLOT = {"slot": "2026-12-04T13:00Z"}


def everything():
    """Each row of each table, to be compared."""
    db.session.rollback()
    tables = MetaData()
    tables.reflect(db.engine)
    return {table.name: sorted(map(repr, db.session.execute(table.select()).all())) for table in tables.sorted_tables}


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_any_page_changes_nothing(link, client, method):
    before = everything()
    for path in (
        *("/coaching/", "/coaching/request", "/coaching/requested", "/coaching/links", "/coaching/links/mailed"),
        *(link, link + "/cancellation", link + "/details", link + "/acceptance", "/coaching/consultations/made-up"),
        *(link + "/reschedule", link + "/times", link + "/calendar.ics"),
        *(link + "/reschedule?slot=2026-12-04T13:00Z", link + "/times?slot=2026-12-04T13:00Z&no_preference=y"),
    ):
        getattr(client, method)(path)
    assert everything() == before


def test_the_private_page_is_kept_by_nobody(link, client):
    answer = client.get(link)
    assert "no-store" in answer.headers["Cache-Control"]
    assert "noindex" in answer.text


def test_cancelling_tells_both_and_stops_the_follow_ups(link, client, mail, consultations):
    answer = client.post(link + "/cancellation", data={"reason": "Called in\r\nfor two nights"})
    assert (answer.status_code, answer.location) == (303, link)
    assert "Your request is cancelled" in client.get(link).text
    (consultation,) = consultations()
    assert (consultation.state, consultation.cancel_reason) == ("cancelled", "Called in\nfor two nights")
    (to_person,) = mail.to("ada@example.org", "coaching/consultation_cancelled")
    assert private_link(to_person)
    assert "http://localhost:8000/coaching/" in to_person.body
    (to_owner,) = mail.to(OWNER, "coaching/request_cancelled")
    assert "Called in\nfor two nights" in to_owner.body
    assert to_owner.headers["Reply-To"] == "ada@example.org"
    (run,) = db.session.query(SequenceRun).all()
    assert run.next_at is None
    assert run.stopped_at is not None


def test_a_consultation_changes_thirty_times_an_hour_whichever_of_its_links_is_used(app, link, client, limits, clock):
    def change(number, path):
        return client.post(path + "/details", data=DETAILS | {"goals": f"goal {number}"}).status_code

    clock.advance(minutes=1)
    later = f"/coaching/consultations/{db.session.query(Consultation).one().link_token}"
    assert later != link
    assert {change(number, (link, later)[number % 2]) for number in range(30)} == {303}
    assert change(30, link) == change(31, later) == 429


def test_a_link_is_good_in_one_spelling_only(link, client, mail):
    before = everything()
    last = link[-1]
    respelled = link[:-1] + next(character for character in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if character != last)
    for path in (link[:-5] + "%21" + link[-5:], link + "%21", link[:-5] + "%20" + link[-5:], link + "=", respelled):
        assert client.get(path).status_code == client.post(path + "/details", data=DETAILS).status_code == 404
    assert everything() == before


def test_using_the_link_counts_as_having_been_here_and_a_typed_address_does_not(link, client, frozen):
    def last_seen():
        db.session.rollback()
        return db.session.scalar(db.select(Person.last_seen_at).join(Consultation))

    assert last_seen() is None
    client.post(link + "/details", data=DETAILS)
    assert last_seen() == frozen.time


def test_cancelling_twice_is_harmless(link, client, mail, consultations, frozen):
    client.post(link + "/cancellation", data={"reason": "first"})
    when = consultations()[0].cancelled_at
    frozen.advance(hours=1)
    assert client.post(link + "/cancellation", data={"reason": "second"}).status_code == 303
    (consultation,) = consultations()
    assert (consultation.cancelled_at, consultation.cancel_reason) == (when, "first")
    assert len(mail.to("ada@example.org", "coaching/consultation_cancelled")) == 1


def test_cancelling_one_leaves_the_follow_ups_of_another(ask, link, client, mail, consultations):
    ask(goals="Another matter", slot="2026-12-07T13:00Z")
    client.post(link + "/cancellation")
    running = {run.occasion: run.next_at is not None for run in db.session.query(SequenceRun)}
    first, second = consultations()
    assert running == {first.occasion: False, second.occasion: True}


@pytest.mark.parametrize("reason", ["x" * 501, "a\x1bb", "MRN 123456"])
def test_a_bad_reason_is_explained_and_cancels_nothing(link, client, consultations, reason):
    assert client.post(link + "/cancellation", data={"reason": reason}).status_code == 422
    assert consultations()[0].state == "held"


def test_details_can_be_changed_and_the_owner_hears_of_it(link, client, mail, consultations, frozen):
    assert client.post(link + "/details", data=DETAILS).location == link
    (consultation,) = consultations()
    assert (consultation.goals, consultation.time_zone) == ("Something else", "Europe/London")
    assert consultation.has_neutral_title
    assert consultation.changed_at == frozen()
    (email,) = mail.to(OWNER, "coaching/request_changed")
    assert "Tuesday, December 1, 2026, 8:30 PM EST" in email.body
    assert "Wednesday, December 2, 2026, 1:30 AM GMT" in email.body
    assert "Your changes of" in client.get(link).text


def test_all_that_was_said_of_oneself_can_be_changed(link, client, mail, consultations):
    page = client.get(link).text
    assert 'value="Ada Lovelace"' in page
    assert re.search(r'<input checked[^>]*value="negotiation"', page)
    other = {"name": " Ada  King ", "career_stage": "late-career", "topics": ["academic-career"]}
    assert client.post(link + "/details", data=DETAILS | other).status_code == 303
    (consultation,) = consultations()
    assert consultation.name == "Ada King"
    assert (consultation.career_stage, consultation.topics) == ("late-career", ["academic-career"])
    assert "Name: Ada King" in mail.to(OWNER, "coaching/request_changed")[0].body


def test_what_the_offer_and_the_kind_have_no_more_is_not_lost_by_a_change(ask, client, mail, offer, consultations):
    kind = db.session.scalars(db.select(ConsultationKind).filter_by(slug="consultation")).one()
    kind.questions = [{"key": "first", "label": "Is it your first?", "required": False}]
    db.session.commit()
    ask(kind="consultation", answer_first="It is.")
    link = private_link(mail.to("ada@example.org")[0])
    kind, offer = db.session.get_one(ConsultationKind, kind.id), CoachingOffer.current()
    kind.questions = []
    offer.topics = [topic for topic in offer.topics if topic["key"] != "negotiation"]
    offer.career_stages = [stage for stage in offer.career_stages if stage["key"] != "mid-career"]
    db.session.commit()
    assert client.post(link + "/details", data=DETAILS).status_code == 303
    (consultation,) = consultations()
    assert consultation.answers == {"first": "It is."}
    assert (consultation.topics, consultation.career_stage) == (conftest.DETAILS["topics"], "mid-career")


def test_saving_the_same_details_changes_nothing_and_tells_nobody(link, client, mail):
    client.post(link + "/details", data=DETAILS)
    client.post(link + "/details", data=DETAILS)
    assert len(mail.to(OWNER, "coaching/request_changed")) == 1


def test_the_form_for_changes_holds_what_was_asked_for(link, client):
    page = client.get(link).text
    assert "Whether to say yes to the director role.</textarea>" in page
    assert re.search(r'selected value="America/Chicago"|value="America/Chicago" selected', page)


def test_the_answers_to_the_questions_of_its_kind_can_be_changed_and_are_asked_for_again(ask, client, mail, offer):
    kind = db.session.scalars(db.select(ConsultationKind).filter_by(slug="consultation")).one()
    kind.questions = [{"key": "first", "label": "Is it your first?", "required": True}]
    db.session.commit()
    ask(kind="consultation", answer_first="It is.")
    link = private_link(mail.to("ada@example.org")[0])
    assert "It is.</textarea>" in client.get(link).text
    refused = client.post(link + "/details", data=DETAILS)
    assert refused.status_code == 422
    assert "Something else</textarea>" in refused.text
    assert client.post(link + "/details", data=DETAILS | {"answer_first": "No."}).status_code == 303
    assert "No." in mail.to(OWNER, "coaching/request_changed")[0].body


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time_zone", "Mars/Olympus"),
        ("time_zone", ""),
        ("name", " "),
        ("career_stage", "wizard"),
        ("topics", []),
        ("topics", ["made-up"]),
        ("goals", "DOB 1/2/1960"),
        ("goals", "x" * 2001),
    ],
)
def test_bad_details_are_explained_and_change_nothing(link, client, mail, consultations, field, value):
    assert client.post(link + "/details", data=DETAILS | {field: value}).status_code == 422
    assert consultations()[0].changed_at is None
    assert mail.to(OWNER, "coaching/request_changed") == []


def test_what_is_cancelled_cannot_be_changed(link, client, consultations, mail):
    client.post(link + "/cancellation")
    answer = client.post(link + "/details", data=DETAILS)
    assert answer.status_code == 409
    assert "Your request is cancelled" in answer.text
    assert consultations()[0].changed_at is None
    assert mail.to(OWNER, "coaching/request_changed") == []


def test_a_link_works_after_years(link, client, frozen):
    frozen.advance(days=1000)
    assert client.get(link).status_code == 200


def test_each_link_opens_its_own_consultation_only(ask, link, client, mail, consultations):
    ask(email="grace@example.org", name="Grace Hopper", goals="Graces own goals", slot="2026-12-07T13:00Z")
    page = client.get(link).text
    assert "Ada Lovelace" in page
    assert "Grace" not in page
    client.post(private_link(mail.to("grace@example.org")[0]) + "/cancellation")
    assert [consultation.state for consultation in consultations()] == ["held", "cancelled"]


@pytest.mark.parametrize("forge", ["other purpose", "cut short", "changed", "nonsense", "NUL", "long"])
def test_a_link_that_is_not_ours_explains_itself_and_offers_another(link, client, consultations, forge):
    token = link.rpartition("/")[2]
    (consultation,) = consultations()
    forged = {
        "other purpose": tokens.sign("newsletter-confirm", [consultation.id, 0]),
        "cut short": token[:-3],
        "changed": ("A" if token[0] != "A" else "B") + token[1:],
        "nonsense": "nonsense",
        "NUL": "%00",
        "long": "x" * 3000,
    }[forge]
    for answer in (
        client.get(f"/coaching/consultations/{forged}"),
        client.post(f"/coaching/consultations/{forged}/cancellation"),
        client.post(f"/coaching/consultations/{forged}/details", data=DETAILS),
        client.get(f"/coaching/consultations/{forged}/reschedule"),
        client.post(f"/coaching/consultations/{forged}/reschedule", data=SLOT),
        client.get(f"/coaching/consultations/{forged}/times"),
        client.post(f"/coaching/consultations/{forged}/times", data=SLOT),
        client.post(f"/coaching/consultations/{forged}/acceptance", data=SLOT),
        client.get(f"/coaching/consultations/{forged}/calendar.ics"),
    ):
        assert answer.status_code in (404, 400)
        if forge != "NUL":
            assert "This link leads nowhere" in answer.text
            assert 'action="/coaching/links"' in answer.text
    assert consultations()[0].state == "held"


def test_the_link_of_an_erased_person_never_opens_the_request_of_the_next(ask, link, client, mail, frozen):
    db.session.delete(Person.with_email("ada@example.org"))
    db.session.commit()
    frozen.advance(minutes=1)
    ask(email="grace@example.org")
    assert client.get(link).status_code == 404


def test_a_token_is_signed_for_its_purpose_only(link, consultations):
    (consultation,) = consultations()
    assert tokens.read(PURPOSE, link.rpartition("/")[2])[0] == consultation.id


def test_a_length_that_is_changed_later_changes_nothing_that_is_booked(book, client, mail, consultations, frozen):
    book()
    (booked,) = consultations()
    booked.kind.duration_minutes = 90
    db.session.commit()
    path = private_link(mail.to("ada@example.org")[0])
    assert "45 minutes" in client.get(path).text
    frozen.time = booked.starts_at - timedelta(hours=24)
    sweep_consultations.call_local()
    (reminder,) = mail.to("ada@example.org", "coaching/reminder_of_day")
    assert "45 minutes" in reminder.body
    assert "45 minutes" in reminder.html
    frozen.time = booked.starts_at
    assert "takes 45 minutes" in client.get(path).text
