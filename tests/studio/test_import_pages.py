"""Importing and exporting in the studio: look at a file, check it, take it in; and the files that come out."""

import re
from io import BytesIO

import pytest

from app.extensions import db
from app.newsletter.in_and_out.uploads import Upload, UploadPart, UploadReject
from app.people.models import Consent, Person
from app.studio import import_views
from tests.studio import factories
from tests.studio.conftest import token_in
from tests.studio.importing import IMPORT, PEOPLE, check, count, everybody, press, send


def test_a_file_is_looked_at_checked_and_taken_in(owner, work, mail):
    answer = send(owner, name="C:/fakepath/people.csv")
    assert answer.status_code == 303
    path = answer.location
    plan = owner.get(path).text
    assert "people.csv" in plan
    assert "fakepath" not in plan
    assert "ada@example.org" in plan
    assert re.search(r'name="column_email".*?<option selected value="0">email</option>', plan, re.DOTALL)

    assert check(owner, path).location == path
    waiting = owner.get(path).text
    assert 'data-refresh="2"' in waiting
    assert 'http-equiv="refresh"' in waiting
    work()
    report = owner.get(path).text
    for expected in (
        "New: subscribed",
        "Left there",
        "Not readable",
        "must have an @-sign",
        "Take in one new subscriber",
    ):
        assert expected in report
    assert "data-refresh" not in report
    assert everybody() == {}

    assert press(owner, path, "import").status_code == 303
    work()
    assert everybody() == {"ada@example.org": "active", "lee@example.org": "left"}
    done = owner.get(path).text
    assert "It is done" in done
    assert "Take in" not in done
    assert mail.all == []
    assert count(UploadPart) == 0
    assert db.session.scalar(db.select(Consent.page).where(Consent.action == "given")) == (
        "Import from another system: people.csv"
    )
    rejected = owner.get(f"{path}/rejected.csv")
    assert rejected.text.splitlines()[1].startswith("4,nope,")
    assert "attachment" in rejected.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "empty"), (b"em\0ail\nx\n", "NUL"), (b"x" * 200_000, "longer than")],
)
def test_a_file_of_no_use_is_refused_and_not_kept(owner, data, words):
    answer = send(owner, data)
    assert answer.status_code == 422
    assert words in answer.text
    assert count(Upload) == 0


def test_no_file_is_asked_for(owner):
    answer = owner.post(IMPORT, data={"csrf_token": token_in(owner.get(IMPORT))})
    assert answer.status_code == 422
    assert "Choose the file" in answer.text


def test_a_basis_and_a_column_of_addresses_are_asked_for(owner):
    path = send(owner).location
    answer = check(owner, path, basis="", column_email="", column_name="0")
    assert answer.status_code == 422
    assert "Without it nobody can be taken in" in answer.text
    assert "which column holds the addresses" in answer.text
    assert re.search(r'name="column_name".*?<option selected value="0">email</option>', answer.text, re.DOTALL)
    assert db.session.get(Upload, int(path.rpartition("/")[2])).step == "columns"


def test_a_larger_file_than_a_form_may_be_is_taken_and_far_larger_ones_are_not(owner, work, monkeypatch):
    data = b"email,note\n" + b"".join(b"reader%d@example.org,%s\n" % (number, b"x" * 1000) for number in range(1000))
    path = send(owner, data).location
    check(owner, path, column_name="", column_status="")
    work()
    assert "1,000" in owner.get(path).text
    monkeypatch.setattr(import_views.receive_upload, "largest_file", 100_000)
    assert send(owner, data).status_code == 413


def test_only_the_owner_may_send_a_file_and_only_with_the_token(app, learner, owner, client):
    assert owner.post(IMPORT, data={"file": (BytesIO(PEOPLE), "people.csv")}).status_code == 400
    token = token_in(owner.get(IMPORT))
    for stranger in (learner, client):
        sent = stranger.post(IMPORT, data={"csrf_token": token, "file": (BytesIO(PEOPLE), "people.csv")})
        assert sent.status_code in (303, 400, 404)
    assert count(Upload) == 0


def test_nothing_is_taken_in_that_was_not_checked(owner, work):
    path = send(owner).location
    assert press(owner, path, "import").status_code == 409
    check(owner, path)
    assert press(owner, path, "import").status_code == 409
    assert check(owner, path).status_code == 409
    work()
    press(owner, path, "import")
    assert press(owner, path, "import").status_code == 409
    assert press(owner, path, "removal").status_code == 409


