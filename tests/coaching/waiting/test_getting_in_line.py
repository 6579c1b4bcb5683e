"""Getting on the waiting list by a mailed link, changing what one waits for, leaving."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.coaching.fields import slot_value
from app.coaching.waiting.models import WaitingEntry
from app.extensions import db
from app.people import records
from app.people.models import Consent, Person
from tests.coaching.waiting.conftest import DAY, FIRST, WAITING, path_in

ADA, GRACE = "ada@example.org", "grace@example.org"
WISH = {"weekdays": ["2"], "day_parts": ["evening"], "time_zone": "Asia/Kathmandu"}


def newest_link(mail, email=ADA):
    return path_in(mail.to(email, "coaching/waiting_asked")[-1], "entries")


def ledger():
    return [(line.purpose, line.action) for line in db.session.scalars(select(Consent).order_by(Consent.id))]


def test_the_form_is_there_with_any_day_and_no_nights(client, shut):
    page = client.get("/coaching/waiting?kind=introduction")
    assert page.status_code == 200
    assert len(re.findall(r"<input[^>]*checked[^>]*name=\"weekdays\"", page.text)) == 7
    assert len(re.findall(r"<input[^>]*checked[^>]*name=\"day_parts\"", page.text)) == 3
    assert 'selected value="introduction"' in page.text


def test_nobody_is_in_line_before_the_link_was_used(join, opens, sweep, offers, client, mail, entries):
    answer = join()
    assert (answer.status_code, answer.location) == (303, "/coaching/waiting/asked")
    assert client.get(answer.location).status_code == 200
    opens()
    link = newest_link(mail)
    assert "One press, and you are in line." in client.get(link).text
    client.head(link)
    sweep()
    assert offers() == []
    assert client.post(f"{link}/confirmation").location == link
    assert "You are in line" in client.get(link).text
    sweep()
    assert offers() == [(ADA, FIRST)]
    assert ledger() == [("waiting list", "requested"), ("waiting list", "given")]
    assert Person.with_email(ADA).name == "Ada Lovelace"


def test_free_times_that_suit_are_told_and_nothing_typed_is_lost(join, opens, client, entries, mail):
    opens()
    answer = join()
    assert answer.status_code == 200
    assert "free times that suit you already" in answer.text
    link = f"/coaching/book?kind=consultation&amp;time_zone=America/New_York&amp;slot={slot_value(FIRST)}"
    assert link.replace(":", "%3A") in answer.text or link in answer.text
    assert 'value="Ada Lovelace"' in answer.text
    assert (entries(), mail.all) == ([], [])
    assert join(day_parts=["night"]).status_code == 303
    assert join(email=GRACE, anyway="y").status_code == 303
    assert len(entries()) == 2


def test_known_and_unknown_addresses_get_the_same_answer(wait, join, client):
    wait(ADA)
    known, unknown = join(ADA), join(GRACE)
    assert (known.status_code, known.location, known.data) == (unknown.status_code, unknown.location, unknown.data)


def test_an_address_is_written_to_once_in_ten_minutes_and_the_link_leads_to_what_was_typed_last(
    join, client, mail, clock
):
    join(weekdays=["0"])
    join(weekdays=["1"])
    join("ada+tag@example.org")
    [told] = mail.to(ADA, "coaching/waiting_asked")
    assert "Tuesday" in client.get(path_in(told, "entries")).text
    assert len(mail.all) == 2  # A person's address counts for itself, the tag for the mailbox.
    clock.advance(minutes=10)
    join()
    assert len(mail.to(ADA)) == 2


def test_an_address_is_written_to_a_few_times_a_day_whatever_is_waited_for_in_its_name(join, mail, clock):
    for number in range(30):
        join(kind=("consultation", "introduction")[number % 2])
        clock.advance(minutes=11)
    assert len(mail.to(ADA)) == 5
    clock.advance(days=1)
    join()
    assert len(mail.to(ADA)) == 6


def test_joining_again_changes_nothing_before_the_link_is_used_and_keeps_the_place(
    wait, join, client, mail, entries, clock, opens, sweep, offers
):
    first_link = wait(ADA)
    wait(GRACE)
    clock.advance(minutes=10)
    join(ADA, weekdays=["6"], name="Somebody Else")
    assert entries()[0].weekdays == [0, 1, 2, 3, 4]
    link = newest_link(mail)
    assert client.post(f"{link}/confirmation").status_code == 303
    [entry] = [entry for entry in entries() if entry.state == "waiting" and entry.person.email == ADA]
    assert entry.weekdays == [6]
    for path in (first_link, link):
        page = client.get(path).text
        assert "You are in line" in page
        assert "Sunday" in page
    client.post(f"{first_link}/wish", data=WISH | {"day_parts": ["day"], "time_zone": "America/New_York"} | {
        "also_at_night": "y"})  # fmt: skip
    opens()
    sweep()
    assert offers() == [(ADA, FIRST)]


def test_what_one_waits_for_can_be_changed(wait, client, entries):
    link = wait()
    assert client.post(f"{link}/wish", data=WISH).location == link
    [entry] = entries()
    assert (entry.weekdays, entry.day_parts, entry.time_zone, entry.also_at_night) == (
        [2], ["evening"], "Asia/Kathmandu", False,
    )  # fmt: skip
    refused = client.post(f"{link}/wish", data=WISH | {"weekdays": []})
    assert refused.status_code == 422
    assert "Choose at least one day." in refused.text
    assert entries()[0].weekdays == [2]


def test_leaving_gives_back_what_is_held(wait, opens, sweep, offers, client, entries, work):
    link = wait(ADA)
    wait(GRACE)
    opens()
    sweep()
    assert "A time is held for you" in client.get(link).text
    assert client.post(f"{link}/departure").status_code == 303
    assert "You are off the list" in client.get(link).text
    work()
    assert offers() == [(ADA, FIRST), (GRACE, FIRST)]
    assert ledger()[-1] == ("waiting list", "withdrawn")
    assert client.post(f"{link}/departure").status_code == 303
    assert client.post(f"{link}/wish", data=WISH).status_code == 409
    assert client.post(f"{link}/confirmation").status_code == 303
    assert [entry.state for entry in entries()] == ["ended", "waiting"]


def test_who_left_and_comes_back_is_last(wait, client, opens, sweep, offers, clock):
    client.post(f"{wait(ADA)}/departure")
    wait(GRACE)
    clock.advance(minutes=10)
    wait(ADA)
    opens()
    sweep()
    assert offers() == [(GRACE, FIRST)]


def test_a_wish_that_is_not_confirmed_can_be_thrown_away_but_not_changed(join, mail, client, entries):
    join()
    link = newest_link(mail)
    assert client.post(f"{link}/wish", data=WISH).status_code == 409
    client.post(f"{link}/departure")
    assert client.post(f"{link}/confirmation").status_code == 303
    assert entries()[0].state == "ended"
    assert ledger() == [("waiting list", "requested")]


BAD = [
    ("email", "nope", "@"),
    ("email", "", "Tell us where to write to."),
    ("name", "", "Tell us what to call you."),
    ("name", "Ada\r\nBcc: x@example.org", "on one line"),
    ("name", "A" * 121, "shorter form"),
    ("kind", "massage", "Choose one of those in the list."),
    ("kind", None, "Choose one of those in the list."),
    ("coach", "nobody", "Choose one of the coaches in the list."),
    ("weekdays", None, "Choose at least one day."),
    ("weekdays", ["7"], "One of these is not on offer."),
    ("weekdays", ["-1"], "One of these is not on offer."),
    ("day_parts", None, "Choose at least one time of day"),
    ("day_parts", ["noon"], "One of these is not on offer."),
    ("time_zone", "Mars/Olympus", "Choose one of the time zones"),
    ("time_zone", None, "Choose your time zone."),
    ("time_zone", ["UTC", "Asia/Tokyo"], "more than once"),
]


def test_bad_input_says_what_to_do_and_keeps_what_was_typed(join, entries, mail):
    for field, value, message in BAD:
        answer = join(**{field: value})
        assert answer.status_code == 422, (field, value)
        assert message in answer.text, (field, value)
        assert field == "name" or 'value="Ada Lovelace"' in answer.text, (field, value)
    assert (entries(), mail.all) == ([], [])


def test_a_day_that_came_twice_is_one(join, entries):
    join(weekdays=["3", "3", "1"])
    assert entries()[0].weekdays == [1, 3]


def test_a_robot_is_thanked(join, entries, mail):
    assert join(website="spam").location == "/coaching/waiting/asked"
    assert (entries(), mail.all) == ([], [])


def test_a_page_of_another_site_puts_nobody_on_the_list(client, shut, entries):
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/coaching/waiting", data=WAITING, headers=headers).status_code == 403
    assert entries() == []


def test_the_name_of_whoever_typed_an_address_is_in_no_mail_to_it(join, mail):
    join(name="Win a prize at evil")
    assert "evil" not in mail.all[0].body + mail.all[0].html + mail.all[0].subject


@pytest.mark.parametrize("spoil", [lambda token: token[:-1], lambda token: token + "x", lambda token: "nope"])
def test_a_spoilt_link_leads_nowhere(wait, client, spoil):
    start, _, token = wait().rpartition("/")
    path = f"{start}/{spoil(token)}"
    assert client.get(path).status_code == 404
    for action in ("confirmation", "wish", "departure"):
        assert client.post(f"{path}/{action}", data=WISH).status_code == 404


def test_a_link_of_one_purpose_opens_nothing_else(wait, opens, sweep, offer_link, client, book):
    entry = wait(ADA).rpartition("/")[2]
    wait(GRACE, weekdays=["6"])
    opens()
    sweep()
    offer = offer_link(ADA).rpartition("/")[2]
    opens(day=DAY + timedelta(days=1))
    consultation = book(slot=slot_value(FIRST + timedelta(days=1)), email="lin@example.org").location.rpartition("/")[2]
    pages = {"waiting/entries": entry, "waiting/offers": offer, "consultations": consultation}
    for place, own in pages.items():
        for token in pages.values():
            assert client.get(f"/coaching/{place}/{token}").status_code == (200 if token == own else 404)


def test_posts_to_a_link_are_limited(app, limits, client, shut, join, mail):
    join()
    link = newest_link(mail)
    statuses = [client.post(f"{link}/wish", data={}).status_code for _ in range(31)]
    assert statuses[-1] == 429
    assert set(statuses[:-1]) == {422}


def test_what_is_held_of_somebody_is_told_and_erased(wait, join, opens, sweep, offers, client, entries):
    wait(ADA)
    wait(GRACE)
    opens()
    sweep()
    told = records.export(Person.with_email(ADA))["waiting_list"]
    assert told[0]["kind"] == "Coaching consultation"
    assert told[0]["offers"][0]["starts_at"] == FIRST.isoformat()
    assert records.has_private(Person.with_email(ADA))
    records.erase(Person.with_email(ADA))
    db.session.commit()
    assert [entry.person.email for entry in entries()] == [GRACE]
    sweep()
    assert offers() == [(GRACE, FIRST)]


def test_the_schema_alone_keeps_one_place_for_a_person_and_a_kind(wait, entries):
    wait()
    [entry] = entries()
    columns = {name: getattr(entry, name) for name in ("person_id", "kind_id", "name", "weekdays", "day_parts")}
    db.session.add(WaitingEntry(**columns, time_zone="UTC", confirmed_at=entry.confirmed_at))
    with pytest.raises(Exception, match=r"(?i)unique"):
        db.session.flush()
    db.session.rollback()
