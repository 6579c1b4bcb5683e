"""What the owner sees of what came of the newsletter, and the switch that shows an issue on the site."""

import re
from datetime import timedelta

import pytest

from app.clock import now
from app.extensions import db
from app.newsletter.growth import GrowthDay
from app.newsletter.issues.models import Issue
from app.newsletter.numbers import Numbers, Share
from app.newsletter.reading.clicks import CANARY, IssueLink
from app.studio.charts import HEIGHT, WIDTH, Chart
from tests.studio.conftest import token_in


def sent_issue(slug="one", ago=0, **columns):
    at = now() - timedelta(days=ago)
    counters = {"sent": 200, "failed": 50, "bounced": 10, "unsubscribed": 4, "complained": 1}
    columns = {"title": "A <b>letter</b>"} | counters | columns
    issue = Issue(slug=slug, scheduled_at=at, frozen_at=at, finished_at=at, recipients=200, is_public=True, **columns)
    db.session.add(issue)
    db.session.commit()
    return issue


def link(issue, position, url, people, scanners):
    db.session.add(IssueLink(issue_id=issue.id, position=position, url=url, by_people=people, by_scanners=scanners))
    db.session.commit()


def words_of(page):
    main = page.text.partition("<main")[2]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def test_an_issues_numbers_are_shown_with_what_they_are_shares_of(owner):
    issue = sent_issue()
    link(issue, CANARY, "http://localhost:8000/", 0, 3)
    link(issue, 1, "https://x.example/one?a=1&b=2", 19, 7)
    words = words_of(owner.get(f"/studio/issues/{issue.id}/numbers"))
    for part in (
        "Sent 200", "Failed 50 20% of what was tried", "Delivered 190 95% of what was sent",
        "Bounced 10 5% of what was sent",
        "Unsubscribed 4 2.1% of those delivered", "Complained 1 0.5% of those delivered",
        "https://x.example/one?a=1&amp;b=2 19 10% 7", "3 visits of scanners so far",
    ):  # fmt: skip
        assert part in words
    assert "http://localhost:8000/ " not in words


@pytest.mark.parametrize(
    ("part", "whole", "shown"), [(0, 0, "none yet"), (0, 5, "0%"), (1, 3, "33.3%"), (2, 2, "100%"), (1, 2000, "0.1%")]
)
def test_shares_are_said_so(part, whole, shown):
    assert str(Share(part, whole)) == shown


def test_more_bounces_than_letters_is_no_negative_number(app):
    numbers = Numbers(Issue(sent=1, bounced=2, unsubscribed=0, complained=0))
    assert numbers.delivered.number == 0
    assert numbers.unsubscribed.percent is None


def test_a_draft_has_no_numbers_yet(owner):
    issue = Issue(slug="draft", title="Draft")
    db.session.add(issue)
    db.session.commit()
    assert "The numbers come when it has gone out" in owner.get(f"/studio/issues/{issue.id}/numbers").text


def switch(owner, issue, public):
    page = owner.get("/studio/")
    data = {"csrf_token": token_in(page), "public": public}
    return owner.post(f"/studio/issues/{issue.id}/publication", data=data)


def test_an_issue_is_taken_off_the_site_and_put_back(owner, client):
    issue = sent_issue()
    assert client.get("/newsletter/archive/one").status_code == 200
    answer = switch(owner, issue, "no")
    assert (answer.status_code, answer.location) == (303, f"/studio/issues/{issue.id}/numbers")
    assert "Show it on the site" in owner.get(answer.location).text
    assert client.get("/newsletter/archive/one").status_code == 404
    switch(owner, issue, "yes")
    assert client.get("/newsletter/archive/one").status_code == 200


def test_a_draft_is_not_switched(owner):
    issue = Issue(slug="draft", title="Draft", is_public=True)
    db.session.add(issue)
    db.session.commit()
    answer = switch(owner, issue, "no")
    assert answer.location == f"/studio/issues/{issue.id}"
    assert db.session.scalar(db.select(Issue.is_public))
    assert "is a draft" in owner.get(answer.location).text


