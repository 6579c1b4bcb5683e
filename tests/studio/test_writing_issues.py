"""Writing an issue: saved drafts, two windows, previews."""

import re

import pytest

from app.clock import now
from app.extensions import db
from app.newsletter.issues.models import Issue
from tests.studio import factories
from tests.studio.conftest import token_in

SCRIPT = {"Accept": "application/json"}


@pytest.fixture
def issue(app):
    issue = factories.issue("Ordinary joy")
    db.session.commit()
    return issue


class Desk:
    """The owner with the page of one issue open."""

    def __init__(self, client, issue):
        self.client, self.issue, self.path = client, issue, f"/studio/issues/{issue.id}"
        page = client.get(self.path)
        self.fields = {
            "csrf_token": token_in(page),
            "revision": re.search(r'name="revision"[^>]*value="(\d+)"', page.text)[1],
            "title": issue.title,
            "subject": issue.subject,
            "body": issue.body,
            "is_public": "y",
        }

    def post(self, path="", headers=None, **typed):
        db.session.rollback()
        return self.client.post(self.path + path, data=self.fields | typed, headers=headers)


@pytest.fixture
def desk(owner, issue):
    return Desk(owner, issue)


def kept(issue):
    db.session.rollback()
    db.session.refresh(issue)
    return issue


def test_a_title_makes_a_draft_at_an_address_of_its_own(owner):
    for _ in range(2):
        page = owner.get("/studio/issues/new")
        answer = owner.post("/studio/issues", data={"csrf_token": token_in(page), "title": "Ordinary joy, & more"})
        assert answer.status_code == 303
        assert owner.get(answer.location).status_code == 200
    slugs = db.session.scalars(db.select(Issue.slug).order_by(Issue.id)).all()
    assert slugs == ["ordinary-joy-more", "ordinary-joy-more-2"]
    assert "Ordinary joy, &amp; more" in owner.get("/studio/issues").text


def test_a_draft_without_a_title_is_not_begun(owner):
    page = owner.get("/studio/issues/new")
    assert owner.post("/studio/issues", data={"csrf_token": token_in(page), "title": " "}).status_code == 422
    assert db.session.scalar(db.select(Issue.id)) is None


def test_what_is_typed_is_kept(desk, issue):
    answer = desk.post(title="Joy", preview="In short", sender_name="Dr. Example", body="One\r\ntwo {first_name|you}")
    assert answer.status_code == 303
    assert (kept(issue).title, issue.preview, issue.sender_name) == ("Joy", "In short", "Dr. Example")
    assert issue.body == "One\ntwo {first_name|you}"
    assert issue.is_public
    assert issue.revision == 2


def test_the_address_of_a_draft_follows_its_title_and_stays_once_it_is_scheduled(desk, owner, issue):
    factories.issue("A better title")
    db.session.commit()
    assert desk.post(title="A better title").status_code == 303
    assert kept(issue).slug == "a-better-title-2"
    desk.fields["revision"] = issue.revision
    assert desk.post(title="A better title", body="Other words").status_code == 303
    assert kept(issue).slug == "a-better-title-2", "it is free for itself"
    issue.schedule(now())
    db.session.commit()
    desk.fields["revision"] = issue.revision
    assert desk.post(title="Too late").status_code == 409
    assert kept(issue).slug == "a-better-title-2"


def test_a_draft_saves_itself_again_and_again(desk, issue, clock):
    for number in (2, 3):
        said = desk.post(headers=SCRIPT, body=f"Text {number}").get_json()
        assert said == {"saved": "4:00 AM", "marks": {"revision": number}}
        desk.fields["revision"] = said["marks"]["revision"]
    assert kept(issue).body == "Text 3"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"body": "Dear {firstname}"}, "There is no merge field {firstname}."),
        ({"subject": "{config}"}, "There is no merge field {config}."),
        ({"preview": "{0.__class__}"}, "There is no merge field {0.__class__}."),
        ({"body": "[article: Nothing]"}, "There is no article called “Nothing”."),
        ({"title": ""}, "Give it a title."),
        ({"body": "a" * 100_001}, "Too long to send: 100,000 characters are the most"),
        ({"sender_name": "Ada\nBcc: x@example.org"}, "on one line"),
    ],
)
def test_what_would_not_come_out_as_meant_is_refused_and_stays_typed(desk, issue, typed, said):
    answer = desk.post(headers=SCRIPT, **typed)
    assert answer.status_code == 422
    assert said in answer.get_json()["message"]
    page = desk.post(**typed)
    assert page.status_code == 422
    assert said in page.text
    assert "some words." in page.text or next(iter(typed.values()))[:50] in page.text
    assert kept(issue).revision == 1


