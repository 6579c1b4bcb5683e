"""The page with the free times, as somebody sees it who runs no script."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from app.coaching.availability.kinds import ConsultationKind
from app.coaching.availability.models import Coach, WeeklyHours
from app.coaching.booking.taking import take
from app.coaching.models import Consultation
from app.extensions import db
from app.outbox import Email
from app.people.models import Person
from tests.coaching.conftest import REQUEST
from tests.coaching.picker_page import text_of, times_on, words_on
from tests.coaching.private_link import private_link

PAGES = ["/coaching/book", "/coaching/request"]
NEW_YORK = "time_zone=America/New_York"


@pytest.fixture
def tuesdays(coach):
    """Six in the evening of every Tuesday, and an hour."""
    coach.weekly_hours = [WeeklyHours(weekday=1, start_minute=18 * 60, end_minute=19 * 60 + 15)]
    db.session.commit()
    return coach


def chosen_on(page):
    return {shown.value for shown in times_on(page) if shown.is_chosen}


@pytest.mark.parametrize("path", PAGES)
def test_every_label_says_the_whole_time_and_the_page_the_zone(client, tuesdays, path):
    page = client.get(f"{path}?{NEW_YORK}").text
    assert words_on(page) == ["Tuesday, November 24, 2026, 6:00 PM EST", "Tuesday, November 24, 2026, 6:30 PM EST"]
    assert "on the clocks of New York (America/New_York): EST." in text_of(page)
    assert '<option value="America/New_York" selected>' in page


def test_the_zone_a_link_names_is_chosen_and_none_is_where_a_script_may_guess(client, tuesdays):
    page = client.get("/coaching/book?time_zone=Asia/Kathmandu").text
    assert '<option value="Asia/Kathmandu" selected>' in page
    assert words_on(page)[0] == "Wednesday, November 25, 2026, 4:45 AM UTC+05:45"
    unsaid = client.get("/coaching/book").text
    assert "selected" not in unsaid[unsaid.index("data-guess-time-zone") : unsaid.index("</select>")]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    "query",
    [
        *("time_zone=Mars/Olympus", "week=never", "week=9999-12-31", "kind=seance", "coach=nobody", "part=tea"),
        *("slot=soon", "slot=0001-01-01T00:00Z", "slot=9999-12-31T23:55Z"),
        "to=0000&week=&time_zone=&kind=&coach=&slot=&part=",
    ],
)
def test_nonsense_in_a_link_shows_the_page_all_the_same(client, tuesdays, path, query):
    answer = client.get(f"{path}?{query}")
    assert answer.status_code == 200
    assert len(times_on(answer.text)) == 2


@pytest.mark.parametrize("path", PAGES)
def test_the_page_is_kept_by_nobody_and_the_same_for_everybody(client, tuesdays, path):
    first, second = client.get(path), client.get(path, headers={"Cookie": "session=x"})
    assert first.data == second.data
    assert first.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in first.headers
    assert client.get(path, headers={"Accept-Encoding": "br"}).headers["Content-Encoding"] == "br"


def test_a_week_without_a_time_names_the_next(client, tuesdays):
    page = client.get(f"/coaching/book?{NEW_YORK}&part=weekend").text
    assert times_on(page) == []
    assert "None of the free times is in the parts of a week you named" in text_of(page)
    kind = db.session.scalars(select(ConsultationKind).filter_by(slug="consultation")).one()
    take(kind, datetime(2026, 12, 1, 23, tzinfo=UTC))
    db.session.commit()
    page = client.get(f"/coaching/book?{NEW_YORK}&week=2026-11-29").text
    assert "None that week. The next is Tuesday, December 8, 2026, 6:00 PM" in text_of(page)


def test_a_page_without_any_time_leads_on(client, coach):
    coach.weekly_hours = []
    db.session.commit()
    page = client.get("/coaching/book").text
    assert "Nothing is free at the moment." in page
    assert 'href="/coaching/request"' in page
    assert "Tell me when something opens" in page
    assert client.get("/coaching/request").status_code == 200


def test_where_nothing_is_free_to_move_to_there_is_nothing_to_send(book, client, coach, mail):
    book()
    link = private_link(mail.to("ada@example.org")[0])
    assert "Move it to this time" in client.get(f"{link}/reschedule").text
    coach.is_active = False
    db.session.commit()
    page = client.get(f"{link}/reschedule").text
    assert "Nothing is free at the moment.</b> Your consultation stays when it was." in page
    assert "Move it to this time" not in page


@pytest.mark.parametrize("path", PAGES)
def test_another_week_keeps_all_that_was_typed_and_chosen_and_writes_nothing(client, tuesdays, limits, path):
    typed = REQUEST | {"slot": "2026-11-24T23:00Z", "to": "2026-12-01", "time_zone": "America/New_York"}
    page = client.post(f"{path}/times", data=typed).text
    assert [(shown.value, shown.is_chosen) for shown in times_on(page)] == [
        ("2026-11-24T23:00Z", True),
        ("2026-12-01T23:00Z", False),
        ("2026-12-01T23:30Z", False),
    ]
    assert "Whether to say yes to the director role." in page
    for typed_in in ('value="Ada Lovelace"', 'value="ada@example.org"', '<option selected value="mid-career">'):
        assert typed_in in page
    assert page.count("checked") >= 4  # The kind, two topics, the time.
    for model in (Person, Consultation, Email):
        assert db.session.scalar(select(func.count()).select_from(model)) == 0


def test_a_time_in_a_link_is_chosen_or_said_to_be_gone(client, tuesdays):
    [chosen] = [
        shown for shown in times_on(client.get("/coaching/book?slot=2026-12-08T23:00Z").text) if shown.is_chosen
    ]
    assert chosen.value == "2026-12-08T23:00Z"
    page = client.get(f"/coaching/book?slot=2026-12-09T23:00Z&{NEW_YORK}").text
    assert "Wednesday, December 9, 2026, 6:00 PM EST, which you chose before, is not among the free times" in text_of(
        page
    )


def test_who_was_slower_reads_so_kindly_with_what_is_free_nearest_and_everything_typed(book, client, tuesdays, mail):
    assert book(email="grace@example.org", slot="2026-11-24T23:00Z").status_code == 303
    answer = book(slot="2026-11-24T23:00Z", time_zone="America/New_York", week="2026-12-20")
    assert answer.status_code == 409
    text = text_of(answer.text)
    assert "Tuesday, November 24, 2026, 6:00 PM EST: somebody was a moment faster" in text
    assert "All you wrote is still here." in text
    assert "Whether to say yes to the director role." in answer.text
    assert 'tabindex="-1" autofocus' in answer.text
    assert len(mail.all) == 2


def test_one_of_three_that_is_gone_leaves_the_others_chosen_and_holds_none(ask, client, tuesdays, consultations):
    ask(email="grace@example.org", slot="2026-11-24T23:00Z")
    answer = ask(slot=["2026-12-01T23:00Z", "2026-11-24T23:00Z", "2026-12-08T23:00Z"])
    assert answer.status_code == 409
    assert {shown.value for shown in times_on(answer.text) if shown.is_chosen} == {
        "2026-12-01T23:00Z",
        "2026-12-08T23:00Z",
    }
    assert len(consultations()) == 1


def test_a_time_that_has_come_too_near_meanwhile_counts_as_gone(book, tuesdays, clock):
    clock.advance(hours=20)
    assert book(slot="2026-11-24T23:00Z").status_code == 409
    clock.advance(days=2)
    assert book(slot="2026-11-24T23:00Z").status_code == 422


def test_with_several_coaches_one_may_be_named(book, client, tuesdays, consultations):
    second = Coach(slug="second", name="Sam Second", time_zone="America/New_York", position=2)
    second.weekly_hours = [WeeklyHours(weekday=3, start_minute=18 * 60, end_minute=19 * 60)]
    db.session.add(second)
    db.session.commit()
    page = client.get(f"/coaching/book?coach=second&{NEW_YORK}").text
    assert words_on(page) == ["Thursday, November 26, 2026, 6:00 PM EST"]
    assert "Any coach" in page
    assert len(times_on(client.get(f"/coaching/book?{NEW_YORK}").text)) == 3
    assert book(coach="second", slot="2026-11-24T23:00Z").status_code == 422
    assert book(coach="second", slot="2026-11-26T23:00Z").status_code == 303
    assert [consultation.coach.name for consultation in consultations()] == ["Sam Second"]


def test_too_many_open_is_told_by_mail_only(book, coach, mail, consultations):
    answers = [book(slot=f"2026-12-0{day}T15:00Z") for day in range(1, 5)]
    assert answers[-1].location == "/coaching/requested"
    assert len(consultations()) == 3
    assert len(mail.to("ada@example.org", "coaching/requests_full")) == 1


@pytest.mark.parametrize(
    ("address", "from_work"),
    [("ada@mercyhospital.org", True), ("ada@med.school.edu", True), ("ada@nhs.net", True), ("ada@example.org", False)],
)
def test_an_address_from_work_is_taken_with_a_gentle_note(client, book, coach, address, from_work):
    page = client.post("/coaching/book/times", data=REQUEST | {"email": address}).text
    note = page[page.index('class="aside-note"') :]
    assert ("hidden>" in note[: note.index("This looks like")]) is not from_work
    assert book(email=address).status_code == 303
