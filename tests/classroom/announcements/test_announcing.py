"""The owner tells a cohort something: once to each, by mail and in the classroom."""

import re
from datetime import date

import pytest
from sqlalchemy import delete, select

from app.classroom.announcements.models import Announcement, AnnouncementCopy
from app.classroom.announcements.tasks import post_announcements
from app.clock import now
from app.enrollment.cohorts import Cohort
from app.enrollment.enrollments import Enrollment
from app.enrollment.orders import Order
from app.extensions import db
from app.outbox import Email
from app.people import records
from app.people.models import Person
from tests.classroom.conftest import enroll
from tests.races import at_once, fresh_rows
from tests.studio.conftest import signed_in, token_in

ADA, GRACE = "ada@example.org", "grace@example.org"


@pytest.fixture
def owner(app):
    return signed_in(app, "owner@doctor.example.org", owner=True)


@pytest.fixture
def told(ada, owner, cohort) -> int:
    """A draft to a cohort of four: Ada and Grace, one whose place is on hold and one who left."""
    for email in (GRACE, "held@example.org"):
        enroll(email, cohort)
    enroll("gone@example.org", cohort, ended_at=now())
    with fresh_rows():
        held = select(Order).join(Order.person).where(Person.email == "held@example.org")
        db.session.scalars(held).one().dispute_status = "needs_response"
        db.session.commit()
    with fresh_rows():
        path = f"/studio/cohorts/{cohort.id}/announcements"
        data = {
            "csrf_token": token_in(owner.get(path)),
            "subject": "Tuesday moves",
            "text": "We meet at **eight**, at https://meet.example.org/ward.",
        }
        answer = owner.post(path, data=data)
        assert answer.status_code == 303
        return int(answer.location.rpartition("/")[2])


def button(owner, told: int) -> dict[str, str]:
    """What the button to send it would send."""
    with fresh_rows():
        page = owner.get(f"/studio/announcements/{told}")
        return {"csrf_token": token_in(page), "seen": re.search(r'name="seen" value="([^"]+)"', page.text)[1]}


def send(owner, told: int, pressed: dict[str, str] | None = None):
    data = pressed or button(owner, told)
    with fresh_rows():
        return owner.post(f"/studio/announcements/{told}/sending", data=data)


def test_it_is_looked_at_and_then_sent_to_each_who_has_a_place(ada, owner, told, mail, work):
    page = owner.get(f"/studio/announcements/{told}").text
    assert "2 people get it" in page
    assert "<strong>eight</strong>" in page
    assert "Tuesday moves" not in ada.get("announcements").text
    assert send(owner, told).status_code == 303
    work()
    assert sorted(mail.recipients) == [ADA, GRACE]
    assert mail.all[0].subject == "Tuesday moves"
    assert "<strong>eight</strong>" in ada.get("announcements").text
    assert '<a href="https://meet.example.org/ward">' in ada.get("announcements").text
    assert 'href="https://meet.example.org/ward"' in db.session.scalars(select(Email.html)).first()


def write(owner, cohort, subject: str, text: str):
    path = f"/studio/cohorts/{cohort.id}/announcements"
    with fresh_rows():
        return owner.post(path, data={"csrf_token": token_in(owner.get(path)), "subject": subject, "text": text})


def test_merge_fields_are_filled_for_each_in_the_mail_the_classroom_and_the_preview(ada, owner, cohort, mail, work):
    enroll(GRACE, cohort)
    with fresh_rows():
        Person.at(GRACE).name = "Grace *Hopper"
        db.session.commit()
    text = "Dear **{first_name|Doctor}**, {cohort_name} meets in [the classroom]({classroom_url})."
    told = int(write(owner, cohort, "{first_name|Doctor}, a change", text).location.rpartition("/")[2])
    with fresh_rows():
        page = owner.get(f"/studio/announcements/{told}").text
    assert "<b>Jordan, a change</b>" in page and "Dear <strong>Jordan</strong>, Winter meets" in page
    send(owner, told)
    work()
    [to_grace], [to_ada] = mail.to(GRACE), mail.to(ADA)
    assert (to_grace.subject, to_ada.subject) == ("Grace, a change", "Doctor, a change")
    assert "Dear Doctor, Winter meets in the classroom (http://localhost:8000/learn/)." in to_ada.body
    assert "Dear <strong>Doctor</strong>, Winter" in ada.get("announcements").text