@pytest.mark.parametrize("text", ["word " * 60_000 + "end", "\N{STETHOSCOPE} " * 50_001 + "end", "a" * 1_500_000])
def test_a_text_far_too_long_to_send_is_given_back_whole(desk, issue, text):
    said = desk.post(headers=SCRIPT, body=text)
    assert (said.status_code, "Too long to send" in said.get_json()["message"]) == (422, True)
    page = desk.post(body=text)
    assert (page.status_code, "Too long to send" in page.text, text in page.text) == (422, True, True)
    assert "maxlength" not in re.search(r"<textarea[^>]*>", page.text)[0], "a browser cuts off what is pasted beyond it"
    assert kept(issue).revision == 1


def test_a_text_longer_than_the_site_reads_is_refused_unread(desk, client, learner, issue):
    assert desk.post(headers=SCRIPT, body="a" * 2_300_000).status_code == 413
    typed = {"body": "a" * 300_000}
    assert client.post(desk.path, data=typed).status_code == 303, "to the sign-in"
    assert learner.post(desk.path, data=typed).status_code == 404
    assert desk.client.post(desk.path, data=typed).status_code == 400, "there is no token in it"
    assert kept(issue).revision == 1


def test_a_second_window_loses_nothing_and_sees_both(owner, issue):
    first, second = Desk(owner, issue), Desk(owner, issue)
    assert first.post(body="Of the first window").status_code == 303
    said = second.post(headers=SCRIPT, body="Of the second window")
    assert said.status_code == 409
    assert "another window" in said.get_json()["message"]
    page = second.post(body="Of the second window")
    assert page.status_code == 409
    assert "Of the first window" in page.text
    assert "Of the second window" in page.text
    assert kept(issue).body == "Of the first window"
    second.fields["revision"] = re.search(r'name="revision"[^>]*value="(\d+)"', page.text)[1]
    assert second.post(body="Of the second window").status_code == 303
    assert kept(issue).body == "Of the second window"


def test_the_text_of_a_scheduled_issue_stays_and_what_was_typed_is_given_back(desk, issue):
    issue.schedule(now())
    db.session.commit()
    answer = desk.post(body="Too late")
    assert answer.status_code == 409
    assert "scheduled now" in answer.text
    assert "Draft, saved" not in answer.text
    assert "Too late" in answer.text
    assert kept(issue).body != "Too late"


def test_the_preview_shows_what_is_typed_and_keeps_nothing(desk, issue):
    answer = desk.post("/preview?view=light", body="Dear {first_name|Doctor}, *unsaved*")
    assert "Dear Doctor, <em" in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
    assert kept(issue).revision == 1


def test_the_preview_reads_as_a_chosen_subscriber_does_and_its_links_do_nothing(desk, owner):
    factories.subscription("ada@example.org", "Ada Lovelace")
    db.session.commit()
    shown = owner.get(f"{desk.path}/preview?reader=ADA@example.org").text
    assert "Dear Ada," in shown
    assert "/newsletter/unsubscribe/" not in shown
    assert "No subscriber has" in owner.get(f"{desk.path}/preview?reader=bob@example.org").text


def test_the_dark_preview_shows_the_mails_own_dark_and_the_light_one_never_does(desk, owner):
    dark = owner.get(f"{desk.path}/preview?view=dark").text
    light = owner.get(f"{desk.path}/preview?view=light").text
    assert "prefers-color-scheme" not in dark.replace('name="color-scheme"', "")
    assert re.search(r"@media all\s*{\s*body, \.sheet", dark)
    assert re.search(r"@media not all\s*{\s*body, \.sheet", light)
    plain = owner.get(f"{desk.path}/preview?view=text")
    assert plain.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "Dear Doctor," in plain.text


def test_a_hostile_text_runs_nothing_in_a_preview(desk):
    shown = desk.post("/preview?view=light", body="<script>x</script> {{ 7*7 }} [x](javascript:x)").text
    assert "<script" not in shown
    assert "javascript:" not in shown.replace("(javascript:x)", "")
    assert "{{ 7*7 }}" in shown


def test_a_copy_is_a_new_draft_and_a_draft_can_be_deleted(desk, owner, issue):
    issue.schedule(now())
    db.session.commit()
    copied = desk.post("/copies")
    assert copied.status_code == 303
    copy = db.session.get(Issue, int(copied.location.rpartition("/")[2]))
    assert (copy.title, copy.body, copy.is_draft) == (issue.title, issue.body, True)
    assert copy.slug != issue.slug
    assert copy.public_id != issue.public_id
    number = copy.id
    assert desk.post("/deletion").status_code == 409, "only drafts are deleted"
    desk.path = f"/studio/issues/{number}"
    assert desk.post("/deletion").status_code == 303
    db.session.rollback()
    db.session.expire_all()
    assert db.session.get(Issue, number) is None
    assert db.session.get(Issue, issue.id)
