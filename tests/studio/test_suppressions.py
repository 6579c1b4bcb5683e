"""The list of suppressions: seeing it, adding to it, lifting from it."""

import pytest

from app.extensions import db
from app.newsletter.models import Subscription
from app.people.models import Person
from app.people.suppressions import BY_OWNER, COMPLAINT, ERASED, HARD_BOUNCE, REASONS, Suppression
from tests.studio import factories
from tests.studio.conftest import token_in

ADA = "ada@example.org"


def post(client, path, page, **fields):
    return client.post(path, data={"csrf_token": token_in(client.get(page)), **fields})


def entry(address=ADA):
    db.session.rollback()
    db.session.expire_all()
    return Suppression.of(address)


def test_the_list_says_address_reason_words_and_date_and_leads_to_the_person(owner):
    factories.subscription(ADA, "Ada Lovelace")
    at = factories.suppression(ADA, detail="550 5.1.1 no such user").at
    factories.suppression("grace@example.org", COMPLAINT, "abuse")
    db.session.commit()
    page = owner.get("/studio/suppressions").text
    for expected in (ADA, "Hard bounce", "550 5.1.1 no such user", f"{at:%H:%M}", "Ada Lovelace", "grace@example.org"):
        assert expected in page, expected
    found = owner.get("/studio/suppressions?state=complaint&q=grace").text
    assert "grace@example.org" in found
    assert ADA not in found


def test_an_erased_address_is_on_the_list_without_its_name(owner):
    erased = factories.suppression(ADA, ERASED, "")
    erased.address = None
    db.session.commit()
    assert "Erased, no." in owner.get("/studio/suppressions").text
    page = owner.get(f"/studio/suppressions/{erased.id}")
    assert "fingerprint" in page.text
    assert "Lift the suppression" not in page.text
    assert post(owner, f"/studio/suppressions/{erased.id}/lifting", "/studio/suppressions/new").status_code == 409
    assert entry()


@pytest.mark.parametrize("reason", REASONS)
def test_the_owner_is_warned_and_lifts(owner, reason, clock):
    whose = factories.subscription(ADA, state="suppressed").person_id
    number = factories.suppression(ADA, reason).id
    db.session.commit()
    path = f"/studio/suppressions/{number}"
    page = owner.get(path).text
    assert "Lift it?" in page
    assert "Nobody is subscribed by lifting" in page
    answer = post(owner, f"{path}/lifting", path)
    assert (answer.status_code, answer.location) == (303, "/studio/suppressions")
    assert entry() is None
    subscription = db.session.scalar(db.select(Subscription).filter_by(person_id=whose))
    assert (subscription.suppressed_at, subscription.lifted_at) == (None, clock.time)
    assert owner.get(path).status_code == 404
    assert post(owner, f"{path}/lifting", "/studio/suppressions/new").status_code == 404


def test_nothing_is_lifted_or_added_without_the_token(owner):
    number = factories.suppression(ADA).id
    db.session.commit()
    assert owner.post(f"/studio/suppressions/{number}/lifting").status_code == 400
    assert owner.post("/studio/suppressions", data={"email": "grace@example.org"}).status_code == 400
    assert entry()
    assert entry("grace@example.org") is None


def test_the_owner_adds_an_address(owner):
    person = factories.subscription(ADA).person
    db.session.commit()
    answer = post(
        owner, "/studio/suppressions", "/studio/suppressions/new", email=" ADA@Example.org ", note="Asked by phone"
    )
    assert (answer.status_code, answer.location) == (303, f"/studio/suppressions/{entry().id}")
    assert (entry().reason, entry().detail) == (BY_OWNER, "Asked by phone")
    assert Subscription.of(person).state == "suppressed"


def test_an_address_that_is_on_the_list_already_is_the_owners_now(owner):
    number = factories.suppression(ADA).id
    db.session.commit()
    answer = post(owner, "/studio/suppressions", "/studio/suppressions/new", email=ADA, note="")
    assert answer.location == f"/studio/suppressions/{number}"
    assert entry().reason == BY_OWNER


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"email": ""}, "Which address is it?"),
        ({"email": "nope"}, "does not look like"),
        ({"email": "a@example.org\r\nb@example.org"}, "does not belong"),
        ({"email": ADA, "note": "x" * 201}, "200 characters"),
        ({"email": ADA, "note": "a\u0007b"}, "one line"),
    ],
)
def test_bad_input_is_explained_and_nothing_typed_is_lost(owner, fields, words):
    answer = post(owner, "/studio/suppressions", "/studio/suppressions/new", **{"note": "kept", **fields})
    assert answer.status_code == 422
    assert words in answer.text
    assert fields.get("note", "kept")[:20] in answer.text
    assert db.session.query(Suppression).count() == 0


def test_the_page_of_a_person_says_whether_the_address_is_suppressed(owner):
    person = factories.person(ADA, "Ada")
    db.session.commit()
    assert "/studio/suppressions/new?email=ada@example.org" in owner.get(f"/studio/people/{person.id}").text
    assert f'value="{ADA}"' in owner.get(f"/studio/suppressions/new?email={ADA}").text
    number = factories.suppression(ADA, HARD_BOUNCE).id
    db.session.commit()
    page = owner.get(f"/studio/people/{person.id}").text
    assert f"/studio/suppressions/{number}" in page
    assert "hard bounce" in page


def test_what_a_mail_server_said_stays_text(owner):
    factories.person(ADA, "<script>alert(1)</script>")
    number = factories.suppression(ADA, detail="<script>alert(1)</script> \u202egnp.exe").id
    db.session.commit()
    for path in (
        "/studio/suppressions",
        f"/studio/suppressions/{number}",
        f"/studio/people/{Person.with_email(ADA).id}",
    ):
        assert "<script>alert" not in owner.get(path).text
