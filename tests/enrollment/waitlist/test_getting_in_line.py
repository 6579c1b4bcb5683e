"""Getting in line for a seat, by a mailed link, and leaving it again."""

import pytest
from sqlalchemy import select

from app.enrollment.cohorts import Cohort
from app.enrollment.waitlist.models import WaitlistEntry
from app.enrollment.waitlist.tasks import forget_old_entries
from app.extensions import db
from app.people.models import Consent
from tests.enrollment.waitlist.conftest import ADA
from tests.races import at_once, fresh_rows


def test_who_uses_the_mailed_link_is_in_line(line):
    link = line.join()
    assert line.entry().state == "waiting"
    assert line.counts == (3, 1)
    assert "You are next." in line.page(link)
    with fresh_rows():
        assert [row.action for row in db.session.scalars(select(Consent).order_by(Consent.id))] == [
            "requested",
            "given",
        ]
    assert line.shop.books_balance


def test_who_only_typed_an_address_is_not(line):
    line.ask()
    link = line.link()
    line.page(link)
    line.page(link)
    assert (line.entry().state, line.counts) == ("unproven", (3, 0))


def test_the_answer_is_the_same_for_every_address_and_one_mail_goes_in_ten_minutes(line, mail, later):
    line.join()
    answers = [line.ask(), line.ask("grace@example.org"), line.ask(name="Mallory")]
    assert len({(answer.status_code, answer.location, answer.text) for answer in answers}) == 1
    assert len(mail.to(ADA)) == 1
    assert line.entry().name == "Ada Lovelace"
    later(minutes=11)
    line.ask()
    assert "in line already" in mail.to(ADA)[-1].body
    assert line.counts == (3, 1)


def test_a_link_pressed_many_times_at_once_counts_once(app, line):
    line.ask()
    link = line.link()
    db.session.rollback()
    assert at_once(4, lambda _: app.test_client().post(f"{link}/confirmation").status_code) == [303] * 4
    assert line.counts == (3, 1)
    db.session.rollback()
    assert at_once(4, lambda _: app.test_client().post(f"{link}/departure").status_code) == [303] * 4
    assert (line.counts, line.entry().state) == ((3, 0), "left")
    assert line.post(link, "confirmation").status_code == 303
    assert line.counts == (3, 0)


def test_asking_at_once_makes_one_place(app, line):
    data = {"cohort": line.shop.cohort_id, "name": "Ada", "email": ADA}
    db.session.rollback()
    assert at_once(4, lambda _: app.test_client().post("/course/waitlist", data=data).status_code) == [303] * 4
    assert (line.states(), len(line.mail.to(ADA))) == (["unproven"], 1)


def test_the_line_is_told_roughly(line):
    line.crowd(30)
    assert "20 people or more come before you." in line.page(line.join())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"email": "nobody"}, "e-mail"),
        ({"name": " "}, "Tell us your name."),
        ({"cohort": "x"}, "Choose one of the cohorts"),
        ({"cohort": "999"}, "Choose one of the cohorts"),
        ({"name": "A\nB"}, "name"),
    ],
)
def test_what_cannot_be_is_said_and_loses_nothing(line, changes, words):
    answer = line.ask(**changes)
    assert answer.status_code == 422
    assert words in answer.text
    assert ADA in answer.text or "email" in changes
    assert line.states() == []


def test_a_robot_is_thanked_and_forgotten(line, mail):
    assert line.ask(website="x").status_code == 303
    assert (line.states(), mail.to(ADA)) == ([], [])


def test_nobody_waits_where_seats_are_left(line, client):
    line.free(1)
    answer = line.ask()
    assert (answer.status_code, line.states()) == (422, [])
    assert "Choose a cohort" in answer.text
    assert client.get(f"/course/waitlist?cohort={line.shop.cohort_id}").status_code == 200


@pytest.mark.parametrize("typed", ["", "x", "-1", "99999999999", "1&cohort=2"])
def test_the_form_opens_whatever_its_address_says(line, client, typed):
    assert client.get(f"/course/waitlist?cohort={typed}").status_code == 200


def test_the_course_page_leads_to_the_list(line):
    spring, autumn = line.page("/course/").split('type="radio"')[1:]
    link = f'href="/course/waitlist?cohort={line.shop.cohort_id}"'
    assert (link in spring, "Wait for a seat" in autumn) == (True, False)  # Beside what is full, before the next.
    full = line.shop.start()
    assert full.status_code == 409
    assert f'href="/course/waitlist?cohort={line.shop.cohort_id}"' in full.text


def test_only_this_link_opens_it(line, app):
    grace = line.join("grace@example.org")
    ada = line.join()
    forged = [
        ada[:-1] + ("A" if ada[-1] != "A" else "B"),
        "/course/waitlist/made-up",
        ada.replace("waitlist/", "waitlist/x"),
    ]
    for link in forged:
        for what in ("confirmation", "departure", "refusal", "checkout"):
            assert line.post(link, what).status_code == 404
        assert app.test_client().get(link).status_code == 404
    line.post(grace, "departure")
    assert line.entry().state == "waiting"


def test_who_has_left_may_come_back_at_the_end(line, later):
    line.post(line.join(), "departure")
    line.join("grace@example.org")
    later(minutes=11)
    line.join()
    assert line.states() == ["left", "waiting", "waiting"]
    line.free()
    assert (line.entry("grace@example.org").state, line.entry().state) == ("offered", "waiting")


def test_what_has_no_bearing_any_more_is_dropped(line, later):
    line.post(line.join(), "departure")
    line.ask("grace@example.org")
    line.join("joan@example.org")
    later(days=31)
    forget_old_entries.call_local()
    with fresh_rows():
        assert [entry.person.email for entry in db.session.scalars(select(WaitlistEntry))] == ["joan@example.org"]
        assert db.session.get_one(Cohort, line.shop.cohort_id).seats_awaited == 1