def test_a_merge_field_that_there_is_not_is_refused_and_what_was_typed_is_kept(owner, cohort):
    answer = write(owner, cohort, "Hello", "Dear {nickname}, see {resume_url}")
    assert answer.status_code == 422
    assert "There is no merge field {nickname}" in answer.text and "Dear {nickname}" in answer.text


def test_who_was_erased_is_not_counted(owner, told):
    with fresh_rows():
        records.erase(Person.at(GRACE))
        db.session.commit()
    assert "1 person gets it" in owner.get(f"/studio/announcements/{told}").text


def test_pressed_twice_and_worked_on_at_once_each_gets_it_once(app, owner, told, mail, work):
    pressed = button(owner, told)
    db.session.rollback()
    path = f"/studio/announcements/{told}/sending"
    at_once(3, lambda _: owner.post(path, data=pressed).status_code)

    def post(_: int) -> None:
        with app.app_context():
            post_announcements.call_local()

    at_once(3, post)
    work()
    assert sorted(mail.recipients) == [ADA, GRACE]


def test_a_worker_that_dies_leaves_the_rest_to_the_next(owner, told, mail):
    send(owner, told)
    with fresh_rows():
        AnnouncementCopy.post_some()
        db.session.rollback()
    assert mail.all == []
    with fresh_rows():
        db.session.scalars(select(AnnouncementCopy).limit(1)).one().posted_at = now()
        db.session.commit()
    post_announcements.call_local()
    assert len(mail.all) == 1


def test_what_was_changed_since_it_was_seen_is_not_sent_before_it_is_seen(owner, told, mail, work):
    seen = button(owner, told)
    with fresh_rows():
        changed = {"csrf_token": seen["csrf_token"], "subject": "Tuesday moves", "text": "We meet at **nine**."}
        owner.post(f"/studio/announcements/{told}", data=changed)
    refused = send(owner, told, seen)
    assert refused.status_code == 409
    assert "Nothing was sent" in refused.text and "<strong>nine</strong>" in refused.text
    work()
    assert mail.all == []
    assert send(owner, told).status_code == 303
    work()
    assert sorted(mail.recipients) == [ADA, GRACE]


def test_what_was_sent_cannot_be_changed(owner, told):
    token = token_in(owner.get(f"/studio/announcements/{told}"))
    send(owner, told)
    with fresh_rows():
        data = {"csrf_token": token, "subject": "Other", "text": "Other words"}
        answer = owner.post(f"/studio/announcements/{told}", data=data)
        assert answer.status_code == 409
        assert "Other words" in answer.text
        assert "<b>Other</b>" in answer.text
    with fresh_rows():
        assert db.session.get_one(Announcement, told).subject == "Tuesday moves"


def change(owner, told: int, path: str = "", **typed: str):
    with fresh_rows():
        data = {"csrf_token": token_in(owner.get(f"/studio/announcements/{told}"))} | typed
    with fresh_rows():
        return owner.post(f"/studio/announcements/{told}{path}", data=data)


def test_a_draft_can_be_thrown_away_and_what_was_sent_cannot(owner, told, cohort):
    assert "Delete this draft" in owner.get(f"/studio/announcements/{told}").text
    assert change(owner, told, "/deletion").location == f"/studio/cohorts/{cohort.id}/announcements"
    assert "Nothing was announced" in owner.get(f"/studio/cohorts/{cohort.id}/announcements").text
    told = int(write(owner, cohort, "Again", "Words").location.rpartition("/")[2])
    send(owner, told)
    assert change(owner, told, "/deletion").status_code == 409
    with fresh_rows():
        assert db.session.get(Announcement, told)


def seen_of(owner, told: int) -> str:
    with fresh_rows():
        page = owner.get(f"/studio/announcements/{told}").text
        return re.search(r'id="seen"[^>]*value="([^"]+)"', page)[1]


