"""Two windows, or two presses of one button, at the same moment."""

import re

import pytest

from app.extensions import db
from app.newsletter.issues.models import Issue
from tests.newsletter.conftest import at_once
from tests.studio import factories
from tests.studio.desk import IssueDesk, kept


@pytest.fixture
def issue(app):
    issue = factories.issue("Ordinary joy")
    factories.subscription("ada@example.org")
    db.session.commit()
    return issue


@pytest.fixture
def post(app, owner, issue):
    """Posts as the owner, from two places at once; gives the sorted statuses."""
    desk, cookie = IssueDesk(owner, issue), owner.get_cookie("session").value

    def both(path, typed):
        def act(client, index):
            client.set_cookie("session", cookie)
            return client.post(desk.path + path, data={"csrf_token": desk.token, **typed(index)}).status_code

        return sorted(at_once(app, 2, act))

    return both


def test_of_two_windows_that_save_at_once_one_is_told(owner, post, issue):
    revision = re.search(r'name="revision"[^>]*value="(\d+)"', owner.get(f"/studio/issues/{issue.id}").text)[1]
    typed = {"revision": revision, "title": "Ordinary joy"}
    assert post("", lambda index: typed | {"body": f"Of window {index}"}) == [303, 409]
    assert kept(issue).revision == 2
    assert issue.body in ("Of window 0", "Of window 1")


def test_two_drafts_that_get_one_title_at_once_both_have_an_address(app, owner, issue):
    other = factories.issue("Another")
    db.session.commit()
    desks, cookie = [IssueDesk(owner, each) for each in (issue, other)], owner.get_cookie("session").value

    def retitle(client, index):
        client.set_cookie("session", cookie)
        typed = {"csrf_token": desks[index].token, "revision": "1", "title": "One title", "body": "Words"}
        return client.post(desks[index].path, data=typed).status_code

    assert at_once(app, 2, retitle) == [303, 303]
    assert {kept(issue).slug, kept(other).slug} == {"one-title", "one-title-2"}


def test_an_issue_that_is_sent_twice_at_once_goes_once(post, issue):
    assert post("/sending", lambda _: {"shown": "1", "count": "1"}) == [303, 409]
    db.session.rollback()
    assert db.session.scalar(db.select(db.func.count()).select_from(Issue)) == 1
    assert kept(issue).scheduled_at


def test_two_drafts_of_one_title_begun_at_once_both_have_an_address(post, issue):
    assert post("/copies", lambda _: {}) == [303, 303]
    db.session.rollback()
    assert db.session.scalar(db.select(db.func.count(Issue.slug.distinct()))) == 3
