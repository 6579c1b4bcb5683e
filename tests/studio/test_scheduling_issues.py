"""Whom an issue goes to and when: audience, schedule, and the number that has to be typed."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from app.extensions import db
from app.newsletter.checking.outside_checks import OutsideCheck
from app.newsletter.issues.models import WrongMoment
from app.newsletter.models import Subscription
from app.newsletter.offer import Topic
from app.newsletter.sources import sources
from app.newsletter.tags import Tag
from app.outbox import sender_domain
from app.outside import Outcome
from app.people.models import Person
from tests.studio import factories
from tests.studio.desk import IssueDesk, kept, seen_in

NEW_YORK = {"time_zone": "America/New_York"}


@pytest.fixture
def desk(owner, issue):
    return IssueDesk(owner, issue)


@pytest.fixture
def readers(app, clock):
    """Ada, tagged and enrolled; Bob, who booked a consultation; Cy, who signed up elsewhere; Dee, who left."""
    ada, _, cy, _ = (
        factories.subscription(f"{name}@example.org", state=state)
        for name, state in (("ada", "active"), ("bob", "active"), ("cy", "active"), ("dee", "left"))
    )
    ada.tags = Tag.named(["conference"])
    ada.career_stage, cy.source = "resident", "/guide"
    db.session.add(Topic(key="career", label="Career", position=1))
    factories.order("ada@example.org")
    factories.booked("bob@example.org", factories.coach(), clock() + timedelta(days=3))
    factories.consultation("cy@example.org")
    db.session.commit()


def save_audience(desk, **chosen):
    """As somebody who has just opened the page."""
    return desk.post("/audience", seen=seen_in(desk.get("/audience")), **chosen)


SCRIPT = {"Accept": "application/json"}


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        ({}, "3 subscribers"),
        ({"include-tags": "conference"}, "1 subscriber"),
        ({"exclude-tags": "conference"}, "2 subscribers"),
        ({"include-stages": "resident"}, "1 subscriber"),
        ({"include-sources": "/guide"}, "1 subscriber"),
        ({"include-facts": "enrolled"}, "1 subscriber"),
        ({"exclude-facts": "enrolled"}, "2 subscribers"),
        ({"include-facts": "booked"}, "1 subscriber"),
        ({"include-topics": "career"}, "3 subscribers"),
        ({"include-facts": "booked", "include-tags": "conference"}, "0 subscribers"),
        ({"include-engaged_since": "2026-11-01"}, "0 subscribers"),
    ],
)
def test_an_audience_is_counted_saved_and_shown_in_words(desk, issue, readers, chosen, count):
    assert desk.post("/audience/count", SCRIPT, **chosen).get_json() == {"count": count}
    assert count in desk.post("/audience/count", exactly="1", **chosen).text
    assert not kept(issue).include, "counting keeps nothing"
    assert save_audience(desk, **chosen).status_code == 303
    number = count.split()[0]
    assert f"<b>{number} subscriber" in desk.get("/sending").text
    assert kept(issue).audience.count() == int(number)


def test_an_audience_is_kept_with_what_is_on_offer_no_more(desk, issue, readers):
    save_audience(desk, **{"include-tags": "conference", "exclude-engaged_since": "2026-11-01"})
    assert (kept(issue).include, issue.exclude) == ({"tags": ["conference"]}, {"engaged_since": "2026-11-01"})
    db.session.execute(db.delete(Tag))
    db.session.commit()
    page = desk.get("/audience").text
    assert 'value="conference"' in page
    assert "Tags: conference" in desk.get("/schedule").text


def test_an_audience_that_names_what_was_deleted_since_keeps_an_issue_from_going_until_it_is_chosen_anew(
    desk, issue, readers
):
    save_audience(desk, **{"exclude-tags": "conference", "exclude-sources": "/guide", "include-topics": "career"})
    assert "no tag" not in desk.get("/schedule").text
    db.session.execute(db.delete(Tag))
    db.session.execute(db.delete(Topic))
    db.session.execute(db.update(Subscription).values(source="/"))
    db.session.commit()
    page = desk.get("/schedule").text
    assert "There is no topic &#39;career&#39;. Choose the audience again." in page
    assert "There is no tag &#39;conference&#39;. Choose the audience again." in page
    assert "Nobody signed up on &#39;/guide&#39;. Choose the audience again." in page
    assert desk.post("/sending", count="0", shown="0").status_code == 409
    assert desk.post("/schedule", at="2026-12-24T09:00", **NEW_YORK).status_code == 409
    assert kept(issue).is_draft
    again = save_audience(desk, **{"exclude-tags": "conference"})
    assert (again.status_code, "There is no tag" in again.text) == (422, True)
    assert save_audience(desk).status_code == 303
    assert "Choose the audience again" not in desk.get("/schedule").text


@pytest.mark.parametrize(
    "chosen",
    [
        {"include-stages": "king"},
        {"include-engaged_since": "soon"},
        {"include-topics": "careers"},
        {"exclude-tags": "typo"},
        {"exclude-sources": "/gide"},
    ],
)
def test_a_choice_that_makes_no_sense_is_refused_in_words(desk, issue, readers, chosen):
    answer = save_audience(desk, **chosen)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert (kept(issue).include, kept(issue).exclude) == ({}, {})


def test_a_second_window_loses_nothing_that_was_chosen_and_sees_whom_the_first_one_saved(desk, issue, readers):
    first = second = seen_in(desk.get("/audience"))
    assert desk.post("/audience", seen=first, **{"include-stages": "resident"}).status_code == 303
    counted = desk.post("/audience/count", exactly="1", seen=second, **{"include-tags": "conference"})
    answer = desk.post("/audience", seen=seen_in(counted), **{"include-tags": "conference"})
    assert answer.status_code == 409
    assert "saved from another window meanwhile" in answer.text
    assert "Career stage: Resident" in answer.text
    assert re.search(r'<input checked[^>]*value="conference"', answer.text)
    assert kept(issue).include == {"stages": ["resident"]}
    again = desk.post("/audience", seen=seen_in(answer), **{"include-tags": "conference"})
    assert again.status_code == 303
    assert kept(issue).include == {"tags": ["conference"]}
    assert desk.post("/audience", **{"include-stages": "resident"}).status_code == 409, (
        "not without having seen the page"
    )


def test_pages_of_origin_are_found_by_steps_in_the_index(readers, queries):
    with queries() as sent:
        assert sources() == ["/guide", "/newsletter/"]
    assert len([statement for statement in sent if "SELECT" in statement]) == 1
    assert sources(most=1) == ["/guide"]


def test_a_time_means_the_owners_own_clocks_and_is_shown_on_them(desk, issue):
    assert desk.post("/schedule", at="2026-12-01T09:30", **NEW_YORK).status_code == 303
    assert kept(issue).scheduled_at == datetime(2026, 12, 1, 14, 30, tzinfo=UTC)
    assert "Dec 1, 2026, 9:30 AM EST" in desk.get("/schedule").text
    assert Person.with_email("owner@doctor.example.org").time_zone == "America/New_York"
    assert desk.post("/schedule/cancellation").status_code == 303
    assert kept(issue).is_draft


def test_a_skipped_hour_is_refused_with_the_next_time_there_is(desk, issue):
    answer = desk.post("/schedule", at="2027-03-14T02:30", **NEW_YORK)
    assert answer.status_code == 422
    assert "jump over 2:30 AM" in answer.text
    assert "The next time there is, is 3:00 AM" in answer.text
    assert 'value="2027-03-14T02:30"' in answer.text, "what was typed stays"
    assert kept(issue).is_draft


@pytest.mark.parametrize(("which", "hour"), [("first", 5), ("second", 6)])
def test_a_doubled_hour_asks_which_of_the_two_is_meant(desk, issue, which, hour):
    asked = desk.post("/schedule", at="2027-11-07T01:30", **NEW_YORK)
    assert asked.status_code == 422
    assert "once as EDT and once as EST" in asked.text
    assert 'name="which"' in asked.text
    assert desk.post("/schedule", at="2027-11-07T01:30", which=which, **NEW_YORK).status_code == 303
    assert kept(issue).scheduled_at == datetime(2027, 11, 7, hour, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-11-23T03:59", "That time has passed"),
        ("2030-01-01T09:00", "more than two years ahead"),
        ("9999-12-31T23:59", "nearer"),
        ("0001-01-01T00:00", "passed"),
        ("tomorrow", "Not a valid"),
        ("", "Say when"),
    ],
)
def test_a_time_that_cannot_be_is_refused(desk, issue, at, said):
    answer = desk.post("/schedule", at=at, **NEW_YORK)
    assert answer.status_code == 422
    assert said in answer.text
    assert kept(issue).is_draft


def test_nothing_is_scheduled_or_sent_while_something_must_be_mended(desk, issue, readers):
    issue.body = "TK"
    db.session.commit()
    assert "Must be mended" in desk.get("/schedule").text
    assert desk.post("/schedule", at="2026-12-01T09:30", **NEW_YORK).status_code == 409
    assert desk.post("/sending", shown="3", count="3").status_code == 409
    assert kept(issue).is_draft


def test_it_is_sent_now_to_as_many_as_were_typed(desk, issue, readers, clock, mail_server, work, app, monkeypatch):
    monkeypatch.setitem(app.config, "POSTAL_ADDRESS", "1 Main Street, Springfield")
    OutsideCheck.keep({question: Outcome("good", "") for question in sender_domain.questions()})
    db.session.commit()
    page = desk.get("/sending").text
    assert "<b>3 subscribers</b>" in page
    assert "A thought" in page
    wrong = desk.post("/sending", shown="3", count="30")
    assert wrong.status_code == 422
    assert "It goes to 3" in wrong.text
    assert desk.post("/sending", shown="3", count="").status_code == 422
    unseen = desk.post("/sending", count="3")
    assert unseen.status_code == 422
    assert 'name="shown" type="hidden" value="3"' in unseen.text
    assert kept(issue).is_draft
    assert desk.post("/sending", shown="3", count=" 3 ").status_code == 303
    assert kept(issue).scheduled_at == clock.time
    work()
    assert kept(issue).state == "sent"
    assert [len(mail_server.to(f"{name}@example.org")) for name in ("ada", "bob", "cy", "dee")] == [1, 1, 1, 0]
    assert "3 of 3, 100.0%" in desk.get("/progress").text
    assert desk.post("/sending", shown="3", count="3").status_code == 409, "once"


def test_a_number_that_has_changed_meanwhile_is_asked_for_anew(desk, issue, readers):
    factories.subscription("eve@example.org")
    db.session.commit()
    answer = desk.post("/sending", shown="3", count="3")
    assert answer.status_code == 409
    assert "It was 3 when you opened this page, and is 4 now" in answer.text
    assert 'value="4"' in answer.text
    assert kept(issue).is_draft
    assert desk.post("/sending", shown="4", count="4").status_code == 303


def test_an_issue_for_nobody_is_not_sent(desk, issue):
    assert desk.post("/sending", shown="0", count="0").status_code == 409
    assert kept(issue).is_draft


def test_an_audience_stays_once_the_issue_is_scheduled(desk, issue, readers):
    desk.post("/schedule", at="2026-12-01T09:30", **NEW_YORK)
    assert save_audience(desk, **{"include-tags": "conference"}).status_code == 409
    assert (kept(issue).include, kept(issue).exclude) == ({}, {})
    with pytest.raises(WrongMoment):
        issue.wear("", "", issue.cover_mark)


def test_an_issue_that_goes_before_this_one_is_named_as_far_as_it_has_got(desk, issue, readers, clock):
    def said():
        return re.search(r"<dt>One letter a day</dt><dd>(.*?)</dd>", desk.get("/sending").text)

    before = factories.issue("Before")
    before.schedule(clock.time)
    db.session.commit()
    assert not said()
    before.freeze()
    db.session.commit()
    assert said()[1] == (
        "<bdi>Before</bdi> has begun to go, and has reached nobody yet. Whoever gets both gets them a day apart."
    )
    before.sent = 3
    db.session.commit()
    assert said()[1] == "<bdi>Before</bdi> has begun to go. Whoever gets both gets them a day apart."
    clock.advance(hours=30)
    before.finished_at = clock.time
    db.session.commit()
    assert said()[1] == "Whoever got <bdi>Before</bdi> within the last day gets this a day after it."
    before.sent, before.failed = 0, 3
    db.session.commit()
    assert not said(), "nobody got it"
    before.sent = 3
    db.session.commit()
    clock.advance(hours=24, seconds=1)
    assert not said()
