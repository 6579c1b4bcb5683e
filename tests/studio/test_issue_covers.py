"""The picture above an issue, with words for those who do not see it."""

import re
from io import BytesIO

import pytest
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.extensions import db
from app.newsletter.issues.models import Issue
from app.newsletter.issues.pictures import LARGEST_BYTES
from tests.studio.desk import IssueDesk, kept, seen_in


class CoverDesk(IssueDesk):
    def send_file(self, file, **typed):
        """As somebody who has just opened the page, unless it is `typed` what they have seen."""
        typed = {"seen": seen_in(self.client.get(f"{self.path}/cover"))} | typed
        db.session.rollback()
        return send_file(self.client, self.path, file, csrf_token=self.token, **typed)


def send_file(client, path, file, **typed):
    """Encoded here, because the test client leaves the file open that it writes a large body to."""
    boundary, body = encode_multipart({"picture": FileStorage(BytesIO(file), "cover.png"), "alt": "A path", **typed})
    return client.post(f"{path}/cover", data=body, content_type=f"multipart/form-data; boundary={boundary}")


@pytest.fixture
def desk(owner, issue):
    return CoverDesk(owner, issue)


def picture():
    written = BytesIO()
    Image.effect_noise((1100, 700), 90).save(written, "PNG")  # Does not pack well: some 700 kB.
    return written.getvalue()


def test_a_cover_is_taken_in_with_words_for_those_who_do_not_see_it(desk, issue):
    wordless = desk.send_file(picture(), alt="")
    assert wordless.status_code == 422
    assert "Say in a few words" in wordless.text
    assert "The picture you chose, not saved yet" in wordless.text
    assert desk.send_file(picture()).status_code == 303
    assert kept(issue).cover.startswith("/newsletter/pictures/")
    assert issue.cover_alt == "A path"
    assert issue.revision == 1, "an editor that is open in another window may go on"
    assert desk.post("/cover", remove="1", seen=issue.cover_mark).status_code == 303
    assert (kept(issue).cover, issue.cover_alt) == ("", "")


def test_a_second_window_keeps_its_cover_until_it_is_saved_once_more(desk, issue):
    second = seen_in(desk.client.get(f"{desk.path}/cover"))
    assert desk.send_file(picture(), alt="Of the first window").status_code == 303
    first_cover = kept(issue).cover
    answer = desk.send_file(picture(), alt="Of the second window", seen=second)
    assert answer.status_code == 409
    assert "saved from another window meanwhile" in answer.text
    assert "“Of the first window”" in answer.text
    assert 'value="Of the second window"' in answer.text
    assert (kept(issue).cover, issue.cover_alt) == (first_cover, "Of the first window")
    sent = re.search(r'name="sent"[^>]*value="([^"]+)"', answer.text)[1]
    again = desk.post("/cover", seen=seen_in(answer), sent=sent, alt="Of the second window")
    assert again.status_code == 303
    assert (kept(issue).cover, issue.cover_alt) == (sent, "Of the second window")
    assert sent != first_cover


@pytest.mark.parametrize("sent", ["/newsletter/pictures/none.png", "https://elsewhere.example/x.png"])
def test_a_picture_that_was_never_sent_is_no_cover(desk, issue, sent):
    assert desk.post("/cover", seen=issue.cover_mark, sent=sent, alt="A path").status_code == 303
    assert kept(issue).cover == ""


@pytest.mark.parametrize(
    ("file", "status", "said"),
    [
        (b"<svg/>", 422, "no picture we can read"),
        (b"x" * (LARGEST_BYTES + 1), 422, "larger than 5 MB"),
        (b"x" * LARGEST_BYTES * 2, 413, "too much"),
    ],
    ids=["svg", "large", "huge"],
)
def test_what_is_no_picture_or_too_large_is_refused_in_words(desk, issue, file, status, said):
    answer = desk.send_file(file)
    assert answer.status_code == status
    assert said in answer.text
    assert kept(issue).cover == ""


def test_a_file_in_place_of_a_text_is_a_bad_request(desk, issue):
    assert desk.send_file(picture(), alt=FileStorage(BytesIO(b"A path"), "a.txt")).status_code == 400
    assert desk.post("", title=(BytesIO(b"A title"), "a.txt")).status_code == 400
    assert (kept(issue).cover, issue.revision) == ("", 1)


def test_an_issue_is_not_locked_while_its_cover_is_made_smaller(desk, issue, monkeypatch):
    really_open, locked = Image.open, []

    def open_and_lock_elsewhere(*args, **kwargs):
        with db.engine.begin() as connection:
            locked.append(connection.execute(db.select(Issue.id).with_for_update(nowait=True)).scalar())
            connection.execute(db.update(Issue).values(preview="Written meanwhile"))
        return really_open(*args, **kwargs)

    number, file = issue.id, picture()
    monkeypatch.setattr(Image, "open", open_and_lock_elsewhere)
    assert desk.send_file(file).status_code == 303
    assert locked == [number]


def test_nobody_else_makes_the_site_read_a_large_file(client, learner, owner, issue):
    path = f"/studio/issues/{issue.id}"
    assert send_file(client, path, picture()).status_code == 303, "to the sign-in"
    assert send_file(learner, path, picture()).status_code == 404, "no studio for them"
    assert send_file(owner, path, picture()).status_code == 400, "there is no token in it"
    assert kept(issue).cover == ""