def test_what_another_window_wrote_meanwhile_is_not_written_over(owner, told):
    seen = seen_of(owner, told)
    typed = {"subject": "Tuesday moves", "seen": seen}
    assert change(owner, told, text="We meet at nine.", **typed).status_code == 303
    answer = change(owner, told, text="We meet at ten.", **typed)
    assert (answer.status_code, "Text: another window saved" in answer.text) == (409, True)
    assert "We meet at ten." in answer.text
    with fresh_rows():
        assert db.session.get_one(Announcement, told).text == "We meet at nine."
    long = "We meet at nine. " * 20 + "Or at a quarter past."
    again = seen_of(owner, told)
    change(owner, told, text=long, subject="Tuesday moves", seen=again)
    answer = change(owner, told, text="We meet at ten.", subject="Tuesday moves", seen=again)
    assert re.search(r"<pre[^>]*>[^<]*Or at a quarter past\.</pre>", answer.text.partition("Change it")[2])
    was = "We meet at **eight**, at https://meet.example.org/ward."
    assert change(owner, told, text=was, subject="Moved", seen=seen).status_code == 303
    assert "another window saved it meanwhile: “Text”." in owner.get(f"/studio/announcements/{told}").text
    with fresh_rows():
        kept = db.session.get_one(Announcement, told)
        assert (kept.subject, kept.text) == ("Moved", long)


@pytest.mark.parametrize("source", ["http://example.org/a.png", "/static/a.png", "https://example.org/a.png"])
def test_a_picture_that_the_classroom_would_leave_blank_is_refused(owner, told, cohort, source):
    answer = write(owner, cohort, "Look", f"Here it is:\n\n![A ward]({source})")
    assert (answer.status_code, "would not show in the classroom" in answer.text) == (422, True)
    assert f"![A ward]({source})" in answer.text
    assert change(owner, told, subject="Look", text=f"![A ward]({source})").status_code == 422
    at_home = f"![A ward](http://localhost:8000/static/a.png) and `![A ward]({source})`"
    assert write(owner, cohort, "Look", at_home).status_code == 303


def test_a_place_that_moved_twice_reads_on_what_it_was_sent(ada, owner, told, cohort):
    send(owner, told)
    with fresh_rows():
        course_id = db.session.get_one(Cohort, cohort.id).course_id
        autumn, spring = (Cohort(course_id=course_id, name=name, time_zone="UTC") for name in ("Autumn", "Spring"))
        db.session.add_all([autumn, spring])
        place = db.session.scalars(select(Enrollment).filter_by(person_id=ada.person.id)).one()
        place.moved_from, place.moved_at, place.cohort = autumn, now(), spring
        db.session.commit()
    assert "Tuesday moves" in ada.get("announcements").text
    with fresh_rows():
        db.session.execute(delete(AnnouncementCopy))
        db.session.commit()
    assert "Tuesday moves" not in ada.get("announcements").text


@pytest.mark.parametrize("has_copy", [True, False])
def test_who_moved_reads_on_what_their_first_cohort_was_told_until_then(ada, owner, told, cohort, clock, has_copy):
    send(owner, told)
    with fresh_rows():
        if not has_copy:  # As who enrolled after it was sent.
            db.session.execute(delete(AnnouncementCopy))
        spring = Cohort(name="Spring", starts_on=date(2027, 3, 1), ends_on=date(2027, 4, 1), time_zone="UTC")
        spring.course_id = db.session.get_one(Cohort, cohort.id).course_id
        db.session.add(spring)
        place = db.session.scalars(select(Enrollment).filter_by(person_id=ada.person.id)).one()
        place.moved_from, place.moved_at, place.cohort = place.cohort, now(), spring
        db.session.commit()
    clock.advance(minutes=1)
    later = int(write(owner, cohort, "After that", "Words").location.rpartition("/")[2])
    send(owner, later)
    page = ada.get("announcements").text
    assert "Tuesday moves" in page
    assert "\u00b7 Winter" in page
    assert "After that" not in page
