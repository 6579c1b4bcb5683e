import pytest

from app import outbox
from app.extensions import db, queue
from app.outbox.models import HeaderInjection
from app.people.models import Person


def post_note(name="Ada", **options):
    return outbox.post(to=Person.at("ada@example.org"), template="tests/note", name=name, **options)


def test_a_mail_is_there_once_its_transaction_commits(app, mail):
    post_note()
    db.session.commit()
    [email] = mail.all
    assert (email.subject, email.to_address, email.state) == ("A note for Ada", "ada@example.org", "waiting")
    assert queue.pending_count() == 1


def test_a_rolled_back_mail_never_was(app, mail):
    post_note()
    db.session.rollback()
    assert mail.all == []
    assert queue.pending_count() == 0


def test_a_rolled_back_savepoint_keeps_the_rest(app, mail):
    post_note("kept")
    with pytest.raises(ZeroDivisionError), db.session.begin_nested():
        post_note("dropped")
        raise ZeroDivisionError
    db.session.commit()
    assert [email.subject for email in mail.all] == ["A note for kept"]
    assert queue.pending_count() == 1


def test_a_queue_that_is_down_fails_nothing(app, mail, monkeypatch):
    class Unreachable(type(queue.storage)):
        def enqueue(self, *args):
            raise ConnectionError("down")

    monkeypatch.setattr(queue, "storage", Unreachable("down"))
    post_note()
    db.session.commit()
    assert len(mail.all) == 1


def test_css_is_inlined_and_dark_mode_kept(app):
    html = post_note().html
    assert '<p style="color: #0f4c45' in html.replace("color:#", "color: #")
    assert "prefers-color-scheme: dark" in html


def test_automatic_mail_says_so(app):
    assert post_note().headers["Auto-Submitted"] == "auto-generated"
    assert "Auto-Submitted" not in post_note(automatic=False).headers


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\u2028", "\x0b"])
def test_no_header_can_hold_a_line_break(app, line_break):
    with pytest.raises(HeaderInjection):
        post_note(headers={"List-Id": f"x{line_break}Bcc: victim@example.org"})
    with pytest.raises(HeaderInjection):
        outbox.post(to=f"ada@example.org{line_break}Bcc: x@example.org", template="tests/note", name="Ada")


def test_a_subject_is_one_line_whatever_it_was_made_from(app):
    assert post_note("Ada\r\nBcc: victim@example.org").subject == "A note for Ada Bcc: victim@example.org"


def test_text_from_people_is_escaped_in_the_html(app):
    assert "<script>" not in post_note("<script>alert(1)</script>").html