def test_how_it_is_read_can_be_changed_after_the_check(owner, work):
    path = send(owner, "email,name\nada@example.org,Zo\u00eb\n".encode("windows-1252")).location
    check(owner, path, column_status="")
    work()
    assert "encoding" in owner.get(path).text
    assert 'name="column_email"' in owner.get(f"{path}?change=1").text
    check(owner, path, column_status="", encoding="windows-1252")
    work()
    db.session.expire_all()  # A request outside of tests begins without anything read before.
    press(owner, path, "import")
    work()
    db.session.rollback()
    assert Person.with_email("ada@example.org").name == "Zo\u00eb"
    assert count(UploadReject) == 0


def test_what_makes_the_whole_file_unreadable_is_said_on_its_page(owner, work):
    rows = b"".join(b"r%d@example.org,t%d\n" % (number, number) for number in range(300))
    path = send(owner, b"email,tags\n" + rows).location
    check(owner, path, column_name="", column_status="", column_tags="1")
    work()
    page = owner.get(path).text
    assert "different tags" in page
    assert 'name="column_tags"' in page
    check(owner, path, encoding="utf-16")
    work()
    assert 'name="column_tags"' in owner.get(path).text


def test_what_nobody_expected_is_told_to_the_owner(owner, work, caplog):
    path = send(owner).location
    check(owner, path, basis="told")
    db.session.rollback()
    db.session.execute(db.update(Upload).values(columns={"email": "first"}))  # No form can say so.
    db.session.commit()
    work()
    assert "not as we expected" in owner.get(path).text
    assert "work on upload" in caplog.text
    db.session.rollback()
    assert db.session.scalar(db.select(Upload.claimed_by)) is None


def test_what_a_spreadsheet_would_run_is_text_in_the_file_of_rejected_rows(owner, work):
    path = send(owner, b"email\n=cmd|' /C calc'!A0\n").location
    check(owner, path, column_name="", column_status="")
    work()
    assert owner.get(f"{path}/rejected.csv").text.splitlines()[1].startswith("2,'=cmd|")


def test_an_upload_can_be_thrown_away(owner):
    path = send(owner).location
    assert press(owner, path, "removal").location == IMPORT
    assert count(UploadPart) == count(Upload) == 0


def test_what_stands_in_a_file_stays_text(owner, work):
    evil = "<script>alert(1)</script>"
    data = f'email,name,"{evil}"\n{evil},{evil},{evil}\n'.encode()
    path = send(owner, data, "<script>alert(1).csv").location
    pages = [owner.get(path).text]
    check(owner, path, column_status="")
    work()
    pages += [owner.get(path).text, owner.get(IMPORT).text]
    for page in pages:
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


def test_the_list_leads_to_import_and_export(owner):
    factories.subscription("ada@example.org", "=Ada")
    factories.subscription("gone@example.org", state="left")
    db.session.commit()
    page = owner.get("/studio/subscriptions").text
    assert f'href="{IMPORT}"' in page
    assert 'href="/studio/subscriptions/export.csv"' in page
    answer = owner.get("/studio/subscriptions/export.csv")
    assert answer.mimetype == "text/csv"
    assert answer.data.startswith(b"\xef\xbb\xbfemail,")
    assert "ada@example.org,'=Ada,active" in answer.text
    assert "gone@example.org" not in answer.text
    assert "gone@example.org" in owner.get("/studio/subscriptions/export.csv?all=1").text


def test_a_check_names_what_it_leaves_out(owner, work):
    file = b"email,signup date,Opted out,Unsubscribed at,Shoe size\nada@example.org,03/04/2023,,,7\n"
    path = send(owner, file).location
    check(owner, path, column_name="", column_status="", column_signed_up_at="1", column_left_at="3")
    work()
    page = owner.get(path).text
    assert "Also tells who is out: <bdi>Opted out</bdi>" in page
    assert "nothing is taken: <bdi>Shoe size</bdi>" in page
    assert "a date that cannot be read, the first in line 2" in page
    press(owner, path, "import")
    work()
    assert everybody() == {"ada@example.org": "active"}
    assert "a date that cannot be read" in owner.get(path).text
