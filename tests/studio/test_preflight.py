"""What preflight finds, as the owner sees it before an issue goes."""

import pytest

from app.extensions import db
from app.newsletter.issues.models import Issue
from tests.studio import factories
from tests.studio.conftest import token_in

SCHEDULE = {"at": "2027-01-07T09:00", "time_zone": "UTC"}


@pytest.fixture
def issue(app):
    issue = factories.issue("Ordinary joy")
    db.session.commit()
    return issue


@pytest.fixture
def desk(owner, issue):
    return Desk(owner, issue)


class Desk:
    """The owner at the page from which an issue goes."""

    def __init__(self, client, issue):
        self.client, self.issue_id, self.path = client, issue.id, f"/studio/issues/{issue.id}"

    @property
    def page(self):
        db.session.rollback()
        return self.client.get(f"{self.path}/schedule")

    def post(self, path, **data):
        token = token_in(self.page)
        return self.client.post(self.path + path, data=data | {"csrf_token": token})

    def write(self, body):
        self.issue.body = body
        db.session.commit()

    @property
    def issue(self):
        db.session.rollback()
        return db.session.get(Issue, self.issue_id, populate_existing=True)


def test_what_blocks_is_said_and_keeps_an_issue_from_being_scheduled(desk):
    desk.write("As TK said.")
    assert "Replace the TK that is left in “As TK said.”" in desk.page.text
    answer = desk.post("/schedule", **SCHEDULE)
    assert answer.status_code == 409
    assert "Replace the TK" in answer.text
    assert desk.issue.state == "draft"
    desk.write("As she said.")
    assert "Nothing to mend." in desk.page.text
    assert desk.post("/schedule", **SCHEDULE).status_code == 303
    assert desk.issue.state == "scheduled"


def test_links_are_checked_while_the_owner_looks_and_again_at_her_word(desk, web, work):
    desk.write(f"[Words](http://shop.example.org:{web.port}/late)")
    page = desk.page.text
    assert "Not known yet" in page
    assert "Look again" in page
    assert desk.post("/schedule", **SCHEDULE).status_code == 409
    work()
    assert "leads nowhere (the answer is 404)" in desk.page.text
    web.answers["/late"] = 200
    assert "leads nowhere" in desk.page.text
    assert desk.post("/checks").status_code == 303
    assert "Not known yet" in desk.page.text
    work()
    assert "Nothing to mend." in desk.page.text
    assert desk.post("/schedule", **SCHEDULE).status_code == 303