def test_the_switch_wants_the_forms_token(owner):
    issue = sent_issue()
    assert owner.post(f"/studio/issues/{issue.id}/publication", data={"public": "no"}).status_code == 400
    assert db.session.scalar(db.select(Issue.is_public))


def test_growth_is_shown_by_day_and_by_page(owner, clock):
    today = clock.time.date()
    for ago, source, joined, departed in ((0, "/hubs/x", 1200, 0), (89, "/<i>y", 3, 1), (90, "/old", 5, 5)):
        day = today - timedelta(days=ago)
        db.session.add(GrowthDay(day=day, source=source, joined=joined, departed=departed))
    db.session.commit()
    page = owner.get("/studio/newsletter")
    words = words_of(page)
    for part in (
        "Joined 1,203 in the last 90 days",
        "Left 1 ",
        "Net change +1,202",
        "/hubs/x 1,200 0",
        "/&lt;i&gt;y 3 1",
    ):
        assert part in words
    assert "/old" not in words
    assert "November 23, 2026 1,200 0" in words
    assert page.text.count("<rect") == 3
    assert "style=" not in page.text
    year = owner.get("/studio/newsletter?span=year")
    assert "Joined 1,208 in the last 12 months" in words_of(year)
    assert "/old 5 5" in words_of(year)


def test_the_latest_issues_stand_side_by_side(owner):
    sent_issue("one", ago=2, title="First")
    sent_issue("two", ago=1, title="Second", sent=1000, failed=0, bounced=0, unsubscribed=0, complained=0)
    page = owner.get("/studio/newsletter")
    words = words_of(page)
    assert words.index("Second November") < words.index("First November")
    assert "200 50 20% 190 95% 10 5% 4 2.1% 1 0.5%" in words
    assert "1,000 0 1,000 100% 0 0 0" in words
    assert page.text.count('role="img"') == 2
    assert ": 50 failed</title>" in page.text


def test_an_empty_site_says_what_will_be_there(owner):
    words = words_of(owner.get("/studio/newsletter"))
    assert "Nobody joined or left" in words
    assert "No issue has gone out yet" in words


def test_no_page_reads_the_ledger_or_asks_for_each_row(owner, queries):
    issue = sent_issue()
    paths = ("/studio/newsletter", f"/studio/issues/{issue.id}/numbers")

    def asked():
        counts = []
        for path in paths:
            db.session.expunge_all()
            with queries() as statements:
                assert owner.get(path).status_code == 200
            assert not [each for each in statements if re.search(r"FROM (delivery|subscription|person_)|count\(", each)]
            counts.append(len(statements))
        return counts

    before = asked()
    for number in range(40):
        sent_issue(f"n{number}")
        link(issue, number + 1, f"https://x.example/{number}", 1, 1)
        db.session.add(GrowthDay(day=now().date(), source=f"/{number}", joined=1, departed=0))
    db.session.commit()
    assert asked() == before


def test_bars_stay_within_the_drawing_and_in_proportion():
    chart = Chart.of("T", ["a", "b", "c"], {"Up": [10000, 5000, 0], "Down": [1, 0, 2]})
    assert [(bar.series, bar.words) for bar in chart.bars] == [
        (1, "a: 10,000 up"), (2, "a: 1 down"), (1, "b: 5,000 up"), (2, "c: 2 down"),
    ]  # fmt: skip
    assert [bar.height for bar in chart.bars] == [HEIGHT, 1.5, HEIGHT / 2, 1.5]
    for bar in chart.bars:
        assert 0 <= bar.x < bar.x + bar.width <= WIDTH
        assert bar.y + bar.height == HEIGHT
    assert (chart.highest, chart.first, chart.last) == ("10,000", "a", "c")
    assert Chart.of("T", [], {"Up": []}).bars == []
